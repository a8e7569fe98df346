"""A model says whether it assesses a person or a unit, and only such are assessed with it."""

import copy
from typing import Any

import pytest

from services.assessment.schemas.model_example import SMALL_MODEL
from tests.services.assessment.assessors import NEW, People

OWN = {**SMALL_MODEL, "code": "skills-of-agents", "assesses": "person"}
MAY = {"unit": {"kind": "person", "code": "may"}, "line": ["boss"]}


async def uploaded(people: People, document: dict[str, Any]) -> dict[str, Any]:
    async with people("lea") as lead:
        answer = await lead.post("/v1/models", json=document)
    assert answer.status_code == 201, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def test_the_catalogue_tells_which_models_assess_a_person(people: People) -> None:
    own = await uploaded(people, OWN)
    async with people("vic") as viewer:
        listed = (await viewer.get("/v1/models")).json()["items"]
        whole = (await viewer.get("/v1/models/skills-of-agents/versions/1")).json()

    assert (own["assesses"], whole["assesses"]) == ("person", "person")
    assert {each["code"] for each in listed if each["assesses"] == "person"} == {
        "skills-of-agents",
        *(f"see-cmm-sp-{kind}" for kind in ("manager", "supervisor", "staff")),
    }


async def test_what_a_model_assesses_is_part_of_its_content(people: People) -> None:
    of_people = await uploaded(people, OWN)
    of_units = await uploaded(people, {**OWN, "assesses": "unit"})

    assert (of_people["version"], of_units["version"]) == (1, 2)
    assert of_people["hash"] != of_units["hash"]


@pytest.mark.parametrize("told", ["people", 1, ["person"]])
async def test_a_model_assesses_a_person_or_a_unit(people: People, told: object) -> None:
    async with people("lea") as lead:
        answer = await lead.post("/v1/models", json={**copy.deepcopy(OWN), "assesses": told})

    assert answer.status_code == 422
    assert [each["pointer"] for each in answer.json()["errors"]] == ["#/assesses"]


@pytest.mark.parametrize(
    ("model", "unit", "code"),
    [
        ("skills-of-agents", {}, "not_a_person"),
        ("see-cmm-sp-manager", {}, "not_a_person"),
        ("see-cmm", MAY, "not_a_unit"),
        ("service-desk", MAY, "not_a_unit"),
    ],
)
async def test_a_person_is_assessed_with_a_model_of_people_and_a_unit_with_another(
    people: People, model: str, unit: dict[str, Any], code: str
) -> None:
    for document in (OWN, SMALL_MODEL):
        await uploaded(people, document)
    async with people("lea") as lead:
        answer = await lead.post("/v1/assessments", json={**NEW, **unit, "model": {"code": model}})

    assert answer.status_code == 422
    assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [("#/unit/kind", code)]


async def test_an_assessment_with_a_customers_model_of_people_is_private(people: People) -> None:
    await uploaded(people, OWN)
    path = await people.opened("ann", **MAY, model={"code": "skills-of-agents"})
    seen = {}
    for subject in ("may", "boss", "lea", "ann", "rex", "adam", "vic", "bob"):
        async with people(subject) as caller:
            seen[subject] = (await caller.get(path)).status_code

    assert {subject for subject, status in seen.items() if status == 200} == {
        *("may", "boss", "lea", "ann", "rex")
    }
    assert not await people.service.rows("SELECT 1 FROM outbox")


async def test_an_assessment_never_moves_to_a_version_that_assesses_something_else(
    people: People,
) -> None:
    await uploaded(people, OWN)
    path = await people.drafted("ann", **MAY, model={"code": "skills-of-agents"})
    await uploaded(people, {**OWN, "assesses": "unit"})
    answer = await people.attempt("lea", f"{path}/migrations", {"version": 2})

    assert answer.status_code == 422
    assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [
        ("#/version", "other_kind")
    ]
