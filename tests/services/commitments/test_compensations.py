"""Compensation accrues once a broken run, follows late events by entries, and is decided once."""

import json
import random
from datetime import datetime, timedelta
from typing import Any

import httpx

from deploy.local.sample import incidents
from services.commitments.operations.restatements import restate_pending
from tests.builders import every_item
from tests.conftest import Provide, ServiceUnderTest
from tests.services.commitments.governed import organisation
from tests.services.commitments.sample import NOW, fold_rows, promised_end_to_end

OPENED = datetime(2016, 3, 1, 8)  # noqa: DTZ001 - one zone throughout
TEN_HOURS = {"commitment_seconds": 10 * 3600, "tolerance_seconds": 20 * 3600}
EVERY_HOUR = {
    "kind": "excess",
    "amount": "5.00",
    "currency": "CNY",
    "beyond": "commitment",
    "per_seconds": 3600,
    "maximum": "40.00",
}
FIXED = {"kind": "fixed", "amount": "50.00", "currency": "CNY"}


def rows(number: str, *states: tuple[float, str]) -> list[dict[str, str]]:
    """A ticket that is in each state so many hours after it was opened."""
    said = incidents.events()[0]
    told = []
    for count, (hours, state) in enumerate(states):
        at = (OPENED + timedelta(hours=hours)).strftime(incidents.TIME_FORMAT)
        row = {"number": number, "incident_state": state, "sys_mod_count": str(count)}
        opened = OPENED.strftime(incidents.TIME_FORMAT)
        told.append({**said, **row, "sys_updated_at": at, "opened_at": opened})
    return told


async def ready(
    commitments: ServiceUnderTest, client: httpx.AsyncClient, compensation: dict[str, Any]
) -> None:
    """The sample's process without the promises of its nodes, which would not fit."""
    for path, body in (
        ("/v1/calendars", incidents.CALENDAR),
        ("/v1/processes", incidents.process()),
        ("/v1/services", incidents.SERVICE),
    ):
        assert (await client.post(path, json=body)).status_code == 201
    await promised_end_to_end(client, **TEN_HOURS, compensation=compensation)


async def account(client: httpx.AsyncClient) -> dict[str, Any]:
    (item,) = await every_item(client, "/v1/compensations")
    detail: dict[str, Any] = (await client.get(f"/v1/compensations/{item['id']}")).json()
    return detail


def entered(detail: dict[str, Any]) -> list[tuple[str, str]]:
    return [(entry["kind"], entry["amount"]) for entry in detail["entries"]]


async def test_a_broken_run_accrues_once_however_often_and_in_whatever_order_it_is_folded(
    service: Provide,
) -> None:
    late = rows("INC1", (0, "New"), (1, "Active"), (8, "Resolved"), (12.5, "Closed"))
    kept = rows("INC2", (0, "New"), (1, "Active"), (8, "Resolved"), (10, "Closed"))
    running = rows("INC3", (0, "New"), (1, "Active"))
    arrived = [*late, *kept, *running, *late]
    random.Random(5).shuffle(arrived)  # noqa: S311 - an order of arrival
    async with service("commitments") as commitments, commitments.client() as client:
        await ready(commitments, client, EVERY_HOUR)
        for row in arrived:
            await fold_rows(commitments, [row])
        await fold_rows(commitments, arrived)
        detail = await account(client)
        others = await every_item(client, "/v1/compensations", status="paid")
        sheet = (await client.get("/v1/compensations?format=csv")).text.splitlines()
    assert sheet[0].endswith("Case,Process,Node,Visit,Promise,Promise version,Status,Currency,"
                             "Accrued,Paid,Owed,Broken")  # fmt: skip
    assert len(sheet) == 2
    assert ",accrued,CNY,15.00,0,15.00," in sheet[1]
    assert (detail["case_key"], detail["status"], detail["owed"]) == ("INC1", "accrued", "15.00")
    assert entered(detail) == [("accrued", "15.00")]
    assert others == []


async def test_a_late_event_that_unbreaks_the_run_reverses_by_an_entry(service: Provide) -> None:
    late = rows("INC1", (0, "New"), (1, "Active"), (30, "Resolved"), (40, "Closed"))
    waited = rows("INC1", (0, "New"), (2, "Awaiting User Info"), (29, "Active"))[1:]
    async with service("commitments") as commitments, commitments.client() as client:
        await ready(commitments, client, FIXED)
        await fold_rows(commitments, late)
        broken = await account(client)
        await fold_rows(commitments, [{**waited[0], "sys_mod_count": "7"}, waited[1]])
        mended = await account(client)
        corrected = rows("INC1", (2.5, "Active"))
        await fold_rows(commitments, [{**corrected[0], "sys_mod_count": "8"}])
        again = await account(client)
    assert (broken["status"], broken["owed"]) == ("accrued", "50.00")
    assert (mended["status"], mended["owed"]) == ("reversed", "0.00")
    assert (again["status"], again["owed"]) == ("accrued", "50.00")
    assert entered(again) == [("accrued", "50.00"), ("reversed", "-50.00"), ("accrued", "50.00")]


async def test_what_is_owed_is_confirmed_and_paid_or_waived_with_a_reason(
    service: Provide,
) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        await ready(commitments, client, FIXED)
        for number in ("INC1", "INC2"):
            await fold_rows(commitments, rows(number, (0, "New"), (1, "Resolved"), (40, "Closed")))
        first, second = await every_item(client, "/v1/compensations", sort="id")
        path, other = f"/v1/compensations/{first['id']}", f"/v1/compensations/{second['id']}"
        assert (await client.post(f"{path}/confirm")).status_code == 428
        early = await client.post(f"{path}/pay", json={}, headers={"if-match": '"1"'})
        assert early.status_code == 409
        confirmed = await client.post(f"{path}/confirm", headers={"if-match": '"1"'})
        stale = await client.post(f"{path}/confirm", headers={"if-match": '"1"'})
        held = {"if-match": confirmed.headers["etag"]}
        paid = await client.post(f"{path}/pay", json={"reference": "Note 7"}, headers=held)
        twice = {"if-match": paid.headers["etag"]}
        again = await client.post(f"{path}/pay", json={}, headers=twice)
        silent = await client.post(f"{other}/waive", json={}, headers={"if-match": '"1"'})
        reason = {"reason": "The customer had asked for the delay"}
        waived = await client.post(f"{other}/waive", json=reason, headers={"if-match": '"1"'})
        detail = (await client.get(path)).json()
        async with commitments.client("demo", "viewer") as viewer:
            forbidden = await viewer.post(f"{other}/confirm", headers={"if-match": '"2"'})
    assert (confirmed.json()["status"], stale.status_code) == ("confirmed", 412)
    assert (paid.json()["status"], paid.json()["owed"]) == ("paid", "0.00")
    assert (again.status_code, silent.status_code, forbidden.status_code) == (409, 422, 403)
    assert (waived.json()["status"], waived.json()["owed"]) == ("waived", "0")
    assert entered(detail) == [("accrued", "50.00"), ("confirmed", "0"), ("paid", "-50.00")]
    assert detail["entries"][2]["reason"] == "Note 7"


async def test_only_the_owner_of_the_process_decides_whatever_the_role_of_others(
    service: Provide,
) -> None:
    async with organisation(service) as org:
        await promised_end_to_end(org.client, compensation=FIXED)
        await fold_rows(org.service, rows("INC1", (0, "New"), (1, "Resolved"), (999, "Closed")))
        (owed,) = await every_item(org.client, "/v1/compensations")
        path, match = f"/v1/compensations/{owed['id']}", {"if-match": "*"}
        answers = []
        async with org.service.client("demo", "process_owner", subject="x") as by_role:
            answers.append(await by_role.post(f"{path}/confirm", headers=match))
        async with org.calling("supervisor") as supervisor:
            answers.append(await supervisor.post(f"{path}/confirm", headers=match))
        async with org.calling("owner") as owner:
            answers.append(await owner.post(f"{path}/confirm", headers=match))
            answers.append(await owner.post(f"{path}/pay", json={}, headers=match))
    assert [answer.status_code for answer in answers] == [403, 403, 200, 200]
    assert answers[0].json()["offices"][0]["office"] == "owner"


async def test_a_case_that_comes_back_owes_once_more_only_for_the_visit_that_is_late(
    service: Provide,
) -> None:
    """The first visit keeps its promise, the second breaks it; coming back takes nothing away."""
    first = rows("INC1", (0, "New"), (1, "Active"), (2, "Resolved"), (3, "Closed"))
    again = rows("INC1", *[(0, "New")] * 4, (30, "Active"), (60, "Resolved"), (61, "Closed"))[4:]
    late = rows("INC2", (0, "New"), (1, "Active"), (30, "Resolved"), (31, "Closed"))
    back = rows("INC2", *[(0, "New")] * 4, (40, "Active"), (41, "Resolved"), (42, "Closed"))[4:]
    async with service("commitments") as commitments, commitments.client() as client:
        await ready(commitments, client, FIXED)
        await fold_rows(commitments, [*first, *late])
        before = await every_item(client, "/v1/compensations")
        await fold_rows(commitments, [*again, *back])
        after = await every_item(client, "/v1/compensations", status="accrued")
        details = [(await client.get(f"/v1/compensations/{r['id']}")).json() for r in after]
    assert [row["case_key"] for row in before] == ["INC2"]
    assert sorted((row["case_key"], row["visit"], row["owed"]) for row in after) == [
        ("INC1", 2, "50.00"),
        ("INC2", 1, "50.00"),
    ]
    assert [entered(detail) for detail in details] == [[("accrued", "50.00")]] * 2


async def test_a_correction_by_hand_changes_what_is_owed_by_an_entry(service: Provide) -> None:
    late = rows("INC1", (0, "New"), (1, "Active"), (8, "Resolved"), (14, "Closed"))
    async with service("commitments") as commitments, commitments.client() as client:
        await ready(commitments, client, EVERY_HOUR)
        await fold_rows(commitments, late)
        broken = await account(client)
        path = f"/v1/cases/{broken['case_id']}/corrections"
        for kind, hour in (("pause", "10"), ("resume", "12")):
            body = {"kind": kind, "reason": "It waited", "at": f"2016-03-01T{hour}:00:00Z"}
            assert (await client.post(path, json=body)).status_code == 201
        mended = await account(client)
    assert (broken["owed"], mended["owed"]) == ("20.00", "10.00")
    assert entered(mended) == [("accrued", "20.00"), ("reversed", "-20.00"), ("accrued", "10.00")]


async def test_a_restatement_leaves_the_ledger_as_it_was_promised(service: Provide) -> None:
    late = rows("INC1", (0, "New"), (1, "Active"), (30, "Resolved"), (40, "Closed"))
    async with service("commitments") as commitments, commitments.client() as client:
        await ready(commitments, client, FIXED)
        await fold_rows(commitments, late)
        before = await account(client)
        longer = {"commitment_seconds": 90 * 3600, "tolerance_seconds": 99 * 3600}
        await promised_end_to_end(client, **longer, compensation=FIXED)
        asked = {"process": "incident", "promise_versions": {"end-to-end": 2}}
        restatement = (await client.post("/v1/restatements", json=asked)).json()
        while await restate_pending(commitments.store, NOW):
            pass
        query = {"level": "case", "basis": restatement["id"]}
        (restated,) = await every_item(client, "/v1/status-table", **query)
        after = await account(client)
    assert restated["state"] == "completed_normal"
    assert after == before
    assert entered(after) == [("accrued", "50.00")]


async def test_a_case_that_is_voided_owes_nothing_and_every_change_is_told(
    service: Provide,
) -> None:
    late = rows("INC1", (0, "New"), (1, "Active"), (30, "Resolved"), (40, "Closed"))
    open_still = rows("INC2", (0, "New"), (1, "Active"))
    async with service("commitments") as commitments, commitments.client() as client:
        await ready(commitments, client, FIXED)
        await fold_rows(commitments, [*late, *open_still])
        broken = await account(client)
        void = {"kind": "void", "reason": "Entered twice", "at": "2016-03-01T09:30:00Z"}
        path = f"/v1/cases/{broken['case_id']}/corrections"
        voided = await client.post(path, json=void)
        detail = await account(client)
        path = f"/v1/compensations/{detail['id']}"
        match = {"if-match": f'"{detail["revision"]}"'}
        settled = await client.post(f"{path}/confirm", headers=match)
        other = rows("INC3", (0, "New"), (1, "Resolved"), (40, "Closed"))
        await fold_rows(commitments, other)
        (owed,) = await every_item(client, "/v1/compensations", status="accrued")
        reason = {"reason": "Goodwill was given instead"}
        path = f"/v1/compensations/{owed['id']}/waive"
        await client.post(path, json=reason, headers={"if-match": "*"})
        await fold_rows(commitments, other)
        told = await commitments.rows(
            "SELECT body FROM outbox WHERE subject LIKE '%.compensation_%' ORDER BY id"
        )
    assert (voided.status_code, settled.status_code) == (201, 409)
    assert (detail["status"], detail["owed"]) == ("reversed", "0.00")
    assert entered(detail) == [("accrued", "50.00"), ("reversed", "-50.00")]
    events = [json.loads(row["body"]) for row in told]
    assert [
        (e["case_key"], e.get("change") or e["decision"], e["amount"], e["revision"])
        for e in events
    ] == [
        ("INC1", "accrued", "50.00", 1),
        ("INC1", "reversed", "-50.00", 2),
        ("INC3", "accrued", "50.00", 1),
        ("INC3", "waived", "-50.00", 2),
    ]
    assert events[-1]["reason"] == reason["reason"]
