"""A score report shows total or interval, gaps, warnings and a trace in both languages."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.assessment.catalogue import shipped
from services.assessment.domain import consistency, display, scoring
from services.assessment.domain.loading import load
from services.assessment.domain.model import Model
from services.assessment.domain.report import as_json, report
from services.assessment.schemas.scores import ScoresRequest, ScoresResponse
from tests.domain.assessment.documents import points_document
from tests.domain.assessment.plain_scorer import CELLS


def _halves(number: int) -> Fraction:
    """Half-way between two displayed values."""
    return Fraction(2 * number + 1, 20_000)


def answer(model: Model, ratings: dict[str, Any], target: object = None) -> Any:
    return as_json(report(model, ratings, target))


def item(body: Any, id_: str) -> Any:
    return next(each for each in body["items"] if each["id"] == id_)


def test_below_full_coverage_there_is_an_interval_and_no_total(see_cmm: Model) -> None:
    body = answer(see_cmm, {**dict.fromkeys(CELLS, 4), "business_impact.trend": None}, target=3)

    assert body["total"] is None
    assert (body["attained"]["leadership"], body["attained"]["business_impact"]) == (4, None)
    assert body["percent_to_target"] is None
    assert body["coverage"]["exact"] == "29/30"
    assert body["interval"]["low"]["exact"] == "29/30"
    assert body["interval"]["high"] == {"exact": "1", "value": 1.0, "points": 1000.0, "index": 4.0}
    assert item(body, "business_impact")["interval"]["low"]["exact"] == "4/5"
    assert item(body, "leadership")["exact"] == "1"


def test_nothing_rated_leaves_the_whole_range_open(see_cmm: Model) -> None:
    body = answer(see_cmm, {})

    assert body["coverage"] == {"rated": 0, "applicable": 30, "exact": "0", "value": 0.0}
    assert (body["interval"]["low"]["points"], body["interval"]["high"]["points"]) == (0, 1000)


def test_a_whole_block_not_applicable_leaves_no_total_and_says_so(see_cmm: Model) -> None:
    results = {c: {"na": "new"} for c in CELLS if item_block(see_cmm, c) == "results"}

    body = answer(see_cmm, {**dict.fromkeys(CELLS, 2), **results}, target=2)

    assert (body["total"], body["interval"]) == (None, None)
    assert (body["attained"]["leadership"], body["attained"]["business_impact"]) == (2, None)
    assert item(body, "enablers")["exact"] == "1/3"
    assert [(w["code"], w["item"]) for w in body["warnings"]] == [("no_value", "results")]


def item_block(model: Model, cell: str) -> str | None:
    criterion = model.items[cell].parent
    return model.items[criterion].parent if criterion else None


def test_surplus_in_one_cell_never_pays_for_a_gap_in_another(see_cmm: Model) -> None:
    body = answer(see_cmm, {**dict.fromkeys(CELLS, 4), "leadership.deployed": 1}, target=2)

    assert body["percent_to_target"] == {"exact": "29/30", "value": 0.9667}
    assert body["gaps"] == [
        {
            "item": "leadership.deployed",
            "rating": 1,
            "target": 2,
            "weighted": {"exact": "1/90", "value": 0.0111},
            "points": 11.1111,
        }
    ]


@pytest.mark.parametrize(("target", "share"), [(None, None), (1, "1"), (4, "1/3"), (2, "1")])
def test_percent_to_target_of_level_two_everywhere(
    see_cmm: Model, target: int | None, share: str | None
) -> None:
    body = answer(see_cmm, dict.fromkeys(CELLS, 2), target)

    assert (body["percent_to_target"] or {}).get("exact") == share


@pytest.mark.parametrize(("planned", "deployed", "warned"), [(1, 3, True), (1, 2, False)])
def test_deployment_more_than_one_level_ahead_of_the_plan_is_warned_of(
    see_cmm: Model, planned: int, deployed: int, warned: bool
) -> None:
    ratings = {
        **dict.fromkeys(CELLS, 1),
        "leadership.planned_approach": planned,
        "leadership.deployed": deployed,
    }

    found = [(w["code"], w["item"]) for w in answer(see_cmm, ratings)["warnings"]]

    assert found == ([("deployed_ahead_of_plan", "leadership.deployed")] if warned else [])


def test_rules_about_evidence_apply_once_its_facts_are_known(see_cmm: Model) -> None:
    score = scoring.score(see_cmm, {c: 3 for c in CELLS if c.startswith("business_impact")})
    facts = {"business_impact.trend": {"periods": 3}, "business_impact.cause": {"files": 9}}

    assert consistency.warnings(score) == ()
    assert [(w.code, w.item) for w in consistency.warnings(score, facts)] == [
        ("comparison_without_comparator", "business_impact.comparison"),
        ("cause_without_enabler", "business_impact.cause"),
    ]


def test_trace_leads_from_every_cell_to_the_total_in_both_languages(see_cmm: Model) -> None:
    ratings = {**dict.fromkeys(CELLS, 2), "leadership.deployed": {"na": "分包"}}

    steps = answer(see_cmm, ratings)["trace"]

    assert {step["item"] for step in steps} == set(see_cmm.items)
    said = {step["item"]: step["text"] for step in reversed(steps)}
    assert said["leadership.deployed"] == {
        "zh": "领导力·已经部署到相关领域：不适用（分包）",
        "en": "Leadership, Deployed to relevant areas: not applicable (分包)",
    }
    assert said["leadership"]["en"] == "Leadership = (1/3 + 1/3) / 2 = 1/3"
    assert said["total"]["zh"] == "总分 = (1/3 + 1/3) / 2 = 1/3"
    assert steps[-2]["text"]["en"] == "Points = 1000 × 1/3 = 333.3333"
    assert steps[-1]["text"]["zh"] == "指数 = 1 + 3 × 1/3 = 2.0000"


def test_points_minimum_percentages_and_bands_come_from_the_same_engine() -> None:
    model = load(points_document())

    body = answer(model, {"first": 90, "left": 100, "right": 20}, target=90)

    assert body["total"] == {
        "exact": "69/100",
        "value": 0.69,
        "index": None,
        "points": 69.0,
        "attained": None,
    }
    assert item(body, "weakest")["exact"] == "1/5"
    assert body["band"] == {"id": "high", "title": {"zh": "High（中）", "en": "High"}}
    assert set(body["attained"].values()) == {None}
    assert [gap["item"] for gap in body["gaps"]] == ["right"]
    assert body["trace"][0]["text"]["en"] == "Whole, First: 90%, value 9/10"
    assert body["trace"][3]["text"]["en"] == "Weakest = min(1, 1/5) = 1/5"
    assert body["trace"][4]["text"]["en"] == "Whole = (70 × 9/10 + 30 × 1/5) / 100 = 69/100"


@given(st.fractions(0, 4, max_denominator=10**6) | st.integers(0, 10**5).map(_halves))
def test_what_is_shown_is_rounded_half_to_even(value: Fraction) -> None:
    model = shipped()["see-cmm"]

    assert display.rounded(model, value) == round(value, 4)
    assert display.shown(model, value) == float(round(value, 4))


@pytest.mark.parametrize("level", [None, 2, {"na": "none"}])
def test_the_response_schema_is_what_is_answered(see_cmm: Model, level: object) -> None:
    ratings = {**dict.fromkeys(CELLS, 3), "leadership.deployed": level}

    body = answer(see_cmm, ratings, target=4)

    assert ScoresResponse.model_validate(body, strict=True).model_dump() == body


def test_the_request_example_can_be_scored(see_cmm: Model) -> None:
    example = ScoresRequest.model_json_schema()["examples"][0]

    request = ScoresRequest.model_validate(example)

    assert report(see_cmm, request.ratings, request.target).score.whole.rated == 2


def test_a_request_with_an_unknown_field_is_refused() -> None:
    with pytest.raises(ValidationError):
        ScoresRequest.model_validate({"ratings": {}, "targets": 3})
