"""Krippendorff's alpha: the published tables, another implementation, and where there is none."""

from typing import Any

import krippendorff
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from services.assessment.domain.agreement import Metric, Undefined, agreement, reason_text

_: Any = None
# K. Krippendorff, "Computing Krippendorff's Alpha-Reliability", 2011, parts A, B and C.
MEG_OWEN = [[0, 1, 0, 0, 0, 0, 0, 0, 1, 0], [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]]
BEN_GERRY = [list("aabbdcccedda"), list("babbbccceddd")]
FOUR_OBSERVERS = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, _, _, _],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, _, 3],
    [_, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, _],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, _],
]
# The three coders and fifteen units by which most text books show missing ratings.
THREE_CODERS = [
    [_, _, _, _, _, 3, 4, 1, 2, 1, 1, 3, 3, _, 3],
    [1, _, 2, 1, 3, 3, 4, 3, _, _, _, _, _, _, _],
    [_, _, 2, 1, 3, 4, 4, _, 2, 1, 1, 3, 3, _, 4],
]
TABLES = st.integers(2, 5).flatmap(
    lambda raters: st.integers(2, 12).flatmap(
        lambda units: st.lists(
            st.lists(st.none() | st.integers(0, 4), min_size=units, max_size=units),
            min_size=raters,
            max_size=raters,
        )
    )
)


@pytest.mark.parametrize(
    ("table", "metric", "published"),
    [
        (MEG_OWEN, Metric.NOMINAL, 0.095),
        (BEN_GERRY, Metric.NOMINAL, 0.692),
        (FOUR_OBSERVERS, Metric.NOMINAL, 0.743),
        (FOUR_OBSERVERS, Metric.ORDINAL, 0.815),
        (FOUR_OBSERVERS, Metric.INTERVAL, 0.849),
        (FOUR_OBSERVERS, Metric.RATIO, 0.797),
        (THREE_CODERS, Metric.NOMINAL, 0.691),
        (THREE_CODERS, Metric.ORDINAL, 0.807),
        (THREE_CODERS, Metric.INTERVAL, 0.811),
    ],
)
def test_published_tables_reproduce(table: Any, metric: Metric, published: float) -> None:
    found = agreement(table, metric)

    assert found.alpha == pytest.approx(published, abs=0.0005)
    assert found.alpha == found.alphas[metric]
    assert found.interval is not None
    assert found.interval.low <= published <= found.interval.high


@settings(deadline=None)
@given(TABLES, st.sampled_from(list(Metric)))
def test_random_tables_agree_with_another_implementation(table: Any, metric: Metric) -> None:
    found = agreement(table, metric, resamples=0)
    assume(found.alpha is not None)

    numbers = np.array([[np.nan if v is None else v for v in row] for row in table])
    other = krippendorff.alpha(numbers, level_of_measurement=metric.value)

    assert found.alpha == pytest.approx(float(other), abs=1e-9)


@given(TABLES)
def test_agreement_does_not_depend_on_who_is_who(table: Any) -> None:
    once, again = agreement(table, resamples=0), agreement(table[::-1], resamples=0)

    assert again.pairs == once.pairs
    assert again.alpha == pytest.approx(once.alpha) if once.alpha is not None else True


def test_full_agreement_is_one_and_its_interval_has_no_width() -> None:
    found = agreement([[1, 2, 3, 4], [1, 2, 3, 4]], seed=1)

    assert [found.alpha, found.pairs, found.unanimous] == [1, 1, 1]
    assert found.interval is not None
    assert (found.interval.low, found.interval.high) == (1, 1)


def test_percent_agreement_counts_pairs_and_units() -> None:
    found = agreement([[1, 2, 3], [1, 2, 4], [1, 3, _]], resamples=0)

    # 3 of 3 pairs agree on the first unit, 1 of 3 on the second, 0 of 1 on the third.
    assert (str(found.pairs), str(found.unanimous)) == ("4/7", "1/3")
    assert (found.raters, found.units, found.ratings) == (3, 3, 8)


@pytest.mark.parametrize(
    ("table", "metric", "reason"),
    [
        ([], Metric.ORDINAL, Undefined.TOO_FEW_RATERS),
        ([[1, 2, 3]], Metric.ORDINAL, Undefined.TOO_FEW_RATERS),
        ([[1, 2, 3], [_, _, _]], Metric.ORDINAL, Undefined.TOO_FEW_RATERS),
        ([[1, _, 3], [_, 2, _]], Metric.ORDINAL, Undefined.TOO_FEW_RATERS),
        ([[1, 2], [2, _]], Metric.ORDINAL, Undefined.TOO_FEW_UNITS),
        ([[2, 2, 2], [2, 2, 2]], Metric.ORDINAL, Undefined.NO_VARIANCE),
        ([["a", "b"], ["a", "b"]], Metric.INTERVAL, Undefined.NOT_NUMBERS),
        ([[-1, 2], [1, 2]], Metric.RATIO, Undefined.NEGATIVE),
    ],
)
def test_undefined_agreement_is_none_with_its_reason(
    table: Any, metric: Metric, reason: Undefined
) -> None:
    found = agreement(table, metric)

    assert (found.alpha, found.interval, found.reason) == (None, None, reason)
    assert reason_text(reason).zh
    assert reason_text(reason).en


def test_one_seed_gives_one_interval() -> None:
    def interval(seed: int) -> Any:
        found = agreement(THREE_CODERS, seed=seed).interval
        assert found is not None
        return found

    assert interval(7) == interval(7)
    assert (interval(7).low, interval(7).high) != (interval(8).low, interval(8).high)
    assert interval(7).low < interval(7).high


def test_rows_of_different_lengths_are_no_table() -> None:
    with pytest.raises(ValueError, match="shorter"):
        agreement([[1, 2], [1]])
