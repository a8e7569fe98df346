"""The process map 流程地图, and the vital few of its processes by the 80/20 rule (source 003)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

LEVELS = (1, 2, 3)
VITAL_SHARE = Fraction(4, 5)
LINKAGES = ("cost_share", "cost_growth", "revenue", "customer_value")
"""Three ways in which a process is linked to financial goals, and its link to customer value."""


@dataclass(frozen=True, slots=True)
class Rated:
    """A process with its linkages, none of them below zero; what is not rated counts as zero."""

    process: str
    linkages: Mapping[str, Fraction]


@dataclass(frozen=True, slots=True)
class Ranked:
    """A process in the order of what it matters: its weight, and the weights down to it."""

    process: str
    weight: Fraction
    cumulative: Fraction
    is_vital: bool


def ranked(processes: Sequence[Rated], vital_share: Fraction = VITAL_SHARE) -> list[Ranked]:
    """The processes by weight, the heaviest first; the vital few together reach the share.

    A process's weight is the mean of its shares in each linkage that any process has. Linkages of
    different kinds become comparable as shares: the weights of all processes add up to one. With
    nothing rated nobody is vital.
    """
    totals = {
        name: total
        for name in LINKAGES
        if (total := sum((p.linkages.get(name, Fraction()) for p in processes), Fraction()))
    }
    weights = [(_weight(process, totals), process.process) for process in processes]
    found: list[Ranked] = []
    reached = Fraction()
    for weight, code in sorted(weights, key=lambda each: (-each[0], each[1])):
        is_vital = weight > 0 and reached < vital_share
        reached += weight
        found.append(Ranked(code, weight, reached, is_vital))
    return found


def _weight(process: Rated, totals: Mapping[str, Fraction]) -> Fraction:
    if not totals:
        return Fraction()
    shares = (process.linkages.get(name, Fraction()) / total for name, total in totals.items())
    return sum(shares, Fraction()) / len(totals)


def place_fault(level: int | None, parent_level: int | None, child_levels: Sequence[int]) -> str:
    """What is wrong with a place in the map, empty when nothing is.

    `parent_level` is None without a parent. A process of level 1 stands alone, every other one
    right under one of the level above; so the map has no cycles.
    """
    if level is None:
        return "level_missing" if parent_level is not None or child_levels else ""
    if any(child != level + 1 for child in child_levels):
        return "children_elsewhere"
    if level == LEVELS[0]:
        return "top_has_parent" if parent_level is not None else ""
    return "" if parent_level == level - 1 else "parent_elsewhere"
