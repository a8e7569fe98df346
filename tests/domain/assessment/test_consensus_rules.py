"""The rules of consensus: how far apart ratings are, and what a decision then needs."""

from collections.abc import Sequence
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.assessment import catalogue
from services.assessment.domain.cells import rateable, standard
from services.assessment.domain.cells import spread as by_cell
from services.assessment.domain.consensus import must_be_discussed, needs_new_evidence, spread
from services.assessment.domain.model import Scale
from services.assessment.domain.ratings import NotApplicable, Rating
from services.assessment.domain.scoring import score
from services.assessment.domain.sealing import commitment, sealed

MODEL = catalogue.shipped()["see-cmm"]
LEVELS = MODEL.cells["leadership.deployed"]
PERCENT = Scale("percent", {p: Fraction(p, 100) for p in range(0, 101, 5)}, {})
ABSENT = NotApplicable("no branches")

levels = st.integers(1, 4)
said = st.lists(st.one_of(levels, st.just(ABSENT)), min_size=1, max_size=7)


@pytest.mark.parametrize(
    ("ratings", "apart", "discussed"),
    [
        ([2, 2, 2], 0, False),
        ([2, 3], 1, False),
        ([1, 3], 2, True),
        ([1, 2, 4], 3, True),
        ([2, ABSENT], 0, True),
        ([ABSENT, ABSENT], None, False),
    ],
)
def test_ratings_two_levels_apart_are_discussed(
    ratings: Sequence[Rating], apart: int | None, discussed: bool
) -> None:
    assert spread(LEVELS, ratings) == apart
    assert must_be_discussed(LEVELS, ratings) is discussed


@pytest.mark.parametrize(
    ("low", "high", "bands"), [(0, 5, 0), (5, 10, 1), (10, 25, 0), (25, 45, 1), (25, 50, 2)]
)
def test_percentages_are_apart_by_the_bands_of_their_guidelines(
    low: int, high: int, bands: int
) -> None:
    assert spread(PERCENT, [low, high]) == bands
    assert must_be_discussed(PERCENT, [low, high]) is (bands >= 2)


@given(said, levels)
def test_the_order_of_raters_decides_nothing(ratings: list[Rating], decided: int) -> None:
    turned = ratings[::-1]

    assert spread(LEVELS, turned) == spread(LEVELS, ratings)
    assert must_be_discussed(LEVELS, turned) == must_be_discussed(LEVELS, ratings)
    assert needs_new_evidence(turned, decided) == needs_new_evidence(ratings, decided)


@given(said)
def test_what_a_rater_said_never_needs_new_evidence(ratings: list[Rating]) -> None:
    given_levels = {each for each in ratings if isinstance(each, int)}

    assert not any(needs_new_evidence(ratings, level) for level in given_levels)
    inside = range(min(given_levels, default=9), max(given_levels, default=0) + 1)
    outside = {1, 2, 3, 4} - set(inside)
    assert all(needs_new_evidence(ratings, level) for level in outside)


@given(st.lists(levels, min_size=8, max_size=8))
def test_a_quick_rating_scores_as_that_rating_of_every_cell_below(rated: list[int]) -> None:
    quick = rateable(MODEL, True, None)
    ratings = dict(zip(quick, rated, strict=True))

    cells = by_cell(MODEL, ratings, None)

    assert len(quick) == 8
    assert cells.keys() == MODEL.cells.keys()
    scored = score(MODEL, cells).items
    assert all(scored[item].value == Fraction(level - 1, 3) for item, level in ratings.items())


def test_a_standard_without_a_scope_of_its_own_rates_every_cell() -> None:
    outsourcing = standard(MODEL, "SEE-CMM-SO")

    assert outsourcing is not None
    assert rateable(MODEL, False, outsourcing) == MODEL.cells


@given(st.lists(st.text(max_size=8), max_size=6))
def test_a_seal_follows_from_what_is_sealed_in_any_order(contents: list[str]) -> None:
    commitments = [commitment("rating", content, str(n)) for n, content in enumerate(contents)]
    shuffled = sorted(commitments, reverse=True)

    whole = sealed("sha256:m", commitments, {"a": "1", "b": "2"})

    assert whole.hash == sealed("sha256:m", shuffled, {"b": "2", "a": "1"}).hash
    assert whole.hash != sealed("sha256:m", [*commitments, "more"], {"a": "1", "b": "2"}).hash
    assert commitment("rating", 3, "salt") != commitment("rating", 3, "other")
