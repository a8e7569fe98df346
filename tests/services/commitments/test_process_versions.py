"""Processes: every fault is listed, a change is a version, a case stays on its own."""

from typing import Any

from deploy.local.sample import incidents
from services.commitments.operations.deliveries import fold_pending
from tests.builders import incident_process, ticket
from tests.conftest import Provide
from tests.services.commitments.test_promises import NOW, faults

NAME = {"zh": "流程", "en": "Process"}


def node(code: str, **rest: Any) -> dict[str, Any]:
    return {"code": code, "name": NAME, "start": {"first": True}, **rest}


async def test_a_cyclic_process_is_refused_with_every_other_fault(service: Provide) -> None:
    ring = [
        node("a", after=["c"]),
        node("b", after=["a", "nowhere"], finish={"colour": "red"}),
        node("c", after=["b"], pause={"state": {"like": "x"}}),
        node("a"),
    ]
    async with service("commitments") as commitments, commitments.client() as client:
        body = {"code": "p", "name": NAME, "nodes": ring}
        answer = await client.post("/v1/processes", json=body)
        listed = (await client.get("/v1/processes")).json()["items"]
        async with commitments.client(language="zh") as chinese:
            said = (await chinese.post("/v1/processes", json=body)).json()["errors"]
    found = faults(answer)
    assert {("#/nodes/0/after", "cycle"), ("#/nodes/1/after/1", "unknown_reference")} <= set(found)
    assert ("#/nodes/3/code", "duplicate") in found
    assert "#/nodes/1/finish/colour" in {pointer for pointer, _ in found}
    assert "#/nodes/2/pause/state/like" in {pointer for pointer, _ in found}
    assert all(error["detail"].endswith("。") for error in said)
    assert listed == []


async def test_a_case_stays_on_the_version_in_force_at_its_first_event(service: Provide) -> None:
    process = incidents.process()
    change = {
        "name": process["name"],
        "nodes": process["nodes"][:1],
        "valid_from": "2016-03-10T00:00:00Z",
    }
    async with service("commitments") as commitments, commitments.client() as client:
        hook = await incident_process(client)
        path = "/v1/processes/incident"
        first = await client.get(path)
        unconditional = await client.post(f"{path}/versions", json=change)
        second = await client.post(
            f"{path}/versions", json=change, headers={"if-match": first.headers["etag"]}
        )
        stale = await client.post(
            f"{path}/versions", json=change, headers={"if-match": first.headers["etag"]}
        )
        for number, day in (("OLD", "09"), ("YOUNG", "11")):
            await hook.push(client, ticket(number, 0, "New", f"{day}-03-2016 08:00"))
            await hook.push(client, ticket(number, 1, "Active", f"{day}-03-2016 09:00"))
            await hook.push(client, ticket(number, 2, "Resolved", "12-03-2016 09:00"))
        while await fold_pending(commitments.store, 100, NOW, NOW):
            pass
        runs = (await client.get("/v1/node-runs")).json()["items"]
        versions = (await client.get(f"{path}/versions")).json()["items"]
        events = await commitments.rows(
            "SELECT revision FROM outbox WHERE subject LIKE '%process_defined.v1' ORDER BY id"
        )
    visited = {(run["case_key"], run["node"]) for run in runs}
    assert (unconditional.status_code, stale.status_code) == (428, 412)
    assert visited == {
        ("OLD", "accept"),
        ("OLD", "resolve"),
        ("OLD", "close"),
        ("YOUNG", "accept"),
    }
    assert versions == [first.json(), second.json()]
    assert [row[0] for row in events] == [1, 2]
