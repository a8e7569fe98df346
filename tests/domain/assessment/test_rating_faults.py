"""Ratings and targets that cannot be used are refused with every fault, each at its place."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.assessment.catalogue import shipped
from services.assessment.domain.faults import InvalidRatingsError
from services.assessment.domain.loading import load
from services.assessment.domain.model import Model
from services.assessment.domain.ratings import NotApplicable, read
from tests.domain.assessment.documents import points_document
from tests.domain.assessment.plain_scorer import CELLS


def faults(model: Model, ratings: object, target: object = None) -> list[tuple[str, str]]:
    with pytest.raises(InvalidRatingsError) as refused:
        read(model, ratings, target)
    return [(fault.pointer, fault.code) for fault in refused.value.faults]


@pytest.mark.parametrize(
    ("rating", "code"),
    [
        (0, "outside_scale"),
        (5, "outside_scale"),
        (-1, "outside_scale"),
        (10**40, "outside_scale"),
        (True, "wrong_type"),
        (3.0, "wrong_type"),
        (math.nan, "wrong_type"),
        (math.inf, "wrong_type"),
        ("3", "wrong_type"),
        ([3], "wrong_type"),
        ({}, "wrong_type"),
        ({"na": "reason", "level": 2}, "wrong_type"),
        ({"na": 1}, "wrong_type"),
        ({"na": "\ud800"}, "wrong_type"),
        ({"na": ""}, "reason_missing"),
        ({"na": "  "}, "reason_missing"),
    ],
)
def test_a_rating_that_is_not_on_the_scale_is_refused_at_its_cell(
    see_cmm: Model, rating: object, code: str
) -> None:
    assert faults(see_cmm, {"leadership.deployed": rating}) == [
        ("/ratings/leadership.deployed", code)
    ]


def test_all_faults_of_ratings_and_target_come_at_once(see_cmm: Model) -> None:
    ratings = {
        "leadership.deployed": 9,
        "leadership": 3,
        "leadership.planned_approach": 3,
        "领导力.已被规划的方法": 3,
        "a/b~c": 1,
        "\ud800": 1,
        "business_impact.trend": {"na": ""},
    }

    found = faults(see_cmm, ratings, {"enablers": 7, "total": True, "nobody": 1})

    assert found == [
        ("/ratings/leadership.deployed", "outside_scale"),
        ("/ratings/leadership", "not_a_cell"),
        ("/ratings/领导力.已被规划的方法", "unknown_item"),
        ("/ratings/a~1b~0c", "unknown_item"),
        ("/ratings/\ufffd", "unknown_item"),
        ("/ratings/business_impact.trend", "reason_missing"),
        ("/target/nobody", "unknown_item"),
        ("/target/enablers", "outside_scale"),
        ("/target/total", "wrong_type"),
    ]


@pytest.mark.parametrize("ratings", [None, [], "3", 3])
def test_ratings_must_be_an_object(see_cmm: Model, ratings: object) -> None:
    assert faults(see_cmm, ratings) == [("/ratings", "wrong_type")]


@pytest.mark.parametrize("target", [0, 5, True, 2.0, "3", [3]])
def test_a_target_for_all_must_be_a_level(see_cmm: Model, target: object) -> None:
    assert [pointer for pointer, _ in faults(see_cmm, {}, target)] == ["/target"]


def test_every_fault_speaks_both_languages(see_cmm: Model) -> None:
    with pytest.raises(InvalidRatingsError) as refused:
        read(see_cmm, {"x": 1, "leadership": 1, "leadership.deployed": 9, CELLS[0]: {"na": ""}})

    assert len(refused.value.faults) == 4
    for fault in refused.value.faults:
        assert any("\u4e00" <= character <= "\u9fff" for character in fault.text.zh)
        assert fault.text.en.isascii()


def test_a_model_may_forbid_not_applicable_and_allow_only_its_steps() -> None:
    model = load(points_document())

    found = faults(model, {"first": {"na": "no"}, "left": 52, "right": 105})

    assert found == [
        ("/ratings/first", "not_applicable_forbidden"),
        ("/ratings/left", "outside_scale"),
        ("/ratings/right", "outside_scale"),
    ]


def test_null_is_unrated_and_a_reason_is_kept_without_blanks(see_cmm: Model) -> None:
    ratings, target = read(see_cmm, {CELLS[0]: None, CELLS[1]: {"na": " none yet "}, CELLS[2]: 4})

    assert ratings == {CELLS[1]: NotApplicable("none yet"), CELLS[2]: 4}
    assert target == {}


def test_the_most_specific_target_wins_and_null_clears(see_cmm: Model) -> None:
    _, target = read(
        see_cmm, {}, {"leadership.deployed": 4, "leadership": 2, "total": 1, "results": None}
    )

    assert target["leadership.deployed"] == 4
    assert target["leadership.planned_approach"] == 2
    assert target["policy_strategy.deployed"] == 1
    assert "business_impact.trend" not in target


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.just("na"), inner),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(CELLS) | st.text(), JSON), JSON)
def test_anything_is_either_read_or_refused_with_faults(
    ratings: dict[str, Any], target: Any
) -> None:
    model = shipped()["see-cmm"]

    try:
        known, _ = read(model, ratings, target)
    except InvalidRatingsError as refused:
        found = refused.faults
    else:
        found = ()

    assert found or set(known) <= set(CELLS)
