"""The one owner of a process rolls it out, trains, and improves it; what waits is seen."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.conftest import Provide
from tests.services.commitments.governed import Organisation, organisation

RECORDS = "/v1/duty-records"
ANY = {"if-match": "*"}


def attended(duty: str, day: str, **other: Any) -> dict[str, Any]:
    plain = {"process": "incident", "duty": duty, "what": "推行", "done_on": day}
    return {**plain, "departments": ["Group 56"], **other}


async def plan(org: Organisation, **of: str) -> str:
    body = {"title": "t", "reason": "r", "goal": "g", "owner": org.people["owner"], **of}
    return str((await org.made("/v1/improvement-plans", {**body, "due_on": "2026-06-30"}))["id"])


async def duties(org: Organisation, **wanted: str) -> dict[str, dict[str, tuple[Any, int]]]:
    """Of each process: when each duty was last attended to, and how often."""
    answer = (await org.client.get("/v1/owner-duties", params=wanted)).json()
    return {
        each["process"]: {d["duty"]: (d["last_done_on"], d["records"]) for d in each["duties"]}
        for each in answer["items"]
    }


async def test_only_the_owner_says_what_was_done_and_planning_sees_what_waits(
    service: Provide,
) -> None:
    refused = {}
    async with organisation(service) as org:
        for name in ("supervisor", "head", "planner", "stranger"):
            async with org.calling(name) as client:
                answer = await client.post(RECORDS, json=attended("training", "2026-03-12"))
                refused[name] = (answer.status_code, answer.json()["offices"][0]["office"])
        linked = await plan(org, process="incident")
        async with org.calling("owner") as client:
            for body in (
                attended("training", "2026-01-15"),
                attended("training", "2026-03-12", participants=24),
                attended("roll_out", "2026-02-01", departments=["Group 56", "Group 70"]),
                attended("improvement", "2026-03-20", plan=linked),
            ):
                assert (await client.post(RECORDS, json=body)).status_code == 201
        listed = (await org.client.get(RECORDS, params={"process": "incident"})).json()["items"]
        only = (await org.client.get(RECORDS, params={"duty": "roll_out", "limit": 1})).json()
        seen = await duties(org)
        idle = [await duties(org, idle_since=day) for day in ("2026-02-01", "2026-02-02")]
        owner = (await org.client.get("/v1/owner-duties")).json()["items"][0]["owner"]
    assert refused == dict.fromkeys(refused, (403, "owner"))
    days = ["2026-03-20", "2026-03-12", "2026-02-01", "2026-01-15"]
    assert [each["done_on"] for each in listed] == days
    assert [each["participants"] for each in listed] == [None, 24, None, None]
    assert (listed[0]["plan"], listed[0]["recorded_by"]) == (linked, "owner@example.com")
    assert [each["departments"] for each in only["items"]] == [["Group 56", "Group 70"]]
    assert only["next_cursor"] is None
    assert seen["incident"] == {
        "roll_out": ("2026-02-01", 1),
        "training": ("2026-03-12", 2),
        "improvement": ("2026-03-20", 1),
    }
    assert ["incident" in each for each in idle] == [False, True]
    assert owner == org.people["owner"]


async def test_a_record_that_is_void_does_not_count_and_both_are_told(service: Provide) -> None:
    async with organisation(service) as org:
        await org.made(RECORDS, attended("training", "2026-01-15"))
        made = await org.made(RECORDS, attended("training", "2026-03-12"))
        path = f"{RECORDS}/{made['id']}"
        bare = await org.client.post(f"{path}/void", json={"reason": "r"})
        async with org.calling("supervisor") as client:
            foreign = await client.post(f"{path}/void", json={"reason": "r"}, headers=ANY)
        done = await org.acted(path, "void", {"reason": "put off to April"})
        again = await org.client.post(f"{path}/void", json={"reason": "r"}, headers=ANY)
        seen = (await duties(org))["incident"]
        history = (await org.client.get(f"{path}/history")).json()["items"]
        rows = await org.service.rows(
            "SELECT subject, body FROM outbox WHERE subject LIKE '%owner_duty%' ORDER BY id"
        )
    assert (bare.status_code, foreign.status_code, again.status_code) == (428, 403, 409)
    assert (done["status"], done["reason"], done["revision"]) == ("void", "put off to April", 2)
    assert seen["training"] == ("2026-01-15", 1)
    assert seen["roll_out"] == seen["improvement"] == (None, 0)
    assert [each["operation"] for each in history] == ["record_duty", "void_duty_record"]
    assert history[1]["before"]["status"] == "recorded"
    told = [(r["subject"].split(".")[3], json.loads(r["body"])["done_on"]) for r in rows]
    assert told == [
        ("owner_duty_recorded", "2026-01-15"),
        ("owner_duty_recorded", "2026-03-12"),
        ("owner_duty_voided", "2026-03-12"),
    ]


async def test_every_fault_of_a_record_is_named_and_nothing_is_kept(service: Provide) -> None:
    tomorrow = (datetime.now(UTC) + timedelta(days=2)).date().isoformat()
    async with organisation(service) as org:
        wrong = attended("training", tomorrow, process="none", departments=["x", "Group 56", "y"])
        answer = await org.client.post(RECORDS, json={**wrong, "plan": "imp_none"})
        incident = (await org.client.get("/v1/processes/incident")).json()
        named = {"code": "other", "name": incident["name"], "nodes": incident["nodes"]}
        await org.made("/v1/processes", named)
        elsewhere = await plan(org, process="other")
        strange = await org.client.post(
            RECORDS, json=attended("training", "2026-01-01", plan=elsewhere)
        )
        shapes = [
            await org.client.post(RECORDS, json=attended(duty, day, **other))
            for duty, day, other in (
                ("audit", "2026-01-01", {}),
                ("training", "2026-02-30", {}),
                ("training", "2026-01-01", {"participants": 0}),
                ("training", "2026-01-01", {"departments": []}),
            )
        ]
        missing = await org.client.get(f"{RECORDS}/dut_none")
        kept = await org.service.rows("SELECT 1 FROM duty_record")
    assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [
        ("#/departments/0", "unknown_reference"),
        ("#/departments/2", "unknown_reference"),
        ("#/process", "unknown_reference"),
        ("#/done_on", "in_future"),
        ("#/plan", "unknown_reference"),
    ]
    assert [e["code"] for e in strange.json()["errors"]] == ["other_process"]
    assert [each.status_code for each in shapes] == [422, 422, 422, 422]
    assert (missing.status_code, kept) == (404, [])
