"""Promises: every failed letter is listed, versions follow each other, old runs keep theirs."""

from datetime import UTC, datetime
from typing import Any

import httpx

from services.commitments.operations.deliveries import fold_pending
from tests.builders import incident_process, published, ticket
from tests.conftest import Provide

NOW = datetime(2026, 1, 1, tzinfo=UTC)
BARE = {"code": "p", "process": "incident", "node": "accept", "calendar": "always"}
COMPLETE: dict[str, Any] = {
    **BARE,
    "segment": "employees",
    "commitment_seconds": 3600,
    "tolerance_seconds": 7200,
    "valid_from": "2030-01-01T00:00:00Z",
    "valid_until": "2031-01-01T00:00:00Z",
    "objective": "C2",
    "customer_agreement": {"agreed_by": "Users' council", "agreed_on": "2029-12-01"},
}
PAST = {"valid_from": "2017-01-01T00:00:00Z", "valid_until": "2027-01-01T00:00:00Z"}
MISSING = [
    ("#/segment", "specific_segment_missing"),
    ("#/commitment_seconds", "measurable_duration_missing"),
    ("#/tolerance_seconds", "measurable_duration_missing"),
    ("#/customer_agreement", "attainable_agreement_missing"),
    ("#/objective", "relevant_objective_missing"),
    ("#/commitment_seconds", "time_based_limit_missing"),
    ("#/tolerance_seconds", "time_based_limit_missing"),
    ("#/valid_from", "time_based_validity_missing"),
    ("#/valid_until", "time_based_validity_missing"),
]


async def draft(client: httpx.AsyncClient, body: dict[str, Any]) -> dict[str, Any]:
    answer = await client.post("/v1/promises", json=body)
    assert answer.status_code == 201, answer.text
    row: dict[str, Any] = answer.json()
    return row


def faults(answer: httpx.Response) -> list[tuple[str, str]]:
    assert answer.status_code == 422, answer.text
    return [(error["pointer"], error["code"]) for error in answer.json()["errors"]]


async def test_a_promise_that_is_not_smart_lists_every_letter_in_both_languages(
    service: Provide,
) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        await incident_process(client)
        bare = await draft(client, BARE)
        path = f"/v1/promises/{bare['id']}/publish"
        refused = await client.post(path)
        async with commitments.client(language="zh") as chinese:
            said = await chinese.post(path)
        after = (await client.get(f"/v1/promises/{bare['id']}")).json()
    assert faults(refused) == MISSING
    assert refused.json()["failed_letters"] == list("SMART")
    assert [error["detail"][0] for error in said.json()["errors"]] == list("SMMARTTTT")
    assert all(error["detail"].endswith("。") for error in said.json()["errors"])
    assert after["status"] == "draft"


async def test_a_draft_is_mended_under_its_etag_and_then_published(service: Provide) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        await incident_process(client)
        created = await client.post("/v1/promises", json=BARE)
        path = f"/v1/promises/{created.json()['id']}"
        unconditional = await client.put(path, json=COMPLETE)
        mended = await client.put(
            path, json=COMPLETE, headers={"if-match": created.headers["etag"]}
        )
        stale = await client.put(path, json=COMPLETE, headers={"if-match": created.headers["etag"]})
        published_once = await client.post(f"{path}/publish")
        published_twice = await client.post(f"{path}/publish")
        late = await client.put(
            path, json=COMPLETE, headers={"if-match": published_once.headers["etag"]}
        )
    assert (unconditional.status_code, stale.status_code, late.status_code) == (428, 412, 409)
    assert mended.json()["commitment_seconds"] == 3600
    assert published_once.json()["status"] == "published"
    assert published_once.json() == published_twice.json()


async def test_the_code_of_a_published_promise_drafts_its_next_version(service: Provide) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        await incident_process(client)
        first = await published(client, COMPLETE)
        body = {**COMPLETE, "commitment_seconds": 1800, "valid_from": "2030-07-01T00:00:00Z"}
        second = await draft(client, body)
        refused = await client.post("/v1/promises", json=body)
        while_open = (await client.get(f"/v1/promises/{first['id']}")).json()
        await client.post(f"/v1/promises/{second['id']}/publish")
        ended = (await client.get(f"/v1/promises/{first['id']}")).json()
        listed = (await client.get("/v1/promises", params={"code": "p"})).json()["items"]
    assert refused.status_code == 409
    assert second["id"] in refused.json()["detail"]
    assert (second["version"], second["id"] != first["id"]) == (2, True)
    assert while_open == first
    assert ended == {**first, "valid_until": body["valid_from"], "revision": first["revision"] + 1}
    assert [(row["version"], row["status"]) for row in listed] == [
        (1, "published"),
        (2, "published"),
    ]


async def test_a_draft_that_is_given_up_makes_room_for_the_next(service: Provide) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        await incident_process(client)
        first = await published(client, COMPLETE)
        given_up = await draft(client, COMPLETE)
        path = f"/v1/promises/{given_up['id']}"
        withdrawn = await client.post(f"{path}/withdraw")
        again = await client.post(f"{path}/withdraw")
        too_late = await client.post(f"{path}/publish")
        of_published = await client.post(f"/v1/promises/{first['id']}/withdraw")
        third = await published(client, COMPLETE)
        in_force = (await client.get("/v1/promises?code=p&status=published")).json()["items"]
    assert withdrawn.json()["status"] == again.json()["status"] == "withdrawn"
    assert (too_late.status_code, of_published.status_code) == (409, 409)
    assert third["version"] == 3
    assert [(row["version"], row["valid_until"]) for row in in_force] == [
        (1, COMPLETE["valid_from"]),
        (3, COMPLETE["valid_until"]),
    ]


async def test_a_next_version_cannot_begin_earlier_or_be_about_something_else(
    service: Provide,
) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        await incident_process(client)
        await published(client, COMPLETE)
        elsewhere = await client.post("/v1/promises", json={**COMPLETE, "node": "resolve"})
        second = await draft(client, {**COMPLETE, "valid_from": "2029-01-01T00:00:00Z"})
        earlier = await client.post(f"/v1/promises/{second['id']}/publish")
    assert faults(elsewhere) == [("#/node", "fixed")]
    assert faults(earlier) == [("#/valid_from", "before_older_version")]


async def test_every_fault_of_a_draft_is_listed(service: Provide) -> None:
    wrong = {
        **COMPLETE,
        "node": "nowhere",
        "calendar": "nowhen",
        "tolerance_seconds": 60,
        "valid_until": "2029-01-01T00:00:00Z",
        "service": "nothing",
        "agreement": "nobody",
    }
    async with service("commitments") as commitments, commitments.client() as client:
        await incident_process(client)
        answer = await client.post("/v1/promises", json=wrong)
        elsewhere = {**COMPLETE, "service": "it-support", "segment": "strangers"}
        not_served = await client.post("/v1/promises", json=elsewhere)
    assert faults(answer) == [
        ("#/tolerance_seconds", "tolerance_below_commitment"),
        ("#/valid_until", "validity_backwards"),
        ("#/node", "unknown_reference"),
        ("#/calendar", "unknown_reference"),
        ("#/service", "unknown_reference"),
        ("#/agreement", "unknown_reference"),
    ]
    assert faults(not_served) == [("#/segment", "segment_not_served")]


async def test_an_end_to_end_promise_names_the_nodes_that_do_not_fit_into_it(
    service: Provide,
) -> None:
    whole = {**COMPLETE, "code": "whole", "node": None, "priority": "1 - Critical"}
    # Accept, resolve and close promise 15 minutes, 4 hours and 120 hours.
    fits = 15 * 60 + 124 * 3600
    whole |= {"commitment_seconds": fits - 60, "tolerance_seconds": 10**7}
    async with service("commitments") as commitments, commitments.client() as client:
        await incident_process(client)
        short = await draft(client, {**whole, **PAST})
        refused = await client.post(f"/v1/promises/{short['id']}/publish")
        body = {**whole, **PAST, "commitment_seconds": fits}
        mended = await client.put(
            f"/v1/promises/{short['id']}", json=body, headers={"if-match": '"1"'}
        )
        accepted = await client.post(f"/v1/promises/{short['id']}/publish")
    assert faults(refused) == [("#/commitment_seconds", "critical_path_too_long")]
    assert "accept → resolve → close" in refused.json()["errors"][0]["detail"]
    assert refused.json()["critical_path"] == [
        {
            "promise": "whole",
            "limit": "commitment",
            "nodes": ["accept", "resolve", "close"],
            "node_promises": ["accept-critical", "resolve-critical", "close"],
            "segment": "employees",
            "priority": "1 - Critical",
            "at": "2017-01-01T00:00:00+00:00",
            "excess_seconds": 60.0,
        }
    ]
    assert mended.status_code == 200
    assert accepted.json()["status"] == "published"


async def test_recent_runs_tell_what_to_expect_and_below_the_floor_a_reason_is_needed(
    service: Provide,
) -> None:
    body = {**COMPLETE, "priority": "3 - Moderate"}
    async with service("commitments") as commitments, commitments.client() as client:
        hook = await incident_process(client)
        # Accepted after one, two, three and four hours.
        for hours in range(1, 5):
            ticket_id = f"INC{hours}"
            await hook.push(client, ticket(ticket_id, 0, "New", "01-03-2016 08:00"))
            await hook.push(client, ticket(ticket_id, 1, "Active", f"01-03-2016 {8 + hours:02}:00"))
        while await fold_pending(commitments.store, 100, NOW, NOW):
            pass
        drafted = await draft(client, body)
        path = f"/v1/promises/{drafted['id']}"
        refused = await client.post(f"{path}/publish")
        reasoned = {**body, "below_floor_reason": "Two more people start in January."}
        await client.put(path, json=reasoned, headers={"if-match": '"1"'})
        accepted = await client.post(f"{path}/publish")
    expected = {
        "runs": 4,
        "within_commitment": 1,
        "within_tolerance": 2,
        "attainment_rate": 0.25,
        "floor": 0.8,
        "finished_from": "2016-03-01T09:00:00Z",
        "finished_until": "2016-03-01T12:00:00Z",
    }
    assert drafted["expected_attainment"] == expected
    assert faults(refused) == [("#/below_floor_reason", "relevant_below_floor")]
    assert accepted.json()["expected_attainment"] == expected
