"""What a department has promised inside (OLA) judges its legs, and no run."""

from typing import Any

import httpx

from services.commitments.operations.deliveries import fold_pending
from services.commitments.operations.folding import refold_cases
from tests.builders import every_item, incident_process, published, ticket
from tests.conftest import Provide
from tests.services.commitments.sample import NOW

INSIDE: dict[str, Any] = {
    "code": "network-resolves",
    "process": "incident",
    "node": "resolve",
    "department": "Network",
    "segment": "employees",
    "commitment_seconds": 3600,
    "tolerance_seconds": 7200,
    "calendar": "always",
    "valid_from": "2016-01-01T00:00:00Z",
    "valid_until": "2030-01-01T00:00:00Z",
    "customer_agreement": {"agreed_by": "Service desk", "agreed_on": "2015-12-01"},
    "no_objective_reason": "Inside",
    "below_floor_reason": "It is the first one.",
}


def _history(number: str) -> list[dict[str, str]]:
    """An hour and a half at the desk, as long at the network's, half an hour at the desk."""
    return [
        ticket(number, 0, "New", "01-03-2016 08:00", assignment_group="Desk"),
        ticket(number, 1, "Active", "01-03-2016 08:30", assignment_group="Desk"),
        ticket(number, 2, "Active", "01-03-2016 10:00", assignment_group="Network"),
        ticket(number, 3, "Active", "01-03-2016 11:30", assignment_group="Desk"),
        ticket(number, 4, "Resolved", "01-03-2016 12:00", assignment_group="Desk"),
    ]


async def _legs(client: httpx.AsyncClient, number: str) -> list[tuple[str, str, str]]:
    (case,) = (await client.get("/v1/cases", params={"key": number})).json()["items"]
    detail = (await client.get(f"/v1/cases/{case['id']}")).json()
    (run,) = (run for run in detail["node_runs"] if run["node"] == "resolve")
    assert (run["promise"]["code"], run["state"]) == ("resolve-moderate", "completed_normal")
    return [(leg["department"], leg["promise"]["code"], leg["state"]) for leg in run["legs"]]


BY_THE_NODE = [
    ("Desk", "resolve-moderate", "completed_normal"),
    ("Network", "resolve-moderate", "completed_normal"),
    ("Desk", "resolve-moderate", "completed_normal"),
]


async def test_a_leg_is_judged_by_the_promise_of_its_department(service: Provide) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        hook = await incident_process(client)
        promise = await published(client, INSIDE)
        await hook.push_all(client, _history("INC1"))
        await fold_pending(commitments.store, 100, NOW, NOW)
        judged = await _legs(client, "INC1")
        query = {"group_by": "department", "node": "resolve"}
        report = (await client.get("/v1/attainment", params=query)).json()
        alerts = await every_item(client, "/v1/alerts")
    assert promise["department"] == "Network"
    assert judged == [
        ("Desk", "resolve-moderate", "completed_normal"),
        ("Network", "network-resolves", "completed_acceptable"),
        ("Desk", "resolve-moderate", "completed_normal"),
    ]
    rates = {item["group"]["department"]: item["attainment_rate"] for item in report["items"]}
    assert rates == {"Desk": 1.0, "Network": 0.0}
    assert {alert["promise"]["code"] for alert in alerts}.isdisjoint({INSIDE["code"]})


async def test_by_agreement_runs_stand_beside_the_legs_that_it_promises_of_a_department(
    service: Provide,
) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        hook = await incident_process(client)
        await published(client, INSIDE)
        for code, agreement in (("resolve-moderate", "desk-uc"), (INSIDE["code"], "network-ola")):
            change = "UPDATE promise SET agreement = $1 WHERE code = $2"
            await commitments.rows(change, agreement, code)
        await hook.push_all(client, _history("INC1"))
        await fold_pending(commitments.store, 100, NOW, NOW)
        query = {"group_by": "agreement", "node": "resolve"}
        every = (await client.get("/v1/attainment", params=query)).json()["items"]
        query |= {"group_by": "node", "agreement": "network-ola"}
        one = (await client.get("/v1/attainment", params=query)).json()["items"]
    assert [(i["group"]["agreement"], i["completed"], i["attainment_rate"]) for i in every] == [
        ("desk-uc", 1, 1.0),
        ("network-ola", 1, 0.0),
    ]
    assert [(i["completed"], i["counts"]["completed_acceptable"]) for i in one] == [(1, 1)]


async def test_a_departments_promise_is_advised_by_its_legs(service: Provide) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        hook = await incident_process(client)
        await published(client, INSIDE)
        await hook.push_all(client, [row for n in range(5) for row in _history(f"INC{n}")])
        await fold_pending(commitments.store, 100, NOW, NOW)
        asked = {"process": "incident", "period_from": "2016-03-01", "period_to": "2016-04-01"}
        made = (await client.post("/v1/advice", json=asked)).json()["items"]
        (advice,) = (each for each in made if each["promise"] == INSIDE["code"])
        reason = {"reason": "as it is", "commitment_seconds": 5400}
        decided = await client.post(
            f"/v1/advice/{advice['id']}/change", json=reason, headers={"if-match": "*"}
        )
        drafted = decided.json()["drafted_promise_id"]
        draft = (await client.get(f"/v1/promises/{drafted}")).json()
    assert (advice["kind"], advice["completed"], advice["completed_normal"]) == ("improve", 5, 0)
    assert (draft["department"], draft["commitment_seconds"]) == ("Network", 5400)


async def test_a_departments_promise_leaves_legs_that_have_started_as_they_were(
    service: Provide,
) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        hook = await incident_process(client)
        await hook.push_all(client, _history("INC1"))
        await fold_pending(commitments.store, 100, NOW, NOW)
        promise = await published(client, INSIDE)
        (case,) = (await client.get("/v1/cases")).json()["items"]
        async with commitments.store.transaction("demo") as session:
            await refold_cases(session, "incident", [case["id"]], NOW)
        kept = await _legs(client, "INC1")
        late = {**INSIDE, "code": "later", "department": "Desk"}
        expected = (await published(client, late))["expected_attainment"]
    assert kept == BY_THE_NODE
    assert promise["binds_from"] > "2016-03-01T10:00:00"
    assert (expected["runs"], expected["within_commitment"]) == (2, 1)


async def test_a_departments_promise_is_about_a_node_and_owes_no_customer(service: Provide) -> None:
    owes = {"kind": "fixed", "amount": "5.00", "currency": "CNY"}
    async with service("commitments") as commitments, commitments.client() as client:
        await incident_process(client)
        wrong = {**INSIDE, "node": None, "compensation": owes}
        refused = await client.post("/v1/promises", json=wrong)
        await published(client, INSIDE)
        moved = await client.post("/v1/promises", json={**INSIDE, "department": "Desk"})
    assert [e["pointer"] for e in refused.json()["errors"]] == ["#/node", "#/compensation"]
    assert [(e["pointer"], e["code"]) for e in moved.json()["errors"]] == [
        ("#/department", "fixed")
    ]
