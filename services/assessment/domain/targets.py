"""A target is a level per cell; gaps say where a score falls short of it, and by how much."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

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
    return tuple(sorted(found, key=lambda gap: -gap.weighted))


def percent_to_target(score: Score, target: Mapping[str, int]) -> Fraction | None:
    """The share of the target reached, 0 to 1; surplus in one cell never pays for another.

    1 where every target is the lowest level. None without a target and where there is no total.
    """
    if score.whole.value is None or not target:
        return None
    aimed = reached = Fraction(0)
    for id_, scale in score.model.cells.items():
        rating = score.ratings.get(id_)
        if isinstance(rating, int) and id_ in target:
            goal = scale.values[target[id_]]
            aimed += score.weights[id_] * goal
            reached += score.weights[id_] * min(scale.values[rating], goal)
    return reached / aimed if aimed else Fraction(1)
