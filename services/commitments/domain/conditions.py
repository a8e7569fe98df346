"""A condition is a question about a ticket event, written as data and compiled to a function."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Self

from .events import TicketEvent
from .faults import Reader, below

MAX_DEPTH = 12
MAX_PARTS = 200

Holds = Callable[[TicketEvent, TicketEvent | None], bool]
"""Asked of an event and the event of the case before it."""

_Subject = Callable[[TicketEvent, TicketEvent | None], str | None]
_Test = Callable[[str | None], bool]

_SUBJECTS: Mapping[str, _Subject] = {
    "state": lambda event, _: event.state,
    "previous_state": lambda _, previous: previous.state if previous else None,
    "priority": lambda event, _: event.priority,
    "segment": lambda event, _: event.segment,
    "department": lambda event, _: event.department,
    "previous_department": lambda _, previous: previous.department if previous else None,
    "kind": lambda event, _: event.kind,
}
_ATTRIBUTE = "attributes."


@dataclass(frozen=True, slots=True)
class Condition:
    """`plain` is the condition as it was written; `holds` answers it."""

    plain: object
    holds: Holds = field(compare=False, repr=False)

    @classmethod
    def of(cls, plain: object) -> Self:
        """A condition from plain data; raises InvalidDefinitionError with every fault.

        `{"state": "Resolved"}`, `{"state": {"in": [...]}}`, `not_in`, `starts_with`,
        `{"not": <test>}`; several members must all hold; `{"any": [...]}`, `{"all": [...]}`,
        `{"not": <condition>}`; `{"first": true}` is the first event of the case.
        """
        reader = Reader()
        condition = cls.read(reader, plain, "")
        reader.finish()
        return condition

    @classmethod
    def read(cls, reader: Reader, plain: object, pointer: str) -> Self:
        """The same within a larger definition, whose reader collects the faults."""
        return cls(plain, _Compiler(reader, pointer).condition(plain, pointer, 1))


class _Compiler:
    __slots__ = ("parts", "reader", "root")

    def __init__(self, reader: Reader, root: str) -> None:
        self.reader = reader
        self.root = root
        self.parts = 0

    def condition(self, plain: object, pointer: str, depth: int) -> Holds:
        members = self._opened(plain, pointer, depth)
        return _every([self._member(key, members[key], pointer, depth) for key in members])

    def _opened(self, plain: object, pointer: str, depth: int) -> Mapping[str, object]:
        """The members of one object, or none when it is faulty or the budget is spent."""
        if depth > MAX_DEPTH:
            self.reader.fault(pointer, "too_deep", MAX_DEPTH)
            return {}
        members = self.reader.members(plain, pointer)
        if isinstance(plain, Mapping) and not plain:
            self.reader.fault(pointer, "empty")
        return members if self._affords(len(members)) else {}

    def _affords(self, parts: int) -> bool:
        """Counts parts; says so once when there are too many and none are read any more."""
        before, self.parts = self.parts, self.parts + parts
        if before <= MAX_PARTS < self.parts:
            self.reader.fault(self.root, "too_large", MAX_PARTS)
        return self.parts <= MAX_PARTS

    def _member(self, key: str, plain: object, pointer: str, depth: int) -> Holds:
        where = below(pointer, key)
        if key in ("any", "all"):
            holds = self._list(plain, where, depth)
            return _every(holds) if key == "all" else _some(holds)
        if key == "not":
            inner = self.condition(plain, where, depth + 1)
            return lambda event, previous: not inner(event, previous)
        if key == "first":
            return self._first(plain, where)
        subject = _SUBJECTS.get(key)
        if key.startswith(_ATTRIBUTE) and key != _ATTRIBUTE:
            subject = _attribute(key.removeprefix(_ATTRIBUTE))
        if subject is None:
            self.reader.fault(where, "unknown_key")
            return _never
        return _asked(subject, self._test(plain, where, depth + 1))

    def _list(self, plain: object, pointer: str, depth: int) -> list[Holds]:
        items = self.reader.items(plain, pointer)
        if isinstance(plain, list | tuple) and not items:
            self.reader.fault(pointer, "empty")
        if not self._affords(len(items)):
            return []
        return [self.condition(item, where, depth + 1) for where, item in items]

    def _first(self, plain: object, pointer: str) -> Holds:
        wanted = self.reader.flag(plain, pointer)
        return lambda _, previous: (previous is None) is wanted

    def _test(self, plain: object, pointer: str, depth: int) -> _Test:
        if not isinstance(plain, Mapping):
            wanted = self._value(plain, pointer)
            return lambda value: value == wanted
        members = self._opened(plain, pointer, depth)
        tests = [self._operator(key, members[key], below(pointer, key), depth) for key in members]
        return tests[0] if len(tests) == 1 else lambda value: all(test(value) for test in tests)

    def _operator(self, key: str, plain: object, pointer: str, depth: int) -> _Test:
        if key in ("in", "not_in"):
            wanted = self._values(plain, pointer)
            return wanted.__contains__ if key == "in" else lambda value: value not in wanted
        if key == "starts_with":
            prefix = self.reader.text(plain, pointer)
            return lambda value: value is not None and value.startswith(prefix)
        if key == "not":
            inner = self._test(plain, pointer, depth + 1)
            return lambda value: not inner(value)
        self.reader.fault(pointer, "unknown_key")
        return lambda _: False

    def _values(self, plain: object, pointer: str) -> frozenset[str | None]:
        items = self.reader.items(plain, pointer)
        if isinstance(plain, list | tuple) and not items:
            self.reader.fault(pointer, "empty")
        if not self._affords(len(items)):
            return frozenset()
        return frozenset(self._value(item, where) for where, item in items)

    def _value(self, plain: object, pointer: str) -> str | None:
        if plain is None or isinstance(plain, str):
            return plain
        self.reader.fault(pointer, "expected_value")
        return None


def _attribute(name: str) -> _Subject:
    return lambda event, _: event.attributes.get(name)


def _asked(subject: _Subject, test: _Test) -> Holds:
    return lambda event, previous: test(subject(event, previous))


def _never(_event: TicketEvent, _previous: TicketEvent | None) -> bool:
    return False


def _every(holds: list[Holds]) -> Holds:
    if len(holds) == 1:
        return holds[0]
    return lambda event, previous: all(one(event, previous) for one in holds)


def _some(holds: list[Holds]) -> Holds:
    return lambda event, previous: any(one(event, previous) for one in holds)
