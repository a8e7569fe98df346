"""The published SEE-CMM cases reproduce to the last digit."""

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from services.assessment.domain import display
from services.assessment.domain.model import Model
from services.assessment.domain.report import as_json, report
from tests.domain.assessment.plain_scorer import (
    CELLS,
    ENABLER_ATTRIBUTES,
    ENABLERS,
    RESULT_ATTRIBUTES,
    RESULTS,
)

VECTORS = json.loads(
    (Path(__file__).parents[2] / "fixtures/vectors/see_cmm_scoring.json").read_text("utf-8")
)
V1 = VECTORS["V1"]


def v1_ratings() -> dict[str, Any]:
    rated = {}
    for block, attributes in (("enablers", ENABLER_ATTRIBUTES), ("results", RESULT_ATTRIBUTES)):
        for criterion, levels in V1[block].items():
            for attribute, level in zip(attributes, levels, strict=True):
                rated[f"{criterion}.{attribute}"] = level
    return rated


def answer(model: Model, ratings: dict[str, Any], target: object = None) -> Any:
    return as_json(report(model, ratings, target))


def item(body: Any, id_: str) -> Any:
    return next(each for each in body["items"] if each["id"] == id_)


@pytest.mark.parametrize("case", VECTORS["V0"], ids=lambda case: f"all-{case['all']}")
def test_one_level_everywhere_is_the_end_of_the_range(see_cmm: Model, case: Any) -> None:
    body = answer(see_cmm, dict.fromkeys(CELLS, case["all"]))

    assert body["total"] == {
        "exact": case["total"],
        "value": float(case["total"]),
        "points": case["points"],
        "index": case["index"],
        "attained": case["all"],
    }
    assert body["attained"] == dict.fromkeys(ENABLERS + RESULTS, case["all"])


def test_v1_reproduces_from_cell_to_total(see_cmm: Model) -> None:
    body = answer(see_cmm, v1_ratings())

    assert item(body, "enablers")["exact"] == V1["E"]
    assert item(body, "results")["exact"] == V1["R"]
    assert body["total"]["exact"] == V1["total"]
    assert body["total"]["points"] == V1["points"]
    assert body["total"]["index"] == V1["index"]
    criteria = [item(body, criterion) for criterion in ENABLERS + RESULTS]
    assert [each["index"] for each in criteria] == V1["criterion_index"]
    assert [each["attained"] for each in criteria] == V1["attained_level"]
    assert body["attained"] == dict(zip(ENABLERS + RESULTS, V1["attained_level"], strict=True))


def test_v2_takes_a_cell_out_of_its_own_criterion_only(see_cmm: Model) -> None:
    ratings = {**v1_ratings(), "customer_channel_experience.comparison": {"na": "no peers"}}

    body = answer(see_cmm, ratings)

    assert body["total"]["exact"] == VECTORS["V2"]["total"]
    assert body["total"]["points"] == VECTORS["V2"]["points"]
    assert Fraction(body["total"]["exact"]) != Fraction(38, 87)
    assert body["coverage"] == {"rated": 29, "applicable": 29, "exact": "1", "value": 1.0}


def test_displayed_values_take_halves_to_the_even_digit(see_cmm: Model) -> None:

    assert display.shown(see_cmm, Fraction(12345, 100000)) == 0.1234
    assert display.shown(see_cmm, Fraction(12355, 100000)) == 0.1236
