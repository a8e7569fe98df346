"""Advice is made by the worker, and decided by the owner of the process or whoever stands in."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from deploy.local.sample import incidents
from services.commitments.operations.waking import wake_next
from tests.builders import every_item, published
from tests.conftest import Provide
from tests.services.commitments.governed import Organisation, organisation
from tests.services.commitments.sample import fold_rows

SOON = timedelta(minutes=1)
MATCH = {"if-match": "*"}
EVERYTHING = {"tighten_at": "0.95", "improve_below": "0.95", "least_runs": 1}


async def advised(org: Organisation, at: datetime) -> dict[str, dict[str, Any]]:
    """What the worker proposes of the sample's first weeks, by promise."""
    await fold_rows(org.service, incidents.events()[:1200])
    while await wake_next(org.service.store, at, mails=False):
        pass
    made = await org.service.rows("SELECT id FROM advice")
    items = await every_item(org.client, "/v1/advice", process="incident")
    assert {row["id"] for row in made} >= {item["id"] for item in items}
    return {item["promise"]: dict(item) for item in items}


async def told(org: Organisation, fact: str) -> list[dict[str, Any]]:
    rows = await org.service.rows(
        "SELECT body FROM outbox WHERE subject LIKE $1 ORDER BY id", f"%.{fact}.%"
    )
    return [json.loads(row["body"]) for row in rows]


async def test_the_worker_advises_by_itself_and_the_owner_opens_an_improvement_plan(
    service: Provide,
) -> None:
    now = datetime.now(UTC) + SOON
    async with organisation(service) as org:
        settings = "/v1/advice-settings?process=incident"
        mine = await org.client.patch(settings, json=EVERYTHING, headers={"if-match": '"0"'})
        general = (await org.client.get("/v1/advice-settings")).json()
        nowhere = await org.client.patch(
            "/v1/advice-settings?process=nothing", json={}, headers=MATCH
        )
        items = await advised(org, now)
        made = await told(org, "advice_made")
        improve = next(item for item in items.values() if item["kind"] == "improve")
        path = f"/v1/advice/{improve['id']}"
        async with org.calling("stranger") as stranger, org.calling("owner") as owner:
            refused = await stranger.post(f"{path}/accept", json={}, headers=MATCH)
            unmatched = await owner.post(f"{path}/accept", json={})
            body = {"plan": {"goal": "Nine of ten"}, "reason": "It hurts"}
            accepted = await owner.post(f"{path}/accept", json=body, headers=MATCH)
            again = await owner.post(f"{path}/accept", json=body, headers=MATCH)
        history = (await org.client.get(f"{path}/history")).json()["items"]
        plan_path = f"/v1/improvement-plans/{accepted.json()['improvement_plan']}"
        plan = (await org.client.get(plan_path)).json()
        (decided,) = await told(org, "advice_decided")
    assert (mine.json()["process"], mine.json()["improve_below"]) == ("incident", "0.95")
    assert (general["process"], general["improve_below"], nowhere.status_code) == (
        None,
        "0.10",
        404,
    )
    assert {each["advice_id"] for each in made} == {item["id"] for item in items.values()}
    assert (refused.status_code, unmatched.status_code, again.status_code) == (403, 428, 409)
    assert (accepted.json()["status"], accepted.json()["drafted_promise_id"]) == ("accepted", None)
    assert (plan["owner"], plan["process"], plan["goal"]) == (
        *(org.people["owner"], "incident", "Nine of ten"),
    )
    assert improve["id"] in plan["reason"]
    worst = improve["findings"]["departments"][0]["name"]
    assert any(worst in action["what"] for action in plan["actions"])
    for said in (plan["title"], plan["reason"], *(action["what"] for action in plan["actions"])):
        zh, en = said.split("/ ")
        assert any("一" <= letter <= "鿿" for letter in zh)
        assert en.isascii()
    assert {action["owner"] for action in plan["actions"]} == {org.people["owner"]}
    assert history[0]["capacity"]["office"] == "owner"
    assert (decided["decision"], decided["improvement_plan"]) == ("accepted", plan["id"])


async def test_a_tighter_promise_is_published_at_once_or_refused_with_what_keeps_it_a_draft(
    service: Provide,
) -> None:
    now = datetime.now(UTC) + SOON
    async with organisation(service) as org:
        await org.client.patch("/v1/advice-settings", json={"least_runs": 1}, headers=MATCH)
        items = await advised(org, now)
        tight = next(item for item in items.values() if item["kind"] == "tighten")
        path = f"/v1/advice/{tight['id']}"
        ended = {"publish": True, "valid_from": "2029-01-01T00:00:00Z"}
        async with org.calling("owner") as owner:
            unending = await owner.post(f"{path}/accept", json=ended, headers=MATCH)
            open_still = (await owner.get(path)).json()
            accepted = await owner.post(f"{path}/accept", json={"publish": True}, headers=MATCH)
        drafted = accepted.json()["drafted_promise_id"]
        promise = (await org.client.get(f"/v1/promises/{drafted}")).json()
        drafts = await every_item(org.client, "/v1/promises", status="draft")
        (event,) = await told(org, "advice_decided")
    assert unending.status_code == 422
    assert [e["code"] for e in unending.json()["errors"]] == ["time_based_validity_missing"]
    assert (open_still["status"], open_still["drafted_promise_id"], drafts) == ("open", None, [])
    assert (promise["status"], promise["version"]) == ("published", 2)
    assert promise["commitment_seconds"] == tight["proposed"]["commitment_seconds"]
    assert promise["expected_attainment"]["within_commitment"] > 0
    assert (event["drafted_promise_id"], event["decision"]) == (drafted, "accepted")


async def test_reading_another_period_changes_nothing_that_the_owner_sees(
    service: Provide,
) -> None:
    odd = {"from": "2016-02-10T00:00:00Z", "to": "2017-06-03T07:00:00Z"}
    async with organisation(service) as org:
        await org.client.patch("/v1/advice-settings", json={"least_runs": 1}, headers=MATCH)
        before = await advised(org, datetime.now(UTC) + SOON)
        async with org.service.client("demo", "viewer") as viewer:
            read = await every_item(viewer, "/v1/advice", **odd)
            absent = await viewer.get(f"/v1/advice/{read[0]['id']}")
            body = {"process": "incident", "period_from": odd["from"], "period_to": odd["to"]}
            forbidden = await viewer.post("/v1/advice", json=body)
        after = {each["promise"]: each for each in await every_item(org.client, "/v1/advice")}
        backwards = await org.client.post(
            "/v1/advice", json={**body, "period_to": "2016-01-01T00:00:00Z"}
        )
        unknown = await org.client.post("/v1/advice", json={**body, "process": "nothing"})
        async with org.calling("owner") as owner:
            made = await owner.post("/v1/advice", json=body)
    assert (after, absent.status_code, forbidden.status_code) == (before, 404, 403)
    assert {each["revision"] for each in read} == {0}
    assert [e["pointer"] for e in backwards.json()["errors"]] == ["#/period_to"]
    assert [e["pointer"] for e in unknown.json()["errors"]] == ["#/process"]
    assert [each["id"] for each in made.json()["items"]] == [each["id"] for each in read]
    assert {each["status"] for each in made.json()["items"]} == {"open"}


async def test_a_proposal_that_newer_runs_supersede_says_by_which(service: Provide) -> None:
    february = {"from": "2016-02-01T00:00:00Z", "to": "2016-03-01T00:00:00Z"}
    march = {"from": "2016-03-01T00:00:00Z", "to": "2016-04-01T00:00:00Z"}
    async with organisation(service) as org:
        await org.client.patch("/v1/advice-settings", json={"least_runs": 1}, headers=MATCH)
        await fold_rows(org.service, incidents.events()[:2500])
        for period in (february, march):
            body = {"process": "incident", "period_from": period["from"], "period_to": period["to"]}
            assert (await org.client.post("/v1/advice", json=body)).status_code == 201
        old = await every_item(org.client, "/v1/advice", **february)
        new = await every_item(org.client, "/v1/advice", **march)
        after = {
            item["id"]: (await org.client.get(f"/v1/advice/{item['id']}")).json() for item in old
        }
        late = await org.client.post(
            f"/v1/advice/{old[0]['id']}/decline", json={"reason": "no"}, headers=MATCH
        )
    by_promise = {item["promise"]: item["id"] for item in new}
    assert old
    assert new
    for item in old:
        found = after[item["id"]]
        assert found["superseded_by"] == by_promise.get(item["promise"])
        assert (found["status"], found["superseded_at"] is not None) == ("superseded", True)
    assert late.status_code == 409


async def test_improvement_without_anybody_to_own_the_plan_is_refused_naming_the_field(
    service: Provide,
) -> None:
    now = datetime.now(UTC) + SOON
    async with organisation(service) as org:
        definition = {**incidents.process(), "code": "other"}
        await org.made("/v1/processes", definition)
        promise = {**next(incidents.promises()), "code": "other", "process": "other"}
        await published(org.client, promise)
        await org.client.patch("/v1/advice-settings", json=EVERYTHING, headers=MATCH)
        improve = next(i for i in (await advised(org, now)).values() if i["kind"] == "improve")
        await org.service.rows("UPDATE advice SET process = 'other' WHERE id = $1", improve["id"])
        path = f"/v1/advice/{improve['id']}/accept"
        nobody = await org.client.post(path, json={}, headers=MATCH)
        named = {"plan": {"owner": org.people["head"], "actions": []}}
        accepted = await org.client.post(path, json=named, headers=MATCH)
        plan_path = f"/v1/improvement-plans/{accepted.json()['improvement_plan']}"
        plan = (await org.client.get(plan_path)).json()
    assert [error["pointer"] for error in nobody.json()["errors"]] == ["#/plan/owner"]
    assert (plan["owner"], plan["actions"]) == (org.people["head"], [])
