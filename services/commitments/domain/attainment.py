"""Attainment (达成率) is how the runs of a period stand against their promises."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction

from .states import COMPLETED, RUNNING, State


@dataclass(frozen=True, slots=True)
class StateShares:
    """Shares of the runs alive in a period, completed or running; cancelled ones are left out."""

    normal: Fraction
    acceptable: Fraction
    warning: Fraction


@dataclass(frozen=True, slots=True)
class Attainment:
    """Counts of runs by state, with the denominators of both figures; None over no runs at all."""

    counts: Mapping[State, int]
    completed: int
    alive: int
    attainment_rate: Fraction | None
    state_shares: StateShares | None


@dataclass(frozen=True, slots=True)
class RunningTimes:
    median: timedelta
    p90: timedelta
    p95: timedelta


def attainment(counts: Mapping[State, int]) -> Attainment:
    """Attainment from how many runs of a period are in each state at its end.

    The rate is normal completions of all completions; a period without any has none.
    """
    completed = _sum(counts, COMPLETED)
    normal, acceptable, warning = (
        _sum(counts, pair) for pair in zip(COMPLETED, RUNNING, strict=True)
    )
    alive = normal + acceptable + warning
    return Attainment(
        counts={state: counts.get(state, 0) for state in State},
        completed=completed,
        alive=alive,
        attainment_rate=_share(counts.get(State.COMPLETED_NORMAL, 0), completed),
        state_shares=(
            StateShares(*(Fraction(n, alive) for n in (normal, acceptable, warning)))
            if alive
            else None
        ),
    )


def running_times(times: Iterable[timedelta]) -> RunningTimes | None:
    """Median, p90 and p95 of running times; None of none."""
    ordered = sorted(times)
    if not ordered:
        return None
    return RunningTimes(*(quantile(ordered, Fraction(n, 100)) for n in (50, 90, 95)))


def quantile(ordered: Sequence[timedelta], share: Fraction) -> timedelta:
    """The quantile of sorted times, interpolated linearly between the two nearest ranks.

    The inclusive method (Hyndman and Fan's type 7, the usual one of spreadsheets), rounded to
    the microsecond. Raises IndexError of no times.
    """
    rank = share * (len(ordered) - 1)
    below = int(rank)
    between = rank - below
    upper = ordered[min(below + 1, len(ordered) - 1)]
    step = (upper - ordered[below]) * between.numerator / between.denominator
    return ordered[below] + step


def _sum(counts: Mapping[State, int], states: Iterable[State]) -> int:
    return sum(counts.get(state, 0) for state in states)


def _share(part: int, of: int) -> Fraction | None:
    return Fraction(part, of) if of else None
