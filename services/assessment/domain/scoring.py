"""The one scoring engine: exact values from cell to total, never rounded here."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

from .model import Aggregation, Item, Model, Scale
from .ratings import NotApplicable, Rating


@dataclass(frozen=True, slots=True)
class ItemScore:
    """`low` and `high` are the value with every unrated cell at its lowest and at its highest.

    Both are None where no value can exist: nothing below is applicable, or a part that must not
    be missing is not applicable. `attained` is the level whose needs are met, or else the highest
    that every applicable cell reaches; it is None below full coverage and where the cells do not
    share a scale of levels.
    """

    low: Fraction | None
    high: Fraction | None
    rated: int
    applicable: int
    attained: int | None

    @property
    def value(self) -> Fraction | None:
        return self.low if self.rated == self.applicable else None


End = Callable[[ItemScore], Fraction | None]
"""Which end of what is known of an item: its lowest or its highest value."""


@dataclass(frozen=True, slots=True)
class Score:
    """What one set of ratings comes to; `items` and `weights` hold every item, parents first.

    A weight is the share of the total that is the item's, once what is not applicable has left;
    where a minimum, levels or a cap decide, it is the share that the item would have in a mean.
    """

    model: Model
    ratings: Mapping[str, Rating]
    items: Mapping[str, ItemScore]
    weights: Mapping[str, Fraction]

    @property
    def whole(self) -> ItemScore:
        return self.items[self.model.root.id]


def score(model: Model, ratings: Mapping[str, Rating]) -> Score:
    """Scores ratings as `ratings.read` returns them: by cell id, unrated cells left out."""
    scored: dict[str, ItemScore] = {}
    _roll_up(model, model.root, ratings, scored)
    weights = {model.root.id: Fraction(1)}
    for item in model.items.values():
        weights.update(_shares(item, weights[item.id], scored))
    return Score(model, ratings, {id_: scored[id_] for id_ in model.items}, weights)


def weighted_mean(parts: list[tuple[int, Fraction]]) -> Fraction:
    """The mean of (weight, value) pairs, in integers over one common denominator."""
    common = lcm(*(value.denominator for _, value in parts))
    dividend = sum(w * value.numerator * (common // value.denominator) for w, value in parts)
    return Fraction(dividend, common * sum(weight for weight, _ in parts))


def _roll_up(
    model: Model, item: Item, ratings: Mapping[str, Rating], scored: dict[str, ItemScore]
) -> ItemScore:
    if item.children:
        for child in item.children:
            _roll_up(model, child, ratings, scored)
        scored[item.id] = _branch(item, scored)
    else:
        scored[item.id] = _cell(model.cells[item.id], ratings.get(item.id))
    return scored[item.id]


def _cell(scale: Scale, rating: Rating | None) -> ItemScore:
    if rating is None:
        return ItemScore(scale.lowest, scale.highest, 0, 1, None)
    if isinstance(rating, NotApplicable):
        return ItemScore(None, None, 0, 0, None)
    value = scale.values[rating]
    return ItemScore(value, value, 1, 1, rating if scale.levels else None)


def _branch(item: Item, scored: Mapping[str, ItemScore]) -> ItemScore:
    children = [scored[child.id] for child in item.children]
    rated = sum(child.rated for child in children)
    applicable = sum(child.applicable for child in children)
    low = _aggregate(item, scored, lambda part: part.low)
    if low is None:
        return ItemScore(None, None, rated, applicable, None)
    if rated < applicable:
        high = _aggregate(item, scored, lambda part: part.high)
        return ItemScore(low, high, rated, applicable, None)
    return ItemScore(low, low, rated, applicable, _attained(item, scored))


def _attained(item: Item, scored: Mapping[str, ItemScore]) -> int | None:
    """The level of an item whose every cell is rated, if it has one."""
    if item.scale is None or not item.scale.levels:
        return None
    if item.level_needs:
        return level_reached(item, {c.id: scored[c.id].low for c in item.children})
    counted = (scored[child.id] for child in item.children if child.deduct is None)
    return min((each.attained for each in counted if each.attained is not None), default=None)


def level_reached(item: Item, values: Mapping[str, Fraction | None]) -> int:
    """The highest level whose needs, and those of every lower level, the children's values meet.

    What is not applicable is not needed. The lowest level needs nothing.
    """
    reached = min(item.scale.levels) if item.scale else 0
    for needs in item.level_needs:
        given = ((values[child], least) for child, least in needs.at_least.items())
        if any(value is not None and value < least for value, least in given):
            break
        reached = needs.level
    return reached


def _aggregate(item: Item, scored: Mapping[str, ItemScore], end: End) -> Fraction | None:
    """The item's value at one end of what is known; None where there can be none."""
    parts: list[tuple[int, Fraction]] = []
    for child in item.children:
        part = scored[child.id]
        value = end(part)
        if child.deduct is not None:
            continue
        if value is not None:
            parts.append((child.weight, value))
        elif item.voids or part.applicable:
            return None
    if not parts:
        return None
    if item.scale and item.level_needs:
        values = {child.id: end(scored[child.id]) for child in item.children}
        return item.scale.values[level_reached(item, values)]
    if item.aggregation is Aggregation.MINIMUM:
        whole = min(value for _, value in parts)
    else:
        whole = weighted_mean(parts)
    return _capped(item, _deducted(item, whole, scored, end), scored, end)


def _deducted(item: Item, whole: Fraction, scored: Mapping[str, ItemScore], end: End) -> Fraction:
    for child in item.children:
        value = end(scored[child.id])
        if child.deduct is not None and value is not None:
            whole -= child.deduct * (1 - value)
    return max(whole, Fraction(0))


def _capped(item: Item, whole: Fraction, scored: Mapping[str, ItemScore], end: End) -> Fraction:
    for cap in item.caps:
        value = end(scored[cap.item])
        if value is not None and value < cap.below:
            whole = min(whole, cap.at_most)
    return whole


def _shares(
    item: Item, weight: Fraction, scored: Mapping[str, ItemScore]
) -> Iterator[tuple[str, Fraction]]:
    """The children's shares of an item's weight; a voiding item never moves weight across them.

    What deducts has, beside them, the share that it can take away.
    """
    counted = [
        child.weight if child.deduct is None and (item.voids or scored[child.id].applicable) else 0
        for child in item.children
    ]
    whole = sum(counted) or 1
    for child, part in zip(item.children, counted, strict=True):
        if child.deduct is None:
            # One fraction instead of two: every item of every score comes by here.
            yield child.id, Fraction(weight.numerator * part, weight.denominator * whole)
        else:
            yield child.id, weight * child.deduct if scored[child.id].applicable else Fraction(0)
