"""Calendars by code: each with its versions, and which of them is in force when."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from .calendar import FIRST_YEAR, Calendar
from .versions import Versions

SINCE_EVER = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC)
"""When a first version begins."""


@dataclass(frozen=True, slots=True)
class CalendarVersion:
    """A version of a calendar, in force from `valid_from` until the next one begins."""

    code: str
    version: int
    valid_from: datetime
    calendar: Calendar

    @property
    def name(self) -> str:
        return f"{self.code}@{self.version}"


class Calendars(Mapping[str, Calendar]):
    """Every version of every calendar by `code@version`."""

    def __init__(self, versions: Iterable[CalendarVersion]) -> None:
        ordered = sorted(versions, key=lambda v: (v.valid_from, v.version))
        self._named = {version.name: version.calendar for version in ordered}
        begun: dict[str, list[tuple[datetime, str]]] = {}
        for version in ordered:
            begun.setdefault(version.code, []).append((version.valid_from, version.name))
        self._by_code = {code: Versions(its) for code, its in begun.items()}

    def __getitem__(self, name: str) -> Calendar:
        return self._named[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._named)

    def __len__(self) -> int:
        return len(self._named)

    def in_force(self, code: str, at: datetime) -> str:
        """The `code@version` that counts at `at`: the first one also for all time before it.

        A name with a version is that version. Raises KeyError when there is no such calendar.
        """
        return code if code in self._named else self._by_code[code].in_force(at)

    def beginnings(self, code: str) -> tuple[datetime, ...]:
        """When the versions of a calendar begin; a name with a version has no other."""
        return () if code in self._named else self._by_code[code].beginnings
