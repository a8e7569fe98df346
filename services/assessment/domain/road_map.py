"""A road map closes the gaps to a target step by step, the most weighted gain for effort first."""

import heapq
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from .model import Model, Scale
from .scoring import Score

Efforts = Mapping[str, Fraction | Mapping[int, Fraction]]
"""By item id: one effort for each step below it, or one for each level that a step leads to."""


@dataclass(frozen=True, slots=True)
class Step:
    """One cell raised from one rating to a higher one.

    `gain` is the added value times the cell's effective weight, so that the gains of all steps
    add up to the weighted gaps; `effort` is in whatever unit the efforts were given in.
    """

    item: str
    rating: int
    reached: int
    gain: Fraction
    effort: Fraction

    @property
    def gain_per_effort(self) -> Fraction:
        return self.gain / self.effort


def road_map(score: Score, target: Mapping[str, int], efforts: Efforts) -> tuple[Step, ...]:
    """The steps that lead from the ratings to the target, each as early as it pays.

    At every place stands the step with the most gain for its effort among those whose cell has
    got that far. Ties go to the greater gain, then to the model's order. On a scale of levels a
    step is one level; on a scale of percentages it leads straight to the target. Cells that are
    unrated or not applicable have no steps.
    """
    said = _by_cell(score.model, efforts)
    ways = {
        cell: steps
        for cell in score.model.cells
        if (steps := list(_steps(score, cell, target.get(cell), said.get(cell))))
    }
    place = {cell: number for number, cell in enumerate(ways)}
    waiting = [_rank(steps[0], place) for steps in ways.values()]
    heapq.heapify(waiting)
    ordered: list[Step] = []
    while waiting:
        *_, step = heapq.heappop(waiting)
        ordered.append(step)
        rest = ways[step.item]
        rest.pop(0)
        if rest:
            heapq.heappush(waiting, _rank(rest[0], place))
    return tuple(ordered)


def default_effort(scale: Scale, rating: int, reached: int) -> Fraction:
    """One for every notch of the scale that the step climbs."""
    return Fraction(sum(rating < each <= reached for each in scale.values))


def _rank(step: Step, place: Mapping[str, int]) -> tuple[Fraction, Fraction, int, Step]:
    return -step.gain_per_effort, -step.gain, place[step.item], step


def _steps(
    score: Score, cell: str, goal: int | None, said: Fraction | Mapping[int, Fraction] | None
) -> Iterator[Step]:
    scale, rating = score.model.cells[cell], score.ratings.get(cell)
    if goal is None or not isinstance(rating, int) or rating >= goal:
        return
    stages = [each for each in scale.values if rating < each <= goal] if scale.levels else [goal]
    for reached in sorted(stages):
        known = said.get(reached) if isinstance(said, Mapping) else said
        gain = score.weights[cell] * (scale.values[reached] - scale.values[rating])
        effort = default_effort(scale, rating, reached) if known is None else known
        yield Step(cell, rating, reached, gain, effort)
        rating = reached


def _by_cell(model: Model, efforts: Efforts) -> dict[str, Fraction | Mapping[int, Fraction]]:
    said: dict[str, Fraction | Mapping[int, Fraction]] = {}
    # Parents come before their children, so the most specific entry is written last.
    for item in model.items.values():
        if item.id in efforts:
            said.update((part.id, efforts[item.id]) for part in item.walk() if not part.children)
    return said
