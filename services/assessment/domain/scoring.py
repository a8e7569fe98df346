"""The one scoring engine: exact values from cell to total, never rounded here."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

from .model import Aggregation, Item, Model, Scale
from .ratings import NotApplicable, Rating


@dataclass(frozen=True, slots=True)
class ItemScore:
    """`low` and `high` are the value with every unrated cell at its lowest and at its highest.

    Both are None where no value can exist: nothing below is applicable, or a part that must not
    be missing is not applicable. `attained` is the highest level that every applicable cell
    reaches; it is None below full coverage and where the cells do not share a scale of levels.
    """

    low: Fraction | None
    high: Fraction | None
    rated: int
    applicable: int
    attained: int | None

    @property
    def value(self) -> Fraction | None:
        return self.low if self.rated == self.applicable else None


@dataclass(frozen=True, slots=True)
class Score:
    """What one set of ratings comes to; `items` and `weights` hold every item, parents first.

    A weight is the share of the total that is the item's, once what is not applicable has left.
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
        scored[item.id] = _branch(
            item, [_roll_up(model, child, ratings, scored) for child in item.children]
        )
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


def _branch(item: Item, children: list[ItemScore]) -> ItemScore:
    rated = sum(child.rated for child in children)
    applicable = sum(child.applicable for child in children)
    low = _aggregate(item, [child.low for child in children], children)
    if low is None:
        return ItemScore(None, None, rated, applicable, None)
    if rated < applicable:
        high = _aggregate(item, [child.high for child in children], children)
        return ItemScore(low, high, rated, applicable, None)
    levels = [child.attained for child in children if child.attained is not None]
    return ItemScore(
        low, low, rated, applicable, min(levels) if item.scale and item.scale.levels else None
    )


def _aggregate(
    item: Item, values: list[Fraction | None], children: list[ItemScore]
) -> Fraction | None:
    parts: list[tuple[int, Fraction]] = []
    for child, scored, value in zip(item.children, children, values, strict=True):
        if value is not None:
            parts.append((child.weight, value))
        elif item.voids or scored.applicable:
            return None
    if not parts:
        return None
    if item.aggregation is Aggregation.MINIMUM:
        return min(value for _, value in parts)
    return weighted_mean(parts)


def _shares(
    item: Item, weight: Fraction, scored: Mapping[str, ItemScore]
) -> Iterator[tuple[str, Fraction]]:
    """The children's shares of an item's weight; a voiding item never moves weight across them."""
    counted = [
        child.weight if item.voids or scored[child.id].applicable else 0 for child in item.children
    ]
    whole = sum(counted) or 1
    for child, part in zip(item.children, counted, strict=True):
        yield child.id, weight * Fraction(part, whole)
