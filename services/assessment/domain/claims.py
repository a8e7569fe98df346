"""A claim about a result ("rises every year, target 87") is checked against the measured series.

Where a print leaves open which value belongs to which period, both readings are checked: the one
by position, and the one that puts the values in the order that the claim asks for (source 002).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise

from .faults import Text
from .periods import missing_between

FEWEST_PERIODS = 3
"""A trend shows in three periods or more."""


class Trend(StrEnum):
    """What a series is said to do from each period to the next."""

    RISES = "rises"
    FALLS = "falls"
    DOES_NOT_FALL = "does_not_fall"
    DOES_NOT_RISE = "does_not_rise"


class Better(StrEnum):
    """Which end of the scale is the good one."""

    HIGHER = "higher"
    LOWER = "lower"


class Order(StrEnum):
    """How far the print says which value belongs to which period."""

    BY_POSITION = "by_position"
    AS_CLAIMED = "as_claimed"
    UNCERTAIN = "uncertain"


@dataclass(frozen=True, slots=True)
class Comparator:
    """Somebody the result is said to be better than; `external` outside the own enterprise."""

    name: str
    value: Decimal
    external: bool = True


@dataclass(frozen=True, slots=True)
class Claim:
    trend: Trend | None = None
    target: Decimal | None = None
    better: Better = Better.HIGHER
    comparators: tuple[Comparator, ...] = ()


@dataclass(frozen=True, slots=True)
class Measure:
    """A value in a period; None where there was nothing to measure."""

    period: str
    value: Decimal | None


@dataclass(frozen=True, slots=True)
class ClaimWarning:
    """`code` is stable; `periods` are those that show it."""

    code: str
    text: Text
    periods: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read the series, oldest period first, and what speaks against the claim in it."""

    order: Order
    series: tuple[Measure, ...]
    warnings: tuple[ClaimWarning, ...]


def check(claim: Claim, series: Sequence[Measure], order: Order) -> tuple[Reading, ...]:
    """Every reading that the order leaves open; a certain order leaves one.

    Two readings that come to the same series are one, by position. Periods are distinct.
    """
    by_position = tuple(sorted(series, key=lambda measure: measure.period))
    readings = {Order.BY_POSITION: by_position, Order.AS_CLAIMED: _sorted(claim, by_position)}
    if order is not Order.UNCERTAIN:
        readings = {order: readings[order]}
    elif readings[Order.AS_CLAIMED] == by_position:
        del readings[Order.AS_CLAIMED]
    return tuple(
        Reading(each, read, tuple(_warnings(claim, read))) for each, read in readings.items()
    )


def _sorted(claim: Claim, series: tuple[Measure, ...]) -> tuple[Measure, ...]:
    """The same values over the same periods, in the order that the claimed trend asks for."""
    values = sorted(measure.value for measure in series if measure.value is not None)
    if claim.trend in (Trend.FALLS, Trend.DOES_NOT_RISE):
        values.reverse()
    if claim.trend is None and claim.better is Better.LOWER:
        values.reverse()
    rest = iter(values)
    return tuple(
        Measure(measure.period, None if measure.value is None else next(rest)) for measure in series
    )


def _warnings(claim: Claim, series: tuple[Measure, ...]) -> Iterator[ClaimWarning]:
    measured = [(each.period, each.value) for each in series if each.value is not None]
    if not measured:
        yield ClaimWarning("nothing_measured", _NOTHING)
        return
    if claim.trend is not None:
        yield from _trend(claim.trend, measured)
        yield from _gaps(series)
    period, newest = measured[-1]
    if claim.target is not None and not _reaches(claim, newest, claim.target):
        yield ClaimWarning("target_missed", _missed(period, newest, claim.target), (period,))
    for comparator in claim.comparators:
        if newest == comparator.value or not _reaches(claim, newest, comparator.value):
            yield ClaimWarning("not_better", _not_better(period, newest, comparator), (period,))


def _trend(trend: Trend, measured: list[tuple[str, Decimal]]) -> Iterator[ClaimWarning]:
    if len(measured) < FEWEST_PERIODS:
        yield ClaimWarning("too_few_periods", _TOO_FEW, tuple(period for period, _ in measured))
    for (before, old), (after, new) in pairwise(measured):
        if not _holds(trend, old, new):
            text = Text(
                f"{before} 至 {after} 由 {old} 变为 {new}，与所称趋势不符。",
                f"From {before} to {after} it goes from {old} to {new}, against the claimed trend.",
            )
            yield ClaimWarning("trend_broken", text, (before, after))


def _gaps(series: tuple[Measure, ...]) -> Iterator[ClaimWarning]:
    empty = {each.period for each in series if each.value is None}
    missing = sorted(empty | set(missing_between([each.period for each in series])))
    if missing:
        listed = ", ".join(missing[:12]) + (" …" if len(missing) > 12 else "")
        text = Text(f"以下周期没有数值：{listed}。", f"No value for these periods: {listed}.")
        yield ClaimWarning("period_missing", text, tuple(missing))


def _holds(trend: Trend, old: Decimal, new: Decimal) -> bool:
    return {
        Trend.RISES: new > old,
        Trend.FALLS: new < old,
        Trend.DOES_NOT_FALL: new >= old,
        Trend.DOES_NOT_RISE: new <= old,
    }[trend]


def _reaches(claim: Claim, value: Decimal, aim: Decimal) -> bool:
    return value >= aim if claim.better is Better.HIGHER else value <= aim


def _missed(period: str, value: Decimal, target: Decimal) -> Text:
    return Text(
        f"{period} 的数值 {value} 未达到目标 {target}。",
        f"{value} in {period} does not reach the target of {target}.",
    )


def _not_better(period: str, value: Decimal, comparator: Comparator) -> Text:
    return Text(
        f"{period} 的数值 {value} 不优于 {comparator.name} 的 {comparator.value}。",
        f"{value} in {period} is not better than {comparator.value} of {comparator.name}.",
    )


_NOTHING = Text("没有可供核对的数值。", "There is no value to check against.")
_TOO_FEW = Text(
    f"趋势至少需要 {FEWEST_PERIODS} 个周期。", f"A trend needs {FEWEST_PERIODS} periods or more."
)
