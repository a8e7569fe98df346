"""A claim against a series: the source's satisfaction index, and properties."""

from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from services.assessment.domain.claims import (
    Better,
    Claim,
    Comparator,
    Measure,
    Order,
    Trend,
    check,
)
from services.assessment.domain.periods import kind, missing_between

PRINTED = [
    Measure("2006", Decimal("86.05")),
    Measure("2005", Decimal("80.26")),
    Measure("2004", Decimal("84.57")),
]
CLAIM = Claim(trend=Trend.RISES, target=Decimal(87))

values = st.decimals("-1000", "1000", places=2)
series = st.lists(values, min_size=1, max_size=8).map(
    lambda listed: [Measure(str(2000 + year), value) for year, value in enumerate(listed)]
)
claims = st.builds(
    Claim, trend=st.sampled_from(Trend), target=st.none() | values, better=st.sampled_from(Better)
)


def codes(claim: Claim, series: list[Measure], order: Order) -> dict[Order, list[str]]:
    return {
        reading.order: [warning.code for warning in reading.warnings]
        for reading in check(claim, series, order)
    }


def test_the_sources_index_read_by_position_breaks_trend_and_target() -> None:
    (reading,) = check(CLAIM, PRINTED, Order.BY_POSITION)

    assert [str(measure.value) for measure in reading.series] == ["84.57", "80.26", "86.05"]
    assert [warning.code for warning in reading.warnings] == ["trend_broken", "target_missed"]
    assert reading.warnings[0].periods == ("2004", "2005")
    assert "84.57" in reading.warnings[0].text.zh


def test_the_sources_index_read_as_rising_misses_only_the_target() -> None:
    (reading,) = check(CLAIM, PRINTED, Order.AS_CLAIMED)

    assert [str(measure.value) for measure in reading.series] == ["80.26", "84.57", "86.05"]
    assert [warning.code for warning in reading.warnings] == ["target_missed"]
    assert reading.warnings[0].periods == ("2006",)


def test_an_uncertain_order_reports_both_readings() -> None:
    assert codes(CLAIM, PRINTED, Order.UNCERTAIN) == {
        Order.BY_POSITION: ["trend_broken", "target_missed"],
        Order.AS_CLAIMED: ["target_missed"],
    }


def test_readings_that_agree_are_one() -> None:
    rising = [Measure("2004", Decimal(1)), Measure("2005", Decimal(2)), Measure("2006", Decimal(3))]

    assert list(codes(CLAIM, rising, Order.UNCERTAIN)) == [Order.BY_POSITION]


@pytest.mark.parametrize(
    ("better", "value", "found"),
    [
        (Better.HIGHER, "86.04", []),
        (Better.HIGHER, "86.05", ["not_better"]),
        (Better.HIGHER, "86.050000000001", ["not_better"]),
        (Better.LOWER, "86.04", ["not_better"]),
        (Better.LOWER, "86.050000000001", []),
    ],
)
def test_better_than_means_strictly_better_in_exact_decimals(
    better: Better, value: str, found: list[str]
) -> None:
    claim = Claim(better=better, comparators=(Comparator("peer", Decimal(value)),))

    assert codes(claim, PRINTED, Order.BY_POSITION)[Order.BY_POSITION] == found


def test_two_periods_are_no_trend_and_a_missing_one_is_named() -> None:
    gap = [Measure("2004", Decimal(1)), Measure("2006", Decimal(2))]
    (reading,) = check(Claim(trend=Trend.RISES), gap, Order.BY_POSITION)

    assert [warning.code for warning in reading.warnings] == ["too_few_periods", "period_missing"]
    assert reading.warnings[1].periods == ("2005",)


def test_nothing_measured_is_no_proof() -> None:
    empty = [Measure("2004", None), Measure("2005", None)]

    assert codes(CLAIM, empty, Order.UNCERTAIN) == {Order.BY_POSITION: ["nothing_measured"]}


@pytest.mark.parametrize(
    ("periods", "missing"),
    [
        (["2025-11", "2026-02"], ["2025-12", "2026-01"]),
        (["2025-Q4", "2026-Q2"], ["2026-Q1"]),
        (["2025-H1", "2026-H1"], ["2025-H2"]),
        (["2025", "2026-01"], []),
        (["0001", "9999"], []),
    ],
)
def test_periods_between_are_named_in_their_own_kind(
    periods: list[str], missing: list[str]
) -> None:
    assert missing_between(periods) == missing


@pytest.mark.parametrize("text", ["26", "2026-13", "2026-Q5", "2026-1", "2026-H3", "２０２６年"])
def test_what_is_no_period_has_no_kind(text: str) -> None:
    assert kind(text) is None


@given(claims, series)
def test_the_reading_as_claimed_never_breaks_a_trend_more_than_that_by_position(
    claim: Claim, measured: list[Measure]
) -> None:
    # Equal values break a strict trend wherever they stand side by side, as sorting puts them.
    values = [each.value for each in measured if each.value is not None]
    assume(len(set(values)) == len(values))

    by_position = codes(claim, measured, Order.BY_POSITION)[Order.BY_POSITION]
    as_claimed = codes(claim, measured, Order.AS_CLAIMED)[Order.AS_CLAIMED]

    assert as_claimed.count("trend_broken") <= by_position.count("trend_broken")


@given(claims, series, st.randoms(use_true_random=False))
def test_the_order_in_which_periods_are_told_changes_nothing(
    claim: Claim, measured: list[Measure], random: object
) -> None:
    shuffled = list(measured)
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    assert check(claim, shuffled, Order.UNCERTAIN) == check(claim, measured, Order.UNCERTAIN)


@given(claims, series)
def test_a_reading_only_reorders_values(claim: Claim, measured: list[Measure]) -> None:
    for reading in check(claim, measured, Order.UNCERTAIN):
        assert [each.period for each in reading.series] == [each.period for each in measured]
        assert sorted(each.value or 0 for each in reading.series) == sorted(
            each.value or 0 for each in measured
        )
