"""Advice: a promise that is nearly always kept can be tighter, one that is hardly kept improves."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from fractions import Fraction


class Kind(StrEnum):
    TIGHTEN = "tighten"
    IMPROVE = "improve"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """When to advise (source 004: 90 % and 10 %), over how many runs at least, in what steps.

    A proposed limit is a whole number of `step`, as people promise hours and not microseconds.
    """

    tighten_at: Fraction = Fraction(9, 10)
    improve_below: Fraction = Fraction(1, 10)
    least_runs: int = 5
    step: timedelta = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Expected:
    """A limit, and how many of the sample's runs kept it."""

    limit: timedelta
    within: int
    runs: int

    @property
    def attainment(self) -> Fraction:
        return Fraction(self.within, self.runs)


def advised(normal: int, completed: int, thresholds: Thresholds) -> Kind | None:
    """What the completed runs of a promise ask for: at 90 % exactly tighten, at 10 % nothing."""
    if completed < max(thresholds.least_runs, 1):
        return None
    rate = Fraction(normal, completed)
    if rate >= thresholds.tighten_at:
        return Kind.TIGHTEN
    return Kind.IMPROVE if rate < thresholds.improve_below else None


def expected(limit: timedelta, times: Sequence[timedelta]) -> Expected:
    """How many of these running times keep a limit; raises ZeroDivisionError later of none."""
    return Expected(limit, sum(time <= limit for time in times), len(times))


def supported(times: Sequence[timedelta], share: Fraction, step: timedelta) -> Expected:
    """The shortest limit in whole steps that so large a share of the running times keeps.

    At least one step. Raises IndexError of no times.
    """
    ordered = sorted(times)
    rank = -(-share.numerator * len(ordered) // share.denominator)
    needed = ordered[max(rank, 1) - 1]
    steps = max(-(-needed // step), 1)
    return expected(steps * step, ordered)


def tightened(
    times: Sequence[timedelta], commitment: timedelta, thresholds: Thresholds
) -> Expected | None:
    """The tighter limit that the running times support, None when only the present one is."""
    found = supported(times, thresholds.tighten_at, thresholds.step)
    return found if found.limit < commitment else None
