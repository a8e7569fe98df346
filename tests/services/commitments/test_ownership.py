"""The one owner of a process stays a senior manager outside it, or it is raised."""

import asyncio
import json
from typing import Any

from tests.builders import until
from tests.conftest import Provide
from tests.services.commitments.governed import DESK, Organisation, organisation
from tests.services.commitments.mail_server import Mailbox

ROLES = "/v1/processes/incident/roles"


async def conflicts(org: Organisation, **wanted: Any) -> list[tuple[str, str | None]]:
    answer = (await org.client.get("/v1/owner-conflicts", params=wanted)).json()
    return [(each["kind"], each["of"]) for each in answer["items"]]


async def with_desk(org: Organisation) -> None:
    """The next version of the process, whose first node belongs to the desk of Group 56."""
    process = (await org.client.get("/v1/processes/incident")).json()
    first, *others = process["nodes"]
    nodes = [{**first, "position": "desk"}, *others]
    body = {"name": process["name"], "nodes": nodes}
    await org.next_version("incident", body)


async def test_an_owner_inside_the_process_is_refused_when_appointed(service: Provide) -> None:
    async with organisation(service) as org:
        await with_desk(org)
        for name in ("worker", "stranger", "head"):
            await org.changed(f"/v1/people/{org.people[name]}", {"is_senior_manager": True})
        clerk = {"code": "clerk", "name": DESK, "department": "Group 56"}
        await org.made("/v1/positions", clerk)
        hired = {"person": org.people["stranger"]}
        await org.made("/v1/positions/clerk/holders", hired)
        found = {}
        for name in ("worker", "stranger", "supervisor", "head"):
            body = {"owner": org.people[name], "supervisor": org.people["supervisor"]}
            answer = await org.client.put(ROLES, json=body, headers={"if-match": "*"})
            errors = answer.json().get("errors", [])
            found[name] = [(each["pointer"], each["code"]) for each in errors]
    assert found == {
        "worker": [("#/owner", "owner_inside")],
        "stranger": [("#/owner", "owner_inside")],
        "supervisor": [("#/owner", "not_senior"), ("#/supervisor", "owner_inside")],
        "head": [],
    }


async def test_whatever_puts_an_owner_inside_is_raised_and_resolved_when_it_is_over(
    service: Provide,
) -> None:
    async with organisation(service) as org:
        owner = f"/v1/people/{org.people['owner']}"
        seen = [await conflicts(org)]
        clerk = {"code": "clerk", "name": DESK, "department": "Group 70"}
        await org.made("/v1/positions", clerk)
        hired = {"person": org.people["owner"]}
        held = (await org.made("/v1/positions/clerk/holders", hired))["id"]
        seen.append(await conflicts(org))
        await with_desk(org)
        seen.append(await conflicts(org))
        await org.changed("/v1/positions/clerk", {"department": "Group 56"})
        seen.append(await conflicts(org))
        await org.changed(owner, {"is_senior_manager": False})
        seen.append(await conflicts(org))
        await org.made(f"/v1/positions/clerk/holders/{held}/end", {}, status=200)
        await org.changed(owner, {"is_senior_manager": True})
        seen.append(await conflicts(org))
        resolved = await conflicts(org, open="false")
        rows = await org.service.rows(
            "SELECT subject, body FROM outbox WHERE subject LIKE '%owner_conflict%' ORDER BY id"
        )
    works, junior = ("works_inside", "clerk"), ("not_senior", None)
    assert seen == [[], [], [], [works], [junior, works], []]
    assert resolved == [junior, works]
    told = [(r["subject"].split(".")[3], json.loads(r["body"])["kind"]) for r in rows]
    assert told == [
        ("owner_conflict_raised", "works_inside"),
        ("owner_conflict_raised", "not_senior"),
        ("owner_conflict_resolved", "works_inside"),
        ("owner_conflict_resolved", "not_senior"),
    ]


async def test_a_new_version_and_a_new_administrator_are_seen_and_a_new_owner_resolves(
    service: Provide,
) -> None:
    async with organisation(service) as org:
        hired = {"person": org.people["owner"]}
        await org.made("/v1/positions/desk/holders", hired)
        before = await conflicts(org)
        await with_desk(org)
        version = await conflicts(org)
        body = {"administrator": org.people["owner"]}
        await org.changed("/v1/departments/Group 56", body)
        administrator = await conflicts(org)
        await org.changed(f"/v1/people/{org.people['planner']}", {"is_senior_manager": True})
        await org.changed(ROLES, {"owner": org.people["planner"]}, "PUT")
        after = await conflicts(org)
    assert before == []
    assert version == [("holds_node", "desk")]
    assert administrator == [("works_inside", "Group 56"), ("holds_node", "desk")]
    assert after == []


async def test_an_owner_hired_into_the_process_at_the_same_instant_is_refused_or_raised(
    service: Provide,
) -> None:
    async with organisation(service) as org:
        await with_desk(org)
        planner = org.people["planner"]
        await org.changed(f"/v1/people/{planner}", {"is_senior_manager": True})
        any_ = {"if-match": "*"}
        appointed, hired = await asyncio.gather(
            org.client.put(ROLES, json={"owner": planner}, headers=any_),
            org.client.post("/v1/positions/desk/holders", json={"person": planner}),
        )
        found = await conflicts(org, owner=planner)
    assert hired.status_code == 201
    assert (appointed.status_code, found) in [(422, []), (200, [("holds_node", "desk")])]


async def test_owner_and_planning_department_are_told_by_mail(
    service: Provide, mailbox: tuple[Mailbox, str]
) -> None:
    kept, smtp = mailbox
    async with organisation(service) as org:
        for name in ("owner", "planner"):
            address = {"channel": "email", "address": f"{name}@example.com"}
            language = {"addresses": [address], "language": "en"}
            await org.changed(f"/v1/people/{org.people[name]}", language)
        await org.changed(f"/v1/people/{org.people['owner']}", {"is_senior_manager": False})
        # One whose owner has an address that cannot be read holds up no other.
        odd = org.people["stranger"]
        await org.service.rows("UPDATE person SET addresses = '[{}]' WHERE id = $1", odd)
        await org.service.rows(
            "INSERT INTO owner_conflict SELECT (jsonb_populate_record(c, "
            "jsonb_build_object('id', 'ocf_0', 'owner', $1::text))).* FROM owner_conflict c",
            odd,
        )
        worker = org.service.worker(smtp_url=smtp)
        try:
            await until(lambda: told(kept), "both are told")
        finally:
            worker.ask_to_stop()
            worker.wait_or_kill(20)
        rows = await org.service.rows(
            "SELECT id = 'ocf_0', told_at IS NULL FROM owner_conflict ORDER BY 1"
        )
    assert [tuple(row) for row in rows] == [(False, False), (True, True)]


async def told(kept: Mailbox) -> bool:
    to = {address for mail in kept.kept for address in mail.rcpt_tos}
    return to == {"owner@example.com", "planner@example.com"}
