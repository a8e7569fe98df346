"""A target is a level per cell; gaps say where a score falls short of it, and by how much."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

from .scoring import Score


@dataclass(frozen=True, slots=True)
class Gap:
    """A rated cell below its target; `weighted` is the missing value times the cell's weight."""

    item: str
    rating: int
    target: int
    weighted: Fraction


def gaps(score: Score, target: Mapping[str, int]) -> tuple[Gap, ...]:
    """The rated cells below target, the heaviest first, ties in the model's order."""
    found = []
    for id_, scale in score.model.cells.items():
        rating = score.ratings.get(id_)
        if isinstance(rating, int) and id_ in target and rating < target[id_]:
            missing = scale.values[target[id_]] - scale.values[rating]
            found.append(Gap(id_, rating, target[id_], score.weights[id_] * missing))
    sizes = _integers([gap.weighted for gap in found])
    order = sorted(range(len(found)), key=lambda place: -sizes[place])
    return tuple(found[place] for place in order)


def percent_to_target(score: Score, target: Mapping[str, int]) -> Fraction | None:
    """The share of the target reached, 0 to 1; surplus in one cell never pays for another.

    1 where every target is the lowest level. None without a target and where there is no total.
    """
    if score.whole.value is None or not target:
        return None
    weights, rated, aimed = [], [], []
    for id_, scale in score.model.cells.items():
        rating = score.ratings.get(id_)
        if isinstance(rating, int) and id_ in target:
            weights.append(score.weights[id_])
            rated.append(scale.values[rating])
            aimed.append(scale.values[target[id_]])
    values, count = _integers([*rated, *aimed]), len(rated)
    pairs = list(zip(_integers(weights), values[:count], values[count:], strict=True))
    whole = sum(weight * goal for weight, _, goal in pairs)
    reached = sum(weight * min(value, goal) for weight, value, goal in pairs)
    return Fraction(reached, whole) if whole else Fraction(1)


def _integers(numbers: Sequence[Fraction]) -> list[int]:
    """The numbers in the same proportion: times their common denominator."""
    common = lcm(*(number.denominator for number in numbers))
    return [number.numerator * (common // number.denominator) for number in numbers]
