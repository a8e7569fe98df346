"""Attainment (达成率) is how the runs of a period stand against their promises."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
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


def _sum(counts: Mapping[State, int], states: Iterable[State]) -> int:
    return sum(counts.get(state, 0) for state in states)


def _share(part: int, of: int) -> Fraction | None:
    return Fraction(part, of) if of else None
