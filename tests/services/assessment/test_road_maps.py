"""Road maps and report cards over the API."""

from fractions import Fraction
from typing import Any

import pytest

from tests.services.assessment.assessors import CELLS, ENABLERS, RESULTS, People, everything

TREND = "business_impact.trend"
NEW = {"target": 3, "efforts": {"leadership": "0.5", TREND: {"3": 10}}}


async def made(people: People, path: str, body: Any, **headers: str) -> Any:
    async with people("lea") as lead:
        return await lead.post(f"{path}/road-map", json=body, headers=headers)


async def decided(people: People, **other: Any) -> str:
    """The path of an assessment in consensus with every cell decided at 2."""
    path = await people.in_consensus({"ann": everything(2)}, **other)
    await people.decided(path, everything(2))
    return path


async def test_steps_stand_by_gain_for_effort_and_close_the_gap(people: People) -> None:
    path = await decided(people)
    told = (await made(people, path, NEW)).json()

    steps = told["steps"]
    assert len(steps) == 30
    assert {each["item"].split(".")[0] for each in steps[:3]} == {"leadership"}
    assert steps[-1]["item"] == TREND
    assert steps[0]["gain"]["exact"] == "1/90"
    assert (steps[0]["effort"], steps[0]["gain_per_effort"]) == ("1/2", "1/45")
    # Everything at 2 of 4 is a third, the target two thirds, and half of it is reached.
    assert (told["gap"]["exact"], told["percent_to_target"]["exact"]) == ("1/3", "1/2")
    assert steps[-1]["gain_so_far"]["exact"] == "1/3"
    assert sum(Fraction(each["effort"]) for each in steps) == Fraction(steps[-1]["effort_so_far"])
    assert steps[0]["title"]["zh"].startswith("领导力·")


async def test_a_step_becomes_an_action_with_owner_and_date_under_its_etag(
    people: People,
) -> None:
    path = await decided(people)
    step = (await made(people, path, NEW)).json()["steps"][0]
    here = f"{path}/road-map/steps/{step['id']}"
    change = {"action": "Publish it", "owner": "ann", "due_on": "2026-09-30"}
    async with people("lea") as lead, people("ann") as ann, people("bob") as bob:
        missing = await lead.patch(here, json=change)
        given = await lead.patch(here, json=change, headers={"if-match": '"1"'})
        foreign = await bob.patch(here, json={"status": "done"}, headers={"if-match": '"2"'})
        stale = await ann.patch(here, json={"status": "done"}, headers={"if-match": '"1"'})
        done = await ann.patch(here, json={"status": "done"}, headers={"if-match": '"2"'})
        read = await bob.get(here)

    codes = [each.status_code for each in (missing, given, foreign, stale, done)]
    assert codes == [428, 200, 403, 412, 200]
    assert {name: read.json()[name] for name in change} == change
    assert (read.json()["status"], read.headers["etag"]) == ("done", '"3"')


async def test_a_road_map_is_replaced_only_under_its_etag(people: People) -> None:
    path = await decided(people)
    first = await made(people, path, NEW)
    blind = await made(people, path, NEW)
    again = await made(people, path, {"target": {"leadership": 4}}, **{"if-match": '"1"'})
    async with people("vic") as vic:
        read = await vic.get(f"{path}/road-map")

    assert (first.headers["etag"], blind.status_code, again.status_code) == ('"1"', 428, 201)
    assert read.headers["etag"] == '"2"'
    # All steps are alike: they stand in the model's order, each cell level by level.
    assert [each["reached"] for each in read.json()["steps"]] == [3, 4, 3, 4, 3, 4]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "#/target"),
        ({"target": 9}, "#/target"),
        ({"target": 3, "efforts": {"none": 1}}, "#/efforts/none"),
        ({"target": 3, "efforts": {"leadership": 0}}, "#/efforts/leadership"),
        ({"target": 3, "efforts": {"leadership": "NaN"}}, "#/efforts/leadership"),
        ({"target": 3, "efforts": {TREND: {"3": "x"}}}, f"#/efforts/{TREND}/3"),
        ({"target": 3, "efforts": {TREND: {"third": 1}}}, f"#/efforts/{TREND}/third"),
    ],
)
async def test_a_road_map_that_cannot_be_is_refused_at_its_field(
    people: People, body: Any, pointer: str
) -> None:
    path = await people.in_consensus({"ann": everything(2)})
    answer = await made(people, path, body)

    assert answer.status_code == 422
    assert {each["pointer"] for each in answer.json()["errors"]} == {pointer}
    async with people("lea") as lead:
        assert (await lead.get(f"{path}/road-map")).status_code == 404


async def test_a_road_map_has_no_percent_to_target_until_every_cell_is_decided(
    people: People,
) -> None:
    path = await people.in_consensus({"ann": everything(2)})
    await people.decided(path, {TREND: 2})
    early = (await made(people, path, {"target": 3})).json()
    async with people("vic") as vic:
        score = (await vic.get(f"{path}/score")).json()

    assert [each["item"] for each in early["steps"]] == [TREND]
    assert early["percent_to_target"] is score["percent_to_target"] is None


async def test_nothing_is_planned_or_reported_while_rating_is_blind(people: People) -> None:
    path = await people.opened("ann")
    async with people("lea") as lead:
        card = await lead.get(f"{path}/report-card")

    assert ((await made(people, path, NEW)).status_code, card.status_code) == (409, 409)


async def test_the_report_card_ticks_eight_criteria_on_four_levels(people: People) -> None:
    ratings = everything(2) | {"leadership.deployed": 3}
    path = await people.sealed(ratings, target=3)
    async with people("vic") as vic:
        card = (await vic.get(f"{path}/report-card")).json()
        score = (await vic.get(f"{path}/score")).json()

    assert [each["item"] for each in card["rows"]] == [*ENABLERS, *RESULTS]
    assert [each["number"] for each in card["levels"]] == [1, 2, 3, 4]
    assert card["rows"][0]["by_level"] == {
        "1": [],
        "2": ["leadership.planned_approach", "leadership.feedback_mechanism"],
        "3": ["leadership.deployed"],
        "4": [],
    }
    assert {cell["target"] for row in card["rows"] for cell in row["cells"]} == {3}
    assert sum(len(row["cells"]) for row in card["rows"]) == len(CELLS)
    assert card["total"]["exact"] == score["total"]["exact"]
    assert (card["attained"], len(card["gaps"])) == (2, 29)
    assert card["percent_to_target"] == score["percent_to_target"]
