"""A benchmark is the distribution of sealed totals in a group, never of fewer than five units.

Who asks twice must not learn the difference. So a group takes in sealed assessments only in
batches of five units, in the order in which they were sealed; and the kinds of units, the one way
to divide a group, are told apart only where what stays untold is nobody or five units again.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

FEWEST_UNITS = 5


@dataclass(frozen=True, slots=True)
class SealedTotal:
    """`kind` and `unit` name the unit; `total` is exact, 0 to 1."""

    assessment: str
    kind: str
    unit: str
    sealed_at: datetime
    total: Fraction

    @property
    def whose(self) -> tuple[str, str]:
        return self.kind, self.unit


@dataclass(frozen=True, slots=True)
class Distribution:
    """Quartiles by linear interpolation between the sorted totals (type 7 of Hyndman and Fan)."""

    units: int
    lower_quartile: Fraction
    median: Fraction
    upper_quartile: Fraction


def released(totals: Iterable[SealedTotal]) -> tuple[SealedTotal, ...]:
    """The newest total of every unit, as it stood when the last full batch had been sealed."""
    taken: list[SealedTotal] = []
    batch: list[SealedTotal] = []
    for total in sorted(totals, key=lambda each: (each.sealed_at, each.assessment)):
        batch.append(total)
        if len({each.whose for each in batch}) == FEWEST_UNITS:
            taken += batch
            batch = []
    return tuple({each.whose: each for each in taken}.values())


def groups(totals: Sequence[SealedTotal]) -> Mapping[str, tuple[SealedTotal, ...]]:
    """The kinds of units that can be told apart within the released whole; none if any leaks."""
    whole = released(totals)
    divided = {
        kind: released(each for each in totals if each.kind == kind and _within(each, whole))
        for kind in sorted({each.kind for each in whole})
    }
    told = {kind: members for kind, members in divided.items() if members}
    untold = set(whole).difference(*told.values())
    return told if not untold or len(untold) >= FEWEST_UNITS else {}


def distribution(totals: Sequence[Fraction]) -> Distribution:
    """Of five totals or more; raises ValueError for fewer."""
    if len(totals) < FEWEST_UNITS:
        raise ValueError(f"{len(totals)} units")
    ascending = sorted(totals)
    quartiles = (_quantile(ascending, Fraction(part, 4)) for part in (1, 2, 3))
    return Distribution(len(ascending), *quartiles)


def position(own: Fraction, totals: Sequence[Fraction]) -> Fraction:
    """The share of the totals below `own`, those equal to it counted half; 0 to 1."""
    below = sum(total < own for total in totals)
    equal = sum(total == own for total in totals)
    return Fraction(2 * below + equal, 2 * len(totals))


def _within(total: SealedTotal, whole: Sequence[SealedTotal]) -> bool:
    """Whether the released whole has seen this total, be it the unit's newest or an earlier one."""
    last = max(whole, key=lambda each: (each.sealed_at, each.assessment))
    return (total.sealed_at, total.assessment) <= (last.sealed_at, last.assessment)


def _quantile(ascending: Sequence[Fraction], share: Fraction) -> Fraction:
    place = share * (len(ascending) - 1)
    below = int(place)
    above = min(below + 1, len(ascending) - 1)
    return ascending[below] + (place - below) * (ascending[above] - ascending[below])
