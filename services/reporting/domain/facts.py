"""Facts a report is made of, as the read model holds them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Literal, Self

Level = Literal["run", "leg"]


@dataclass(frozen=True, slots=True)
class Tally:
    """Runs or legs that ended in one period, by the state they ended in."""

    normal: int = 0
    acceptable: int = 0
    warning: int = 0
    cancelled: int = 0

    @property
    def completed(self) -> int:
        return self.normal + self.acceptable + self.warning

    @property
    def attainment(self) -> Fraction:
        """Completed within the commitment / all completed (达成率); needs one completed."""
        return Fraction(self.normal, self.completed)

    def __add__(self, other: Self) -> "Tally":
        return Tally(
            self.normal + other.normal,
            self.acceptable + other.acceptable,
            self.warning + other.warning,
            self.cancelled + other.cancelled,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AttainmentFact:
    """What one node (level run) or one department at a node (level leg) completed in one month.

    `month` is YYYY-MM of the finish. A leg whose department is None has an unknown department.
    """

    level: Level
    process: str
    node: str
    department: str | None
    month: str
    completed_normal: int
    completed_acceptable: int
    completed_warning: int
    cancelled: int
    as_of: datetime

    @property
    def tally(self) -> Tally:
        return Tally(
            self.completed_normal,
            self.completed_acceptable,
            self.completed_warning,
            self.cancelled,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class KpiReading:
    """One reading of one indicator; `name` is {"zh": ..., "en": ...}."""

    code: str
    name: Mapping[str, str]
    period: str
    value: Decimal | None
    target: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where facts came from: `covered` of `total` records were used, known up to `as_of`.

    `as_of` is None for a source that has never been heard from, `total` for an unknown number.
    """

    name: Mapping[str, str]
    as_of: datetime | None
    covered: int
    total: int | None
