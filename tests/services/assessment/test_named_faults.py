"""What a caller got wrong is named where it stands: in the body, the query or the path."""

import pytest

from tests.services.assessment.assessors import People


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
