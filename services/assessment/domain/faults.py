"""A fault is one thing wrong with a document, said where and in both languages."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Text:
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Fault:
    """`pointer` is an RFC 6901 pointer into the document, `code` is stable across languages."""

    pointer: str
    code: str
    text: Text


class _FaultyError(Exception):
    def __init__(self, faults: list[Fault]) -> None:
        self.faults = tuple(dict.fromkeys(faults))
        super().__init__("; ".join(f"{fault.pointer}: {fault.text.en}" for fault in self.faults))


class InvalidModelError(_FaultyError):
    """A model file with every fault that was found in it."""


class InvalidRatingsError(_FaultyError):
    """Ratings or a target with every fault that was found in them."""


def below(pointer: str, token: str | int) -> str:
    """The pointer to a member of what `pointer` points to, escaped as RFC 6901 asks."""
    escaped = str(token).replace("~", "~0").replace("/", "~1")
    return f"{pointer}/{escaped if is_unicode(escaped) else '�'}"


def is_unicode(text: str) -> bool:
    """False for half a surrogate pair, which JSON can escape and no UTF-8 answer can hold."""
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)
