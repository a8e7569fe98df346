"""Independent rating: sheets, what they take, and when they are complete."""

import pytest

from tests.services.assessment.assessors import CELLS, NEW, People, everything

CELL = "leadership.deployed"


async def test_an_assessment_is_drafted_and_pinned_to_the_newest_version(people: People) -> None:
    async with people("lea") as lead:
        drafted = await lead.post("/v1/assessments", json={**NEW, "standard": "SEE-CMM-SO"})
        read = await lead.get(f"/v1/assessments/{drafted.json()['id']}")
        listed = await lead.get("/v1/assessments", params={"unit": "service-desk"})
        model = (await lead.get("/v1/models/see-cmm")).json()

    assert drafted.status_code == 201
    body = drafted.json()
    assert (body["status"], body["lead"], body["version"]) == ("draft", "lea", 1)
    assert body["model"] == {"code": "see-cmm", "version": 1, "hash": model["hash"]}
    assert body["target"] == dict.fromkeys(CELLS, 3)
    assert (read.json(), read.headers["etag"]) == (body, '"1"')
    assert listed.json()["items"] == [body]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"model": {"code": "none"}}, "#/model"),
        ({"model": {"code": "see-cmm", "version": 99}}, "#/model"),
        ({"standard": "SEE-CMM-XX"}, "#/standard"),
        ({"target": {"leadership": 9}}, "#/target/leadership"),
        ({"period": "summer"}, "#/period"),
        ({"line": ["max"]}, "#/line"),
    ],
)
async def test_a_draft_that_cannot_be_is_refused_at_its_field(
    people: People, change: dict[str, object], pointer: str
) -> None:
    async with people("lea") as lead:
        answer = await lead.post("/v1/assessments", json={**NEW, **change})
        listed = await lead.get("/v1/assessments")

    assert answer.status_code == 422
    assert pointer in [each["pointer"] for each in answer.json()["errors"]]
    assert listed.json()["items"] == []


async def test_a_sheet_keeps_what_was_rated_and_says_what_is_missing(people: People) -> None:
    path = await people.opened("ann")
    told = {"rating": 3, "comment": "in all branches", "confidence": "high"}

    await people.rate("ann", path, {CELL: told, CELLS[0]: {"na": "no plan is made here"}})
    sheet = (await people.rate("ann", path, {CELLS[2]: 1})).json()

    assert sheet["cells"] == CELLS
    assert sheet["unrated"] == [cell for cell in CELLS if cell not in (CELL, CELLS[0], CELLS[2])]
    kept = {each["cell"]: each for each in sheet["ratings"]}
    assert (kept[CELL]["rating"], kept[CELL]["comment"]) == (3, "in all branches")
    assert kept[CELLS[0]]["rating"] == {"na": "no plan is made here"}


async def test_every_fault_of_a_sheet_is_listed_and_nothing_is_kept(people: People) -> None:
    path = await people.opened("ann")
    ratings = {
        CELL: {"rating": 5},
        CELLS[0]: {"rating": {"na": " "}},
        "leadership": {"rating": 2},
        CELLS[2]: {"rating": 2},
    }
    async with people("ann") as ann:
        answer = await ann.patch(
            f"{path}/sheet", json={"ratings": ratings}, headers={"if-match": '"1"'}
        )
        sheet = (await ann.get(f"{path}/sheet")).json()

    assert answer.status_code == 422
    assert {each["pointer"]: each["code"] for each in answer.json()["errors"]} == {
        f"#/ratings/{CELL}/rating": "outside_scale",
        f"#/ratings/{CELLS[0]}/rating": "reason_missing",
        "#/ratings/leadership": "not_a_cell",
    }
    assert sheet["ratings"] == []


async def test_a_sheet_with_a_gap_cannot_be_submitted_and_one_submitted_cannot_change(
    people: People,
) -> None:
    path = await people.opened("ann")
    await people.rate("ann", path, dict.fromkeys(CELLS[1:], 2))
    async with people("ann") as ann:
        early = await ann.post(f"{path}/sheet/submit", headers={"if-match": '"2"'})
        await people.rate("ann", path, {CELLS[0]: 2})
        await people.submit("ann", path)
        late = await ann.patch(
            f"{path}/sheet",
            json={"ratings": {CELLS[0]: {"rating": 4}}},
            headers={"if-match": '"4"'},
        )

    assert (early.status_code, late.status_code) == (409, 409)
    assert CELLS[0] in early.json()["detail"]


async def test_consensus_waits_for_every_sheet(people: People) -> None:
    path = await people.opened("ann", "bob")
    await people.rate("ann", path, everything(2))
    await people.submit("ann", path)

    answer = await people.attempt("lea", f"{path}/open-consensus")

    assert answer.status_code == 409
    assert answer.json()["detail"] == "Raters who have not submitted yet: bob."


async def test_only_raters_rate_and_only_leads_lead(people: People) -> None:
    path = await people.opened("ann")
    async with people("bob") as bob, people("vic") as vic:
        stranger = await bob.get(f"{path}/sheet")
        viewer = await vic.get(f"{path}/sheet")
        led = await bob.post(f"{path}/open-consensus", headers={"if-match": "*"})

    assert {stranger.status_code, viewer.status_code, led.status_code} == {403}
