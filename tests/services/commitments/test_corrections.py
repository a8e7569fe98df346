"""Corrections by hand: events like any other, kept with who and why, that move nothing else."""

from datetime import datetime, timedelta
from typing import Any

import httpx

from services.commitments.operations.deliveries import fold_pending
from tests.builders import incident_process, ticket
from tests.conftest import Provide, ServiceUnderTest
from tests.services.commitments.test_webhooks import NOW

STORY = [
    ticket("INC1", 0, "New", "01-03-2016 08:05"),
    ticket("INC1", 1, "Active", "01-03-2016 09:00"),
    ticket("INC2", 0, "New", "01-03-2016 08:05"),
    ticket("INC2", 1, "Active", "01-03-2016 09:00"),
    ticket("INC2", 2, "Resolved", "01-03-2016 20:00"),
]


async def desk(commitments: ServiceUnderTest, client: httpx.AsyncClient) -> dict[str, str]:
    """The story, told; case ids by number."""
    hook = await incident_process(client)
    await hook.push_all(client, STORY)
    await fold_pending(commitments.store, 100, NOW, NOW - timedelta(hours=1))
    cases = (await client.get("/v1/cases")).json()["items"]
    return {case["key"]: case["id"] for case in cases}


async def resolve_run(client: httpx.AsyncClient, case_id: str, **query: str) -> dict[str, Any]:
    detail = (await client.get(f"/v1/cases/{case_id}", params=query)).json()
    run: dict[str, Any] = next(r for r in detail["node_runs"] if r["node"] == "resolve")
    return run


async def corrected(client: httpx.AsyncClient, case_id: str, **body: Any) -> httpx.Response:
    body = {"reason": "Agreed by telephone", **body}
    return await client.post(f"/v1/cases/{case_id}/corrections", json=body)


EFFECTS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "void": ({}, {"state": "cancelled", "cancelled_at": "2016-03-01T12:00:00Z"}),
    "close": ({}, {"state": "completed_normal", "finished_at": "2016-03-01T12:00:00Z"}),
    "pause": ({}, {"state": "running_normal", "paused_at": "2016-03-01T12:00:00Z"}),
    "resume": ({}, {"paused_at": None, "finished_at": None}),
    "reassign": (
        {"department": "Group 9", "position": "lead"},
        {"department": "Group 9", "position": "lead"},
    ),
}


async def test_a_correction_has_its_effect_and_is_kept_with_who_and_why(
    service: Provide,
) -> None:
    async with service("commitments") as commitments:
        for kind, (extra, effect) in EFFECTS.items():
            async with commitments.client(kind) as client:
                cases = await desk(commitments, client)
                at = "2016-03-01T20:00:00+08:00"
                answer = await corrected(client, cases["INC1"], kind=kind, at=at, **extra)
                run = await resolve_run(client, cases["INC1"])
                path = f"/v1/cases/{cases['INC1']}"
                listed = (await client.get(f"{path}/corrections")).json()["items"]
                detail = (await client.get(path)).json()
            assert answer.status_code == 201, answer.text
            assert {name: run[name] for name in effect} == effect
            assert listed == [answer.json()]
            assert listed[0]["corrected_by"] == f"tester@{kind}"
            assert listed[0]["reason"] == "Agreed by telephone"
            assert [event["kind"] for event in detail["events"]] == ["ticket", "ticket", kind]
            assert detail["state"] == "Active"


async def test_a_correction_changes_only_its_own_case_and_only_from_its_instant_on(
    service: Provide,
) -> None:
    query = (
        "SELECT case_key, node, visit, leg, level, valid_from, state_of.* FROM clock_version,"
        " LATERAL (SELECT valid_until, started_at, finished_at, paused_at, commitment_due_at) AS"
        " state_of ORDER BY case_key, level, node, visit, leg, valid_from"
    )
    at = datetime.fromisoformat("2016-03-01T12:00:00+00:00")
    async with service("commitments") as commitments, commitments.client() as client:
        cases = await desk(commitments, client)
        before = [tuple(row) for row in await commitments.rows(query)]
        earlier = await resolve_run(client, cases["INC1"], as_of="2016-03-01T11:59:00Z")
        await corrected(client, cases["INC1"], kind="pause", at="2016-03-01T12:00:00Z")
        after = [tuple(row) for row in await commitments.rows(query)]
        still = await resolve_run(client, cases["INC1"], as_of="2016-03-01T11:59:00Z")
    assert [row for row in after if row[0] == "INC2"] == [row for row in before if row[0] == "INC2"]
    new, gone = set(after) - set(before), set(before) - set(after)
    assert new
    assert all(at in (row[5], row[6]) for row in new)
    # What is gone had no end, and differs from a version that stands now in its end alone.
    assert {row[:6] + row[7:] for row in gone} <= {row[:6] + row[7:] for row in new}
    assert {row[6] for row in gone} == {None}
    assert earlier == still


async def test_a_correction_comes_before_a_later_event_and_after_one_of_its_instant(
    service: Provide,
) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        cases = await desk(commitments, client)
        await corrected(client, cases["INC2"], kind="pause", at="2016-03-01T12:00:00Z")
        await corrected(client, cases["INC2"], kind="resume", at="2016-03-01T14:00:00Z")
        run = await resolve_run(client, cases["INC2"])
        await corrected(client, cases["INC1"], kind="void", at="2016-03-01T09:00:00Z")
        voided = await resolve_run(client, cases["INC1"])
    assert run["running_seconds"] == 9 * 3600
    assert run["pauses"] == [{"since": "2016-03-01T12:00:00Z", "until": "2016-03-01T14:00:00Z"}]
    assert (voided["started_at"], voided["cancelled_at"]) == ("2016-03-01T09:00:00Z",) * 2


WRONG: list[tuple[dict[str, Any], set[str]]] = [
    ({"kind": "pause", "at": "2999-01-01T00:00:00Z"}, {"#/at"}),
    ({"kind": "pause", "at": "2090-01-01T00:00:00Z", "position": "x"}, {"#/at", "#/position"}),
    ({"kind": "pause", "at": "2016-03-01T08:04:59Z"}, {"#/at"}),
    ({"kind": "reassign"}, {"#/department"}),
    ({"kind": "void", "department": "Group 9"}, {"#/department"}),
    ({"kind": "delete"}, {"#/kind"}),
    ({"kind": "void", "reason": " "}, {"#/reason"}),
    ({"kind": "void", "reason": "a\0b"}, {"#/reason"}),
    ({"kind": "void", "by": "somebody else"}, {"#/by"}),
]


async def test_a_faulty_correction_is_refused_with_every_fault_and_changes_nothing(
    service: Provide,
) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        cases = await desk(commitments, client)
        for body, pointers in WRONG:
            answer = await corrected(client, cases["INC1"], **body)
            assert answer.status_code == 422, body
            assert {e["pointer"] for e in answer.json()["errors"]} == pointers
        lost = await corrected(client, "cas_nowhere", kind="void")
        async with commitments.client("demo", "viewer") as viewer:
            refused = await corrected(viewer, cases["INC1"], kind="void")
        async with commitments.client("other") as stranger:
            foreign = await corrected(stranger, cases["INC1"], kind="void")
        kept = await commitments.rows("SELECT 1 FROM correction")
        events = await commitments.rows("SELECT 1 FROM ticket_event")
    assert (lost.status_code, refused.status_code, foreign.status_code) == (404, 403, 404)
    assert kept == []
    assert len(events) == len(STORY)


async def test_a_correction_repeated_under_its_key_counts_once(service: Provide) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        cases = await desk(commitments, client)
        path = f"/v1/cases/{cases['INC1']}/corrections"
        body = {"kind": "void", "reason": "Entered by mistake"}
        headers = {"idempotency-key": "once"}
        answers = [await client.post(path, json=body, headers=headers) for _ in range(3)]
        kept = await commitments.rows("SELECT 1 FROM correction")
    assert {answer.json()["id"] for answer in answers} == {answers[0].json()["id"]}
    assert len(kept) == 1
