"""Agreement of raters: Krippendorff's alpha with a bootstrap interval, and percent agreement.

Source: K. Krippendorff, "Computing Krippendorff's Alpha-Reliability", 2011.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from .faults import Text
from .rating_table import Value

Floats = NDArray[np.float64]


class Metric(StrEnum):
    """How far apart two different ratings are; the values of all but nominal are numbers."""

    NOMINAL = "nominal"
    ORDINAL = "ordinal"
    INTERVAL = "interval"
    RATIO = "ratio"


class Undefined(StrEnum):
    """Why there is no alpha."""

    TOO_FEW_RATERS = "too_few_raters"
    TOO_FEW_UNITS = "too_few_units"
    NO_VARIANCE = "no_variance"
    NOT_NUMBERS = "not_numbers"
    NEGATIVE = "negative"


@dataclass(frozen=True, slots=True)
class Interval:
    """The percentile interval of `resamples` draws; `undefined` of them had no variance."""

    low: float
    high: float
    confidence: float
    resamples: int
    undefined: int
    seed: int


@dataclass(frozen=True, slots=True)
class Agreement:
    """`pairs` is the share of agreeing pairs of ratings of one unit, `unanimous` that of units.

    `units` counts the units that two raters or more have rated; no other says anything of
    agreement. Where alpha or the shares are undefined they are None, and `reason` says why.
    """

    metric: Metric
    alpha: float | None
    alphas: Mapping[Metric, float | None]
    reason: Undefined | None
    interval: Interval | None
    pairs: Fraction | None
    unanimous: Fraction | None
    raters: int
    units: int
    ratings: int


def agreement(
    by_rater: Sequence[Sequence[Value | None]],
    metric: Metric = Metric.ORDINAL,
    *,
    seed: int = 0,
    resamples: int = 1000,
    confidence: float = 0.95,
) -> Agreement:
    """How far raters agree; `by_rater[r][u]` is what rater r gave unit u, None where nothing.

    The interval draws units with replacement, with the distances of the whole sample; the same
    seed gives the same interval. Raises ValueError where the rows differ in length.
    """
    units = [each for each in map(_given, zip(*by_rater, strict=True)) if len(each) > 1]
    raters = sum(any(value is not None for value in row) for row in by_rater)
    values = sorted({v for unit in units for v in unit}, key=lambda v: (isinstance(v, str), v))
    counts = _counts(units, values)
    reasons = {each: _undefined(each, raters, units, values) for each in Metric}
    alphas = {each: None if reasons[each] else _alpha(each, values, counts) for each in Metric}
    interval = None
    if alphas[metric] is not None and resamples:
        distances = _distances(metric, values, counts)
        interval = _interval(counts, distances, seed, resamples, confidence)
    return Agreement(
        metric,
        alphas[metric],
        MappingProxyType(alphas),
        reasons[metric],
        interval,
        _pairs(counts),
        _unanimous(units),
        raters,
        len(units),
        sum(map(len, units)),
    )


def reason_text(reason: Undefined) -> Text:
    return _REASONS[reason]


def _given(column: Sequence[Value | None]) -> list[Value]:
    return [value for value in column if value is not None]


def _undefined(
    metric: Metric, raters: int, units: list[list[Value]], values: list[Value]
) -> Undefined | None:
    if raters < 2 or not units:
        return Undefined.TOO_FEW_RATERS
    if len(units) < 2:
        return Undefined.TOO_FEW_UNITS
    if len(values) < 2:
        return Undefined.NO_VARIANCE
    if metric is not Metric.NOMINAL and any(isinstance(value, str) for value in values):
        return Undefined.NOT_NUMBERS
    if metric is Metric.RATIO and any(not isinstance(v, str) and v < 0 for v in values):
        return Undefined.NEGATIVE
    return None


def _counts(units: list[list[Value]], values: list[Value]) -> Floats:
    """How many raters gave each value, units by values."""
    position = {value: n for n, value in enumerate(values)}
    counts = np.zeros((len(units), len(values)))
    for row, unit in zip(counts, units, strict=True):
        for value in unit:
            row[position[value]] += 1
    return counts


def _distances(metric: Metric, values: list[Value], counts: Floats) -> Floats:
    """The squared difference of every two values."""
    if metric is Metric.NOMINAL:
        return 1 - np.eye(len(values))
    if metric is Metric.ORDINAL:
        # Half of the ratings of either value and all between them lie between two ratings.
        given = counts.sum(axis=0)
        middle = np.cumsum(given) - given / 2
        return _squares(middle[:, None] - middle[None, :])
    number = np.array(values, dtype=np.float64)
    apart = number[:, None] - number[None, :]
    if metric is Metric.INTERVAL:
        return _squares(apart)
    together = number[:, None] + number[None, :]
    return _squares(np.divide(apart, together, out=np.zeros_like(apart), where=together > 0))


def _squares(difference: Floats) -> Floats:
    squares: Floats = difference**2
    return squares


def _alpha(metric: Metric, values: list[Value], counts: Floats) -> float:
    distances, every_unit_once = _distances(metric, values, counts), np.ones((1, len(counts)))
    return float(_alphas(every_unit_once, counts, distances, _within(counts, distances))[0])


def _within(counts: Floats, distances: Floats) -> Floats:
    """How far the ratings of each unit are from one another."""
    apart: Floats = ((counts @ distances) * counts).sum(axis=1) / (counts.sum(axis=1) - 1)
    return apart


def _alphas(draws: Floats, counts: Floats, distances: Floats, within: Floats) -> Floats:
    """Alpha of each row of `draws`, which says how often each unit counts; NaN if undefined."""
    rated = counts.sum(axis=1)
    given = draws @ counts
    total = draws @ rated
    expected = ((given @ distances) * given).sum(axis=1) / (total - 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        alphas: Floats = np.where(expected > 0, 1 - (draws @ within) / expected, np.nan)
    return alphas


def _interval(
    counts: Floats, distances: Floats, seed: int, resamples: int, confidence: float
) -> Interval | None:
    units = len(counts)
    random = np.random.default_rng(seed)
    found: list[Floats] = []
    left, within = resamples, _within(counts, distances)
    while left:
        # A few megabytes at a time, however many units and values there are.
        part = min(left, max(1, 500_000 // max(counts.shape)))
        draws = random.multinomial(units, np.full(units, 1 / units), size=part)
        found.append(_alphas(draws.astype(np.float64), counts, distances, within))
        left -= part
    alphas = np.concatenate(found)
    defined = alphas[~np.isnan(alphas)]
    if not len(defined):
        return None
    low, high = np.quantile(defined, [(1 - confidence) / 2, (1 + confidence) / 2])
    undefined = resamples - len(defined)
    return Interval(float(low), float(high), confidence, resamples, undefined, seed)


def _pairs(counts: Floats) -> Fraction | None:
    pairs = agreeing = 0
    for row in counts.astype(int).tolist():
        rated = sum(row)
        pairs += rated * (rated - 1)
        agreeing += sum(given * (given - 1) for given in row)
    return Fraction(agreeing, pairs) if pairs else None


def _unanimous(units: list[list[Value]]) -> Fraction | None:
    return Fraction(sum(len(set(unit)) == 1 for unit in units), len(units)) if units else None


_REASONS = {
    Undefined.TOO_FEW_RATERS: Text(
        "没有任何单元由两位以上评审员评级。", "No unit was rated by two raters or more."
    ),
    Undefined.TOO_FEW_UNITS: Text(
        "由两位以上评审员评级的单元不足两个。",
        "Fewer than two units were rated by two raters or more.",
    ),
    Undefined.NO_VARIANCE: Text(
        "所有评级都相同，没有差异可供衡量。",
        "All ratings are the same, so there is no variance to measure agreement by.",
    ),
    Undefined.NOT_NUMBERS: Text(
        "此度量需要数值评级。", "This metric needs ratings that are numbers."
    ),
    Undefined.NEGATIVE: Text(
        "比率度量需要非负的评级。", "The ratio metric needs ratings that are not negative."
    ),
}
