"""The vocabulary of a process is the states that its conditions can tell apart."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .process import Process


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """States that are named, beginnings of such names, and whether any other matters as well."""

    names: frozenset[str]
    beginnings: tuple[str, ...]
    open: bool

    def knows(self, state: str) -> bool:
        """Whether some condition can tell this state from the others."""
        return self.open or state in self.names or state.startswith(self.beginnings)


def vocabulary(process: Process) -> Vocabulary:
    """What the conditions of the nodes say of states.

    A condition that is denied holds for states that nobody has named: then every state matters.
    """
    words = list(_words(process))
    return Vocabulary(
        frozenset(word for kind, word in words if kind == "name"),
        tuple(word for kind, word in words if kind == "beginning"),
        any(kind == "denied" for kind, _ in words),
    )


def _words(process: Process) -> Iterator[tuple[str, str]]:
    for plain in _conditions(process):
        yield from _in_condition(plain)


def _conditions(process: Process) -> Iterator[object]:
    for node in process.nodes:
        asked = (node.start, node.reset, node.resume, node.pause, node.finish, node.cancel)
        yield from (condition.plain for condition in asked if condition is not None)


def _in_condition(plain: object) -> Iterator[tuple[str, str]]:
    if isinstance(plain, list | tuple):
        for part in plain:
            yield from _in_condition(part)
    elif isinstance(plain, Mapping):
        for key, value in plain.items():
            if key in ("state", "previous_state"):
                yield from _in_test(value)
            elif key in ("any", "all", "not"):
                yield from _in_condition(value)
            if key == "not":
                yield "denied", ""


def _in_test(plain: object) -> Iterator[tuple[str, str]]:
    if isinstance(plain, str):
        yield "name", plain
    elif isinstance(plain, list | tuple):
        for value in plain:
            yield from _in_test(value)
    elif isinstance(plain, Mapping):
        for operator, value in plain.items():
            if operator == "starts_with" and isinstance(value, str):
                yield "beginning", value
            else:
                yield from _in_test(value)
            if operator in ("not", "not_in"):
                yield "denied", ""


def attributes_asked(process: Process) -> frozenset[str]:
    """The attributes of events that some condition of the process asks for."""
    return frozenset(name for condition in _conditions(process) for name in _attributes(condition))


def _attributes(plain: object) -> Iterator[str]:
    if isinstance(plain, list | tuple):
        for part in plain:
            yield from _attributes(part)
    elif isinstance(plain, Mapping):
        for key, value in plain.items():
            if isinstance(key, str) and key.startswith("attributes."):
                yield key.removeprefix("attributes.")
            yield from _attributes(value)
