"""Where a person is mentioned by name, subject or address, as a pattern that a database reads."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

SHORTEST = 2
_ALONE = "A-Za-z0-9_"


@dataclass(frozen=True, slots=True)
class Mention:
    """A pattern of PostgreSQL's regular expressions, and whether capitals differ.

    `is_whole` asks for a whole text rather than a word within it.
    """

    pattern: str
    is_whole: bool = False
    ignores_case: bool = False


@dataclass(frozen=True, slots=True)
class Words:
    """Names and subjects of a person, and their addresses, now and before."""

    names: frozenset[str]
    addresses: frozenset[str]

    @classmethod
    def of(cls, states: Iterable[Mapping[str, Any]]) -> Self:
        """From all that a person ever was: their row and the states that were kept of it."""
        names: set[str] = set()
        addresses: set[str] = set()
        for state in states:
            names |= {str(state[name]) for name in ("name", "subject") if state.get(name)}
            addresses |= {str(each["address"]) for each in state.get("addresses") or ()}
        return cls(
            frozenset(word for word in names if len(word) >= SHORTEST),
            frozenset(word for word in addresses if len(word) >= SHORTEST),
        )

    def in_text(self) -> list[Mention]:
        """Where a text mentions the person."""
        return _joined([*map(_name_in_text, self.names), *map(_in_text, self.addresses)])

    def in_json(self) -> list[Mention]:
        """Where a JSON document mentions the person, never in the name of a member."""
        return _joined([*map(_name_in_json, self.names), *map(_in_json, self.addresses)])


def _joined(mentions: Iterable[Mention]) -> list[Mention]:
    """As few patterns as there are ways to look; a longer word before one that it begins with."""
    found: dict[tuple[bool, bool], list[str]] = {}
    for each in mentions:
        found.setdefault((each.is_whole, each.ignores_case), []).append(each.pattern)
    return [
        Mention("|".join(sorted(patterns, key=len, reverse=True)), *how)
        for how, patterns in sorted(found.items())
    ]


def _name_in_text(word: str) -> Mention:
    """As a word of its own; what could be a code of the platform only where it is all there is."""
    if _could_be_code(word):
        return Mention(f"^{_escaped(word)}$", is_whole=True)
    return Mention(_bounded(_escaped(word)))


def _in_text(address: str) -> Mention:
    return Mention(_bounded(_escaped(address)), ignores_case=True)


def _name_in_json(word: str) -> Mention:
    if _could_be_code(word):
        return Mention(f'(?<=(by|subject|name|who|recipient)": ?"){_written(word)}(?=")')
    return Mention(_bounded(_written(word)) + '(?!":)')


def _in_json(address: str) -> Mention:
    return Mention(_bounded(_written(address)) + '(?!":)', ignores_case=True)


def _written(word: str) -> str:
    """As JSON writes it."""
    return _escaped(word.replace("\\", "\\\\").replace('"', '\\"'))


def _could_be_code(word: str) -> bool:
    return re.fullmatch(r"[a-z][a-z_]*", word) is not None


def _escaped(word: str) -> str:
    """The word with every ASCII sign escaped, so that it means nothing but itself."""
    return re.sub(r"([!-/:-@\[-^`{-~])", r"\\\1", word)


def _bounded(written: str) -> str:
    """Not within a longer Latin word; Chinese names stand between characters anyhow."""
    before = f"(?<![{_ALONE}])" if re.match(f"[{_ALONE}]", written) else ""
    after = f"(?![{_ALONE}])" if re.search(f"[{_ALONE}]$", written) else ""
    return f"{before}{written}{after}"
