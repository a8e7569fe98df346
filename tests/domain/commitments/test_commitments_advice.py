"""Advice at its thresholds, and the tightest limit that a distribution supports."""

from datetime import timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.commitments.domain.advice import Kind, Thresholds, advised, supported, tightened

TIMES = st.lists(
    st.integers(0, 10**12).map(lambda n: timedelta(microseconds=n)), min_size=1, max_size=200
)
STEPS = st.integers(1, 86_400).map(lambda n: timedelta(seconds=n))


@pytest.mark.parametrize(
    ("normal", "completed", "kind"),
    [
        (9, 10, Kind.TIGHTEN),
        (899, 1000, None),
        (10, 10, Kind.TIGHTEN),
        (1, 10, None),
        (99, 1000, Kind.IMPROVE),
        (0, 5, Kind.IMPROVE),
        (0, 4, None),
        (0, 0, None),
    ],
)
def test_advice_is_given_from_ninety_per_cent_and_below_ten(
    normal: int, completed: int, kind: Kind | None
) -> None:
    assert advised(normal, completed, Thresholds()) == kind


@given(TIMES, st.fractions(0, 1), STEPS)
def test_a_supported_limit_is_kept_by_the_share_and_no_shorter_one_is(
    times: list[timedelta], share: Fraction, step: timedelta
) -> None:
    found = supported(times, share, step)

    assert found.attainment == Fraction(sum(t <= found.limit for t in times), len(times))
    assert found.attainment >= share
    assert found.limit % step == timedelta(0)
    shorter = found.limit - step
    kept = Fraction(sum(t <= shorter for t in times), len(times))
    assert found.limit == step or kept < share or share == 0


@given(TIMES, st.integers(0, 10**6).map(lambda n: timedelta(seconds=n)))
def test_a_proposal_is_always_tighter_than_what_is_promised(
    times: list[timedelta], commitment: timedelta
) -> None:
    found = tightened(times, commitment, Thresholds())

    assert found is None or found.limit < commitment
