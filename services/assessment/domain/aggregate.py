"""An aggregate tells how a group came out, and nothing of anyone in it.

Two things single somebody out: a group of few, and the difference of two groups. So an aggregate
has five members or more, no member is in two of them, and it is told to nobody who could work out
the few members that they do not see by taking away those that they do.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from .benchmark import FEWEST_UNITS, Distribution, distribution


@dataclass(frozen=True, slots=True)
class Member:
    """One result; `values` holds every item that has one, `group` what it is told with."""

    assessment: str
    group: str | None
    total: Fraction
    values: Mapping[str, Fraction]


@dataclass(frozen=True, slots=True)
class Figures:
    """Of so many units; an item has a mean where every one of them has a value for it.

    Means over parts of a group would differ by few: by one, where all but one have a value.
    """

    units: int
    mean: Fraction
    spread: Distribution
    items: Mapping[str, Fraction]


def figures(members: Sequence[Member], items: Iterable[str]) -> Figures:
    """Exact means and quartiles; raises ValueError for fewer than five members."""
    totals = [each.total for each in members]
    spread = distribution(totals)
    told = [item for item in items if all(item in each.values for each in members)]
    return Figures(
        units=len(members),
        mean=_mean(totals),
        spread=spread,
        items={item: _mean([each.values[item] for each in members]) for item in told},
    )


def grouped(members: Sequence[Member]) -> Mapping[str, Sequence[Member]]:
    """The groups of five or more, if what stays untold is nobody or five again; otherwise none."""
    named = sorted({each.group for each in members if each.group is not None})
    groups = {name: [each for each in members if each.group == name] for name in named}
    told = {name: each for name, each in groups.items() if len(each) >= FEWEST_UNITS}
    untold = len(members) - sum(map(len, told.values()))
    return told if isolates_nobody(untold) else {}


def isolates_nobody(unseen: int) -> bool:
    """Whether so many members, told of together, stay unknown one by one: none, or five or more."""
    return unseen == 0 or unseen >= FEWEST_UNITS


def tells(units: int, seen: int, groups: Mapping[str, tuple[int, int]]) -> tuple[bool, bool]:
    """Whether a caller may know the whole, and its groups, who sees so many members themselves.

    `groups` has units and members seen of each group that was told apart.
    """
    unseen = units - seen
    parts = [size - known for size, known in groups.values()]
    rest = unseen - sum(parts)
    whole = isolates_nobody(unseen)
    return whole, whole and all(isolates_nobody(part) for part in (*parts, rest))


def _mean(values: Sequence[Fraction]) -> Fraction:
    return sum(values, Fraction(0)) / len(values)
