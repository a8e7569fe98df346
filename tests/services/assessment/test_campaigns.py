"""A campaign over a grid of units: invitations, reminders, progress and results."""

import asyncio
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.assessment.operations.reminders import remind_raters
from tests.services.assessment.assessors import CELLS, People, everything

NEW: dict[str, Any] = {
    "title": "Service maturity 2026",
    "model": {"code": "see-cmm"},
    "period": "2026",
    "deadline": "2190-06-30T18:00:00+08:00",
    "reviewer": "rex",
    "raters": ["ann"],
    "units": [
        {"kind": "organisation_unit", "code": "desk", "raters": ["bob"]},
        {"kind": "process", "code": "incident"},
        {"kind": "functional_area", "code": "voice", "raters": ["rex"]},
    ],
}


async def created(people: People, **other: Any) -> str:
    """The path of a new campaign."""
    async with people("lea") as lead:
        answer = await lead.post("/v1/campaigns", json={**NEW, **other})
    assert answer.status_code == 201, answer.text
    return f"/v1/campaigns/{answer.json()['id']}"


async def progress(people: People, campaign: str, subject: str = "lea") -> dict[str, Any]:
    async with people(subject) as caller:
        items = (await caller.get(f"{campaign}/progress")).json()["items"]
    return {each["code"]: each for each in items}


async def sealed(people: People, campaign: str, unit: str, level: int) -> None:
    """Take one unit of the campaign, with two raters at most, to its seal."""
    told = (await progress(people, campaign))[unit]
    path = f"/v1/assessments/{told['assessment']}"
    for rater in told["raters"]:
        await people.rate(rater["subject"], path, everything(level))
        await people.submit(rater["subject"], path)
    await people.step("lea", f"{path}/open-consensus")
    await people.decided(path, everything(level))
    await people.step("lea", f"{path}/open-review")
    await people.step("rex", f"{path}/confirm")
    await people.step("lea", f"{path}/seal")


async def reminded(people: People) -> list[dict[str, Any]]:
    rows = await people.service.rows(
        "SELECT body FROM outbox WHERE subject LIKE '%raters_reminded%' ORDER BY id"
    )
    return [json.loads(row["body"]) for row in rows]


async def test_a_campaign_opens_an_assessment_for_every_place_in_its_grid(people: People) -> None:
    campaign = await created(people)
    told = await progress(people, campaign)

    raters = {unit: [each["subject"] for each in row["raters"]] for unit, row in told.items()}
    assert raters == {"desk": ["ann", "bob"], "incident": ["ann"], "voice": ["ann"]}
    assert {row["status"] for row in told.values()} == {"rating"}
    async with people("ann") as ann:
        mine = (await ann.get("/v1/assessments", params={"rater": "ann"})).json()["items"]
        sheet = await ann.get(f"/v1/assessments/{told['desk']['assessment']}/sheet")
    assert len(mine) == 3
    assert sheet.json()["unrated"] == CELLS
    opened = await people.service.rows(
        "SELECT 1 FROM outbox WHERE subject LIKE '%assessment_opened%'"
    )
    assert len(opened) == 3


async def test_hundreds_of_units_are_opened_in_one_request(people: People) -> None:
    units = [{"kind": "process", "code": f"p-{number}"} for number in range(300)]
    campaign = await created(people, units=units, raters=["ann", "bob", "cai"])

    assert len(await progress(people, campaign)) == 300
    (row,) = await people.service.rows("SELECT count(*) FROM assessment_rater")
    assert row[0] == 900


async def test_progress_tells_who_has_submitted_to_leads_and_nothing_of_ratings(
    people: People,
) -> None:
    campaign = await created(people)
    path = f"/v1/assessments/{(await progress(people, campaign))['desk']['assessment']}"
    await people.rate("ann", path, everything(4))
    before = await progress(people, campaign)
    await people.submit("ann", path)
    after = await progress(people, campaign)

    def submitted(told: dict[str, Any]) -> list[Any]:
        return [each["submitted"] for each in told["desk"]["raters"]]

    assert (submitted(before), submitted(after)) == ([False, False], [True, False])
    assert submitted(await progress(people, campaign, "bob")) == [None, None]
    assert set(after["desk"]) == {"kind", "code", "assessment", "status", "raters"}


async def test_each_reminder_is_told_once_whoever_else_is_at_work(people: People) -> None:
    deadline = datetime.now(UTC) + timedelta(days=10)
    campaign = await created(people, deadline=deadline.isoformat(), remind_days=[7, 1, 30])
    told = await progress(people, campaign)
    desk = f"/v1/assessments/{told['desk']['assessment']}"
    await people.rate("ann", desk, everything(2))
    await people.submit("ann", desk)
    store = people.service.store

    assert await remind_raters(store, deadline - timedelta(days=8)) is False
    week = deadline - timedelta(days=6)
    await asyncio.gather(*(remind_raters(store, week) for _ in range(4)))
    after_a_week = await reminded(people)
    while await remind_raters(store, deadline):
        pass

    waited = {each["unit"]: each["raters"] for each in after_a_week}
    assert waited == {"desk": ["bob"], "incident": ["ann"], "voice": ["ann"]}
    assert Counter(each["days_left"] for each in await reminded(people)) == {7: 3, 1: 3, 0: 3}


async def test_a_worker_tells_what_is_due(people: People) -> None:
    await created(people)
    await people.service.rows("UPDATE campaign_reminder SET due_at = now() WHERE days_left = 0")
    worker = people.service.worker()
    try:
        for _ in range(300):
            if len(told := await reminded(people)) == 3:
                break
            await asyncio.sleep(0.1)
    finally:
        worker.ask_to_stop()
        worker.wait_or_kill(20)

    assert [each["days_left"] for each in told] == [0, 0, 0]


async def test_a_moved_deadline_moves_its_reminders_and_a_closed_campaign_has_none(
    people: People,
) -> None:
    campaign = await created(people)
    async with people("lea") as lead:
        body = {"deadline": "2190-07-31T00:00:00Z", "remind_days": [2]}
        assert (await lead.patch(campaign, json=body)).status_code == 428
        moved = await lead.patch(campaign, json=body, headers={"if-match": '"1"'})
        stale = await lead.patch(campaign, json=body, headers={"if-match": '"1"'})
        planned = await people.service.rows("SELECT due_at FROM campaign_reminder ORDER BY 1")
        closed = await lead.post(f"{campaign}/close", headers={"if-match": '"2"'})
        again = await lead.post(f"{campaign}/close", headers={"if-match": '"3"'})
        listed = (await lead.get("/v1/campaigns", params={"status": "closed"})).json()["items"]

    assert (moved.status_code, stale.status_code) == (200, 412)
    assert [row["due_at"].isoformat()[:10] for row in planned] == ["2190-07-29", "2190-07-31"]
    assert (closed.json()["status"], again.status_code) == ("closed", 409)
    assert [each["id"] for each in listed] == [campaign.rpartition("/")[2]]
    assert await people.service.rows("SELECT 1 FROM campaign_reminder") == []


async def test_an_invitation_is_passed_on_by_the_invited_or_a_lead(people: People) -> None:
    campaign = await created(people)
    desk = (await progress(people, campaign))["desk"]["assessment"]
    place = f"{campaign}/assessments/{desk}/raters/bob/delegate"
    async with people("bob") as bob, people("ann") as ann, people("lea") as lead:
        tag = {"if-match": (await bob.get(f"/v1/assessments/{desk}")).headers["etag"]}
        foreign = await ann.post(place, json={"to": "ann"}, headers=tag)
        taken = await bob.post(place, json={"to": "ann"}, headers=tag)
        bare = await bob.post(place, json={"to": "cai"})
        passed = await bob.post(place, json={"to": "cai"}, headers=tag)
        gone = await lead.post(place, json={"to": "dee"}, headers=tag)
        sheet = await bob.get(f"/v1/assessments/{desk}/sheet")

    codes = [each.status_code for each in (foreign, taken, bare, passed, gone, sheet)]
    assert codes == [403, 409, 428, 204, 404, 403]
    told = (await progress(people, campaign))["desk"]["raters"]
    assert [each["subject"] for each in told] == ["ann", "cai"]
    (kept,) = await people.service.rows("SELECT * FROM campaign_delegation")
    assert (kept["delegated_from"], kept["delegated_to"], kept["by"]) == ("bob", "cai", "bob")


async def test_results_of_a_campaign_are_ranked_and_set_off_an_earlier_one(
    people: People,
) -> None:
    units = [{"kind": "process", "code": code} for code in ("a", "b")]
    before = await created(people, units=units, period="2025")
    await sealed(people, before, "a", 2)
    now = await created(people, units=units)
    await sealed(people, now, "a", 3)
    query = {"baseline": before.rpartition("/")[2]}
    async with people("vic") as vic:
        told = (await vic.get(f"{now}/results", params=query)).json()

    assert [each["total"]["exact"] for each in told["results"]] == ["2/3"]
    assert told["pending"] == 1
    (change,) = told["changes"]
    assert change["items"][0] == {"item": "total", "exact": "1/3", "value": 0.3333}
    assert told["left_out"] == []


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"units": []}, "#/units"),
        ({"units": [{"kind": "person", "code": "pat"}]}, "#/units/0/kind"),
        ({"units": [{"kind": "process", "code": "a"}] * 2}, "#/units/1"),
        ({"deadline": "2020-01-01T00:00:00Z"}, "#/deadline"),
        ({"deadline": "2190-01-01T00:00:00"}, "#/deadline"),
        ({"remind_days": [0]}, "#/remind_days/0"),
        ({"model": {"code": "none"}}, "#/model"),
        ({"target": {"leadership": 9}}, "#/target/leadership"),
        ({"standard": "NONE"}, "#/standard"),
    ],
)
async def test_a_campaign_that_cannot_be_creates_nothing(
    people: People, change: dict[str, Any], pointer: str
) -> None:
    async with people("lea") as lead:
        answer = await lead.post("/v1/campaigns", json={**NEW, **change})

    assert answer.status_code == 422
    assert {each["pointer"] for each in answer.json()["errors"]} == {pointer}
    assert await people.service.rows("SELECT 1 FROM assessment") == []


async def test_only_a_lead_creates_a_campaign_and_another_tenant_sees_none(
    people: People,
) -> None:
    campaign = await created(people)
    async with people("ann") as ann, People(people.service, "rival")("lea") as rival:
        assert (await ann.post("/v1/campaigns", json=NEW)).status_code == 403
        assert (await rival.get(campaign)).status_code == 404
        assert (await rival.get(f"{campaign}/progress")).status_code == 404
