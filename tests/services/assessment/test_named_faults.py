"""What a caller got wrong is named where it stands: in the body, the query or the path."""

from typing import Any

import pytest

from tests.services.assessment.assessors import NEW, People


@pytest.mark.parametrize(
    ("path", "parameter"),
    [
        ("/v1/assessments?unit=desk%00", "unit"),
        ("/v1/assessments?period=%00&status=draft", "period"),
        ("/v1/assessments/asm_%00", "assessment_id"),
        ("/v1/models/%00/versions", "code"),
        ("/v1/certificates/%00", "number"),
    ],
)
async def test_a_character_that_cannot_be_stored_is_told_of_its_parameter(
    people: People, path: str, parameter: str
) -> None:
    async with people("lea") as lead:
        answer = await lead.get(path)

    assert answer.status_code == 422
    [error] = answer.json()["errors"]
    assert (error["parameter"], error["code"]) == (parameter, "nul_character")


PRINTED = {"periods": ["2025", "2026"], "values": [1, 2]}


@pytest.mark.parametrize(
    ("path", "body", "pointer", "code"),
    [
        (
            "/v1/evidence/series",
            {
                "title": "Satisfaction",
                "dated_on": "2026-06-30",
                "expires_on": "2026-06-29",
                "series": {"source": "kpi", "series": "satisfaction"},
            },
            "#/expires_on",
            "expires_before_date",
        ),
        ("/v1/assessments", {**NEW, "title": " "}, "#/title", "blank"),
        ("/v1/assessments", {**NEW, "target": 9}, "#/target", "outside_scale"),
        (
            "/v1/evidence/claims/check",
            {"claim": {"target": 1}, "printed": {**PRINTED, "periods": ["2026", "2026"]}},
            "#/printed/periods",
            "period_twice",
        ),
        (
            "/v1/evidence/claims/check",
            {"claim": {"target": 1}, "printed": {**PRINTED, "values": [1]}},
            "#/printed/values",
            "not_pairs",
        ),
    ],
)
async def test_a_fault_is_told_once_and_of_the_field_to_change(
    people: People, path: str, body: dict[str, Any], pointer: str, code: str
) -> None:
    async with people("lea") as lead:
        answer = await lead.post(path, json=body)

    assert answer.status_code == 422
    [error] = answer.json()["errors"]
    assert (error["pointer"], error["code"]) == (pointer, code)
