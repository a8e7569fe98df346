"""Governance is done by whoever holds the office, or deputises; an administrator stands in."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.conftest import Provide
from tests.services.commitments.governed import PEOPLE, Organisation, organisation

FREE = {
    "process": "incident",
    "departments": ["Group 56"],
    "title": "A field for the segment",
    "proposal": "Add it to the form.",
}
ACROSS = {**FREE, "departments": ["Group 56", "Group 70"]}
MARCH = {"process": "incident", "month": "2026-03"}
SUMMARY = {"department": "Group 56", "month": "2026-03"}
ANY = {"if-match": "*"}


async def may(org: Organisation, method: str, path: str, body: Any) -> set[str]:
    """Who of the organisation is let through; a second one of them may meet a conflict."""
    allowed = set()
    for name in PEOPLE:
        async with org.calling(name) as client:
            answer = await client.request(method, path, json=body, headers=ANY)
        assert answer.status_code in {200, 201, 403, 409, 422}, answer.text
        if answer.status_code != 403:
            allowed.add(name)
    return allowed


async def offices(answer: httpx.Response) -> list[tuple[str, str | None, bool]]:
    assert answer.status_code == 403, answer.text
    return [(o["office"], o["of"], o["is_held"]) for o in answer.json()["offices"]]


async def test_reports_are_filed_by_their_supervisor_and_their_department(
    service: Provide,
) -> None:
    async with organisation(service) as org:
        check = f"/v1/self-checks/{(await org.made('/v1/self-checks', MARCH))['id']}"
        summary = (await org.made("/v1/department-summaries", SUMMARY))["id"]
        path = f"/v1/department-summaries/{summary}"
        text = {"analysis": "a", "measures": []}
        sign = {"signed_by": org.people["head"]}
        found = {
            "open": await may(org, "POST", "/v1/self-checks", MARCH),
            "fill": await may(org, "PATCH", check, {"execution": "done"}),
            "submit": await may(org, "POST", f"{check}/submit", None),
            "excuse": await may(org, "POST", f"{check}/excuse", {"reason": "r"}),
            "write": await may(org, "PATCH", path, text),
            "sign": await may(org, "PATCH", path, sign),
            "hand in": await may(org, "POST", f"{path}/submit", None),
        }
    assert found == {
        "open": {"supervisor", "head", "administrator", "planner"},
        "fill": {"supervisor"},
        "submit": {"supervisor"},
        "excuse": {"administrator", "planner"},
        "write": {"head"},
        "sign": {"head"},
        "hand in": {"head"},
    }


async def test_spot_checks_and_the_ledger_are_the_planning_departments(service: Provide) -> None:
    async with organisation(service) as org:
        check = (await org.made("/v1/spot-checks", {"process": "incident"}))["id"]
        plain = {"process": "incident", "requirement": "form", "department": "Group 56"}
        body = {**plain, "person": org.people["worker"], "description": "no form"}
        mine = (await org.made("/v1/violations", body))["id"]
        met = {**body, "spot_check": check}
        charged = await org.made("/v1/violations", met)
        (line, *_) = (await org.client.get("/v1/penalty-ledger")).json()["items"]
        own = {"amount": "1", "reference": "r"}
        asked = {"department": "Group 56", "demand": "d"}
        roles = {"owner": org.people["owner"], "supervisor": org.people["supervisor"]}
        planning = [
            ("POST", "/v1/spot-checks", {"process": "incident"}),
            ("PATCH", f"/v1/spot-checks/{check}", {"notes": "n"}),
            ("POST", f"/v1/spot-checks/{check}/demand-change", asked),
            ("POST", "/v1/violations", met),
            ("POST", f"/v1/violations/{mine}/meet", {"spot_check": check}),
            ("POST", f"/v1/violations/{charged['id']}/void", {"reason": "r"}),
            ("POST", f"/v1/penalty-ledger/{line['id']}/reverse", {"reason": "r"}),
            ("PATCH", "/v1/penalty-rules/violation", {"amounts": {"person": "1"}}),
            ("PATCH", "/v1/processes/incident/governance", {"level": 1}),
            ("PUT", "/v1/processes/incident/roles", roles),
        ]
        found = {
            f"{method} {path}": await may(org, method, path, said)
            for method, path, said in planning
        }
        finders = await may(org, "POST", "/v1/violations", body)
        penalisers = await may(org, "POST", f"/v1/violations/{mine}/penalise", own)
    assert found == {key: {"administrator", "planner"} for key in found}
    assert finders == {"head", "supervisor"}
    assert penalisers == {"head"}


async def test_a_change_is_filed_by_its_people_approved_by_the_head_and_handled_by_the_owner(
    service: Provide,
) -> None:
    approve = {"decision": "approved"}
    async with organisation(service) as org:
        filers = await may(org, "POST", "/v1/change-requests", FREE)
        found = {}
        for name, body in (("within", FREE), ("across", ACROSS)):
            path = f"/v1/change-requests/{(await org.made('/v1/change-requests', body))['id']}"
            for step, said in (("review", approve), ("change", {}), ("publish", {})):
                found[name, step] = await may(org, "POST", f"{path}/{step}", said)
    assert filers == {"worker", "supervisor", "head", "owner"}
    planning = {"administrator", "planner"}
    within = {"review": {"owner", "head"}, "change": {"owner"}, "publish": {"owner"}}
    for (name, step), allowed in found.items():
        assert allowed == planning | (within[step] if name == "within" else set())


async def test_a_change_is_withdrawn_by_who_filed_it_or_the_department_but_no_demand_is(
    service: Provide,
) -> None:
    reason = {"reason": "covered elsewhere"}
    async with organisation(service) as org:
        async with org.calling("owner") as owner:
            mine = (await owner.post("/v1/change-requests", json=FREE)).json()["id"]
            path = f"/v1/change-requests/{mine}"
            taken = await owner.post(f"{path}/withdraw", json=reason, headers=ANY)
            history = (await owner.get(f"{path}/history")).json()["items"]
        other = (await org.made("/v1/change-requests", FREE))["id"]
        department = await may(org, "POST", f"/v1/change-requests/{other}/withdraw", reason)
        check = (await org.made("/v1/spot-checks", {"process": "incident"}))["id"]
        asked = {"department": "Group 56", "demand": "d"}
        demand = (await org.made(f"/v1/spot-checks/{check}/demand-change", asked))["id"]
        planning = await may(org, "POST", f"/v1/change-requests/{demand}/withdraw", reason)
    assert taken.status_code == 200
    assert [each["capacity"]["office"] for each in history] == ["owner", "filer"]
    assert history[-1]["operation"] == "withdraw_change_request"
    assert department == {"worker", "supervisor", "head", "owner"}
    assert planning == {"administrator", "planner"}


async def test_a_deputy_acts_while_the_holder_is_away_and_only_then(service: Provide) -> None:
    async with organisation(service) as org:
        path = f"/v1/self-checks/{(await org.made('/v1/self-checks', MARCH))['id']}"
        supervisor = f"/v1/people/{org.people['supervisor']}"
        await org.changed(supervisor, {"deputy": org.people["stranger"]})
        present = await may(org, "PATCH", path, {"execution": "a"})
        today = datetime.now(UTC).date()
        days = {"first_day": f"{today - timedelta(1)}", "last_day": f"{today + timedelta(1)}"}
        await org.changed(supervisor, {"absences": [days]})
        away = await may(org, "PATCH", path, {"execution": "b"})
        await org.changed(supervisor, {"active": False, "absences": []})
        left = await may(org, "PATCH", path, {"execution": "c"})
        history = (await org.client.get(f"{path}/history")).json()["items"]
    assert present == {"supervisor"}
    assert away == {"supervisor", "stranger"}
    assert left == {"stranger"}
    assert history[-1]["capacity"] == {
        "office": "supervisor",
        "of": "incident",
        "person": org.people["stranger"],
        "deputises": org.people["supervisor"],
        "in_place_of": None,
    }


async def test_an_administrator_stands_in_for_anybody_and_the_history_says_so(
    service: Provide,
) -> None:
    async with organisation(service) as org:
        made = await org.made("/v1/self-checks", MARCH)
        path = f"/v1/self-checks/{made['id']}"
        await org.changed(path, {"execution": "done"})
        async with org.calling("supervisor") as supervisor:
            await supervisor.patch(path, json={"violations": []}, headers=ANY)
        history = (await org.client.get(f"{path}/history")).json()["items"]
    stood_in, own = (each["capacity"] for each in history[1:])
    assert stood_in["office"] == "platform_administrator"
    assert stood_in["in_place_of"] == [{"office": "supervisor", "of": "incident"}]
    assert (own["office"], own["person"]) == ("supervisor", org.people["supervisor"])


@pytest.mark.parametrize(
    ("language", "said", "advice"),
    [
        ("en", "the supervisor of the process incident", "names them with PUT /v1/processes/"),
        ("zh", "流程 incident 的流程主管", "目前无人担任"),
    ],
)
async def test_a_refusal_names_the_office_and_what_to_do_while_nobody_holds_it(
    service: Provide, language: str, said: str, advice: str
) -> None:
    async with organisation(service) as org:
        path = f"/v1/self-checks/{(await org.made('/v1/self-checks', MARCH))['id']}"
        async with org.calling("worker", language) as worker:
            held = await worker.patch(path, json={}, headers=ANY)
            await org.changed("/v1/processes/incident/roles", {"owner": org.people["owner"]}, "PUT")
            vacant = await worker.patch(path, json={}, headers=ANY)
            await org.changed("/v1/governance-settings", {"planning_department": None})
            planning = await worker.post("/v1/spot-checks", json={"process": "incident"})
        async with org.service.client("demo", "viewer", subject="who@example.com") as nobody:
            unknown = await nobody.patch(path, json={}, headers=ANY)
        unchanged = (await org.client.get(path)).json()["revision"]
    assert await offices(held) == [("supervisor", "incident", True)]
    assert await offices(vacant) == [("supervisor", "incident", False)]
    assert await offices(planning) == [("planning_department", None, False)]
    assert said in held.json()["detail"]
    assert advice not in held.json()["detail"]
    assert advice in vacant.json()["detail"]
    assert "PATCH /v1/governance-settings" in planning.json()["detail"]
    assert "who@example.com" in unknown.json()["detail"]
    assert unchanged == 1
