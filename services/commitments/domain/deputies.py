"""A deputy 代理人 acts for a person who is away; no chain of deputies comes back to its start."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from zoneinfo import ZoneInfo, available_timezones


@cache
def time_zones() -> frozenset[str]:
    """The time zones that are places; the host's own is none."""
    return frozenset(available_timezones() - {"localtime", "Factory"})


@dataclass(frozen=True, slots=True)
class Absence:
    """Whole days on which a person is away, the first and the last included."""

    first_day: date
    last_day: date


@dataclass(frozen=True, slots=True)
class Deputised:
    """A person as far as standing in for each other goes; days are counted in `time_zone`."""

    id: str
    time_zone: str
    active: bool = True
    deputy: str | None = None
    absences: Sequence[Absence] = ()

    def is_present(self, at: datetime) -> bool:
        """Whether the person can be reached at this instant."""
        today = at.astimezone(ZoneInfo(self.time_zone)).date()
        return self.active and not any(a.first_day <= today <= a.last_day for a in self.absences)


def acting(person: str, people: Mapping[str, Deputised], at: datetime) -> str | None:
    """Who acts at this instant: the person, or the first deputy down the chain who is present.

    None when everybody on the chain is away. `people` holds at least the chain.
    """
    asked: set[str] = set()
    following: str | None = person
    while following is not None and following not in asked and following in people:
        if people[following].is_present(at):
            return following
        asked.add(following)
        following = people[following].deputy
    return None


def ring(person: str, deputy: str | None, deputies: Mapping[str, str | None]) -> list[str]:
    """The loop that would arise if `deputy` stood in for `person`, empty when there is none.

    `deputies` says who stands in for whom now; what it says of `person` does not count.
    """
    chain = [person]
    while deputy is not None and deputy not in chain:
        chain.append(deputy)
        deputy = deputies.get(deputy)
    return chain if deputy == person else []
