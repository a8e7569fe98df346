"""Exact values become points, an index and decimals here, rounded once, half to even."""

from fractions import Fraction

from .model import Band, Model


def points(model: Model, value: Fraction) -> Fraction | None:
    return None if model.points is None else model.points * value


def index(model: Model, value: Fraction) -> Fraction | None:
    """The value on the model's level index, so that a whole level shows as its number."""
    if model.index is None:
        return None
    low, high = model.index
    return low + (high - low) * value


def band(model: Model, value: Fraction) -> Band | None:
    return next((band for band in reversed(model.bands) if value >= band.floor), None)


def rounded(model: Model, value: Fraction) -> Fraction:
    return Fraction(_units(model, value), 10**model.places)


def shown(model: Model, value: Fraction | None) -> float | None:
    """The rounded value as the nearest JSON number."""
    return None if value is None else _units(model, value) / 10**model.places


def _units(model: Model, value: Fraction) -> int:
    """How many units of the last place, half to even, in integers: a report rounds hundreds."""
    unit: int = 10**model.places
    whole, rest = divmod(value.numerator * unit, value.denominator)
    above = 2 * rest - value.denominator
    return whole + 1 if above > 0 or (above == 0 and whole % 2) else whole


def decimal(model: Model, value: Fraction) -> str:
    return f"{float(rounded(model, value)):.{model.places}f}"
