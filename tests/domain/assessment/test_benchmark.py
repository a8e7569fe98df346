"""A benchmark tells a distribution and isolates nobody, whatever is asked and however often."""

import statistics
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.assessment.domain.benchmark import (
    FEWEST_UNITS,
    SealedTotal,
    distribution,
    groups,
    position,
    released,
)

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
SHARES = st.fractions(min_value=0, max_value=1, max_denominator=180)
SEALS = st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 7), SHARES), max_size=40).map(
    lambda listed: [sealed(day, *each) for day, each in enumerate(listed)]
)


def sealed(day: int, kind: str, unit: int, total: Fraction) -> SealedTotal:
    return SealedTotal(f"asm_{day:03}", kind, f"{unit}", EPOCH + timedelta(days=day), total)


def units(kind: str, count: int, first_day: int = 0) -> list[SealedTotal]:
    return [sealed(first_day + n, kind, n, Fraction(n, 10)) for n in range(count)]


def test_four_units_are_nobody_and_five_are_a_group() -> None:
    assert released(units("a", 4)) == ()
    assert len(released(units("a", 5))) == 5


def test_a_unit_assessed_five_times_is_one_unit() -> None:
    assert released([sealed(day, "a", 1, Fraction(day, 10)) for day in range(5)]) == ()


def test_a_sixth_unit_shows_only_with_four_others() -> None:
    five = released(units("a", 5))

    assert [released(units("a", count)) for count in (6, 7, 8, 9)] == [five] * 4
    assert len(released(units("a", 10))) == 10


def test_a_kind_is_not_told_where_the_rest_would_be_isolated() -> None:
    order = ["a5", "a6", "a2", "a4", "b5", "b5", "a3", "a2", "b6", "b1"]
    whole = [
        sealed(day, unit[0], int(unit[1]), Fraction(day, 10)) for day, unit in enumerate(order)
    ]

    assert len(released(whole)) == 8
    assert len(released([each for each in whole if each.kind == "a"])) == 5
    # Between the eight and the five stand the newer result of a2, and three units of b.
    assert groups(whole) == {}


def test_kinds_are_told_apart_where_nobody_is_left_or_five_are() -> None:
    assert set(groups(units("a", 5) + units("b", 5, first_day=10))) == {"a", "b"}
    three = units("a", 6) + units("b", 5, first_day=10) + units("c", 4, first_day=20)
    assert set(groups(three)) == {"a", "b"}


@given(SEALS)
def test_no_answer_and_no_two_answers_isolate_fewer_than_five(seals: list[SealedTotal]) -> None:
    whole, told = set(released(seals)), groups(seals)

    assert not whole or len(whole) >= FEWEST_UNITS
    assert all(len({each.whose for each in group}) >= FEWEST_UNITS for group in told.values())
    assert all(set(group) <= whole or whole - set(group) for group in told.values())
    if told:
        rest = whole.difference(*told.values())
        assert not rest or len(rest) >= FEWEST_UNITS


@given(SEALS)
def test_a_further_seal_changes_a_group_by_five_units_or_not_at_all(
    seals: list[SealedTotal],
) -> None:
    for count in range(len(seals)):
        before, after = set(released(seals[:count])), set(released(seals[: count + 1]))
        changed = {each.whose for each in after - before}
        assert not changed or len(changed) >= FEWEST_UNITS


@given(SEALS, st.randoms(use_true_random=False))
def test_the_order_of_reading_changes_nothing(seals: list[SealedTotal], random: "object") -> None:
    shuffled = list(seals)
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    assert set(released(shuffled)) == set(released(seals))
    assert {kind: set(g) for kind, g in groups(shuffled).items()} == {
        kind: set(g) for kind, g in groups(seals).items()
    }


@given(st.lists(SHARES, min_size=5, max_size=60))
def test_quartiles_are_those_of_two_published_libraries(totals: Sequence[Fraction]) -> None:
    told = distribution(totals)
    quartiles = [told.lower_quartile, told.median, told.upper_quartile]

    assert quartiles == statistics.quantiles(totals, n=4, method="inclusive")
    assert np.allclose(
        [float(each) for each in quartiles],
        np.quantile([float(each) for each in totals], [0.25, 0.5, 0.75]),
    )


def test_a_distribution_of_four_is_refused() -> None:
    with pytest.raises(ValueError, match="4 units"):
        distribution([Fraction(1)] * 4)


def test_a_position_counts_equals_half() -> None:
    totals = [Fraction(n, 10) for n in (1, 2, 2, 3, 4)]

    assert [position(Fraction(n, 10), totals) for n in (0, 2, 4, 5)] == [
        Fraction(0),
        Fraction(2, 5),
        Fraction(9, 10),
        Fraction(1),
    ]
