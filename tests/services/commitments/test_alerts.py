"""Alerts: raised once, withdrawn and reinstated by late events, historic, answered."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from services.commitments.operations.alerts import alert_passed_limits, seconds_to_next
from services.commitments.operations.deliveries import fold_pending
from tests.builders import Hook, every_item, incident_process, ticket
from tests.conftest import Provide, ServiceUnderTest

OPENED = datetime(2016, 3, 1, 8, tzinfo=UTC)
"""A ticket of the sample's form is accepted within 15 minutes, at the latest within 30."""

HANDLING = {
    "cause": "Nobody was on duty.",
    "correction": "The rota has a deputy now.",
    "who": "Li Wei",
    "by_when": "2016-03-02T18:00:00+08:00",
}


def at(minutes: float) -> datetime:
    return OPENED + timedelta(minutes=minutes)


def clock(minutes: float) -> str:
    return at(minutes).strftime("%d-%m-%Y %H:%M")


async def fold(commitments: ServiceUnderTest, minutes: float) -> None:
    """What has arrived is folded so many minutes after the ticket was opened."""
    now = at(minutes)
    while await fold_pending(commitments.store, 300, now, now - timedelta(hours=1)):
        pass


async def alert(commitments: ServiceUnderTest, minutes: float) -> None:
    while await alert_passed_limits(commitments.store, at(minutes)):
        pass


async def pushed(hook: Hook, client: httpx.AsyncClient, count: int, state: str, at: float) -> None:
    event = ticket("INC1", count, state, clock(at), priority="1 - Critical")
    assert (await hook.push(client, event)).status_code == 202


async def published(commitments: ServiceUnderTest) -> list[tuple[str, str]]:
    """What is recorded for the bus of alerts: fact and threshold or percentage."""
    rows = await commitments.rows(
        """SELECT split_part(subject, '.', 4), coalesce(body::jsonb->>'threshold',
               body::jsonb->>'percent') FROM outbox WHERE body LIKE '%alert_id%' ORDER BY id"""
    )
    return [(row[0], row[1]) for row in rows]


async def alerts(client: httpx.AsyncClient, **query: str) -> list[dict[str, Any]]:
    items = await every_item(client, "/v1/alerts", sort="due_at", **query)
    return [dict(item) for item in items]


async def test_each_threshold_alerts_once_when_it_is_reached(service: Provide) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        hook = await incident_process(client)
        await pushed(hook, client, 0, "New", 0)
        await fold(commitments, 1)
        for minutes in (5, 12, 12.01, 13, 15, 15.01, 31, 40):
            await alert(commitments, minutes)
        shown = await alerts(client)
        found = [(a["threshold"], a["due_at"]) for a in shown]
        assert await published(commitments) == [
            ("limit_approached", "80"),
            ("limit_passed", "commitment"),
            ("limit_passed", "tolerance"),
        ]
        await pushed(hook, client, 1, "New", 50)
        await fold(commitments, 50)
        await alert(commitments, 60)
        assert len(await published(commitments)) == 3
    assert found == [
        ("warning_80", "2016-03-01T08:12:00Z"),
        ("commitment", "2016-03-01T08:15:00Z"),
        ("tolerance", "2016-03-01T08:30:00Z"),
    ]
    assert {(a["state"], a["historic"], a["level"], a["node"]) for a in shown} == {
        ("open", False, "run", "accept")
    }


async def test_a_finished_or_cancelled_run_alerts_nobody(service: Provide) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        hook = await incident_process(client)
        await pushed(hook, client, 0, "New", 0)
        await pushed(hook, client, 1, "Closed", 14)
        await fold(commitments, 20)
        await alert(commitments, 1000)
        assert await alerts(client, node="accept") == []
        assert await published(commitments) == []


async def test_a_paused_run_alerts_when_it_has_run_on(service: Provide) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        hook = await incident_process(client)
        await pushed(hook, client, 0, "Active", 0)
        await pushed(hook, client, 1, "Awaiting User Info", 10)
        await fold(commitments, 11)
        await alert(commitments, 10_000)
        assert await alerts(client) == []
        await pushed(hook, client, 2, "Active", 70)
        await fold(commitments, 71)
        (run,) = await every_item(client, "/v1/node-runs", node="resolve")
        due = datetime.fromisoformat(run["commitment_due_at"])
        waits = await seconds_to_next(commitments.store, at(71), 10.0**9)
        warned = OPENED + (due - OPENED - timedelta(minutes=60)) * 0.8 + timedelta(minutes=60)
        assert at(71) + timedelta(seconds=waits) == warned


async def test_a_late_event_withdraws_an_alert_and_another_reinstates_it(service: Provide) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        hook = await incident_process(client)
        await pushed(hook, client, 0, "Active", 0)
        await fold(commitments, 1)
        (run,) = await every_item(client, "/v1/node-runs", node="resolve")
        due = (datetime.fromisoformat(run["commitment_due_at"]) - OPENED) / timedelta(minutes=1)
        await alert(commitments, due + 1)
        first = {a["threshold"]: a for a in await alerts(client)}
        # It had been waiting for the customer for an hour, which only now becomes known.
        await pushed(hook, client, 1, "Awaiting User Info", 10)
        await pushed(hook, client, 2, "Active", 70)
        await fold(commitments, due + 2)
        withdrawn = await alerts(client, state="withdrawn")
        await alert(commitments, due + 59)
        assert await alerts(client, threshold="commitment", state="open") == []
        await alert(commitments, due + 61)
        (again,) = await alerts(client, threshold="commitment")
        facts = Counter(await published(commitments))
    assert {a["id"] for a in withdrawn} == {a["id"] for a in first.values()}
    assert (again["state"], again["id"]) == ("open", first["commitment"]["id"])
    assert datetime.fromisoformat(again["due_at"]) == at(due + 60)
    assert facts["limit_passed", "commitment"] == facts["alert_withdrawn", "commitment"] == 1
    assert facts["alert_reinstated", "commitment"] == 1


async def test_a_run_that_ended_before_its_alert_takes_it_back(service: Provide) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        hook = await incident_process(client)
        await pushed(hook, client, 0, "New", 0)
        await fold(commitments, 1)
        await alert(commitments, 16)
        await pushed(hook, client, 1, "Active", 14)
        await fold(commitments, 17)
        states = {a["threshold"]: a["state"] for a in await alerts(client, node="accept")}
    assert states == {"warning_80": "open", "commitment": "withdrawn"}


async def test_what_lies_far_back_is_recorded_and_not_told(service: Provide) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        hook = await incident_process(client)
        await pushed(hook, client, 0, "New", 0)
        await fold(commitments, 200)
        await alert(commitments, 201)
        shown = await alerts(client, historic="true")
        assert [a["threshold"] for a in shown] == ["warning_80", "commitment", "tolerance"]
        assert await alerts(client, historic="false") == []
        assert await published(commitments) == []
        # A history comes in parts: this one shows that the run had kept its commitment.
        await pushed(hook, client, 1, "Closed", 13)
        await fold(commitments, 202)
        assert [a["threshold"] for a in await alerts(client, node="accept")] == ["warning_80"]
        assert await commitments.rows("SELECT 1 FROM escalation") == []


async def test_an_alert_is_acknowledged_and_handled_once(service: Provide) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        hook = await incident_process(client)
        await pushed(hook, client, 0, "New", 0)
        await fold(commitments, 1)
        await alert(commitments, 16)
        path = f"/v1/alerts/{(await alerts(client, threshold='commitment'))[0]['id']}"
        taken = [await client.post(f"{path}/acknowledge") for _ in range(2)]
        assert [(a.status_code, a.json()["state"]) for a in taken] == [(200, "acknowledged")] * 2
        assert taken[0].json() == taken[1].json()
        handled = [await client.post(f"{path}/handle", json=HANDLING) for _ in range(2)]
        assert handled[0].json() == handled[1].json()
        assert handled[0].json()["handling"]["by_when"] == "2016-03-02T10:00:00Z"
        other = await client.post(f"{path}/handle", json={**HANDLING, "cause": "Another."})
        assert other.status_code == 409
        detail = await client.get(path)
        assert (detail.json()["state"], detail.headers["etag"]) == ("handled", '"3"')
        facts = await published(commitments)
        rest = await commitments.rows("SELECT 1 FROM escalation")
        async with commitments.client("demo", "viewer") as viewer:
            assert (await viewer.post(f"{path}/acknowledge")).status_code == 403
        async with commitments.client("other") as stranger:
            assert (await stranger.get(path)).status_code == 404
    assert facts[2:] == [("alert_acknowledged", "commitment"), ("alert_handled", "commitment")]
    assert len(rest) == 1


async def test_a_page_of_alerts_has_an_etag_and_its_filters(service: Provide) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        hook = await incident_process(client)
        await pushed(hook, client, 0, "New", 0)
        await fold(commitments, 1)
        await alert(commitments, 40)
        first = await client.get("/v1/alerts?limit=2&case=INC1")
        held = {"if-none-match": first.headers["etag"]}
        assert (await client.get("/v1/alerts?limit=2&case=INC1", headers=held)).status_code == 304
        await client.post(f"/v1/alerts/{first.json()['items'][0]['id']}/acknowledge")
        assert (await client.get("/v1/alerts?limit=2&case=INC1", headers=held)).status_code == 200
        assert len(first.json()["items"]) == 2
        assert len(await alerts(client, state="acknowledged")) == 1
        assert len(await alerts(client, process="incident", department="Group 1")) == 3
        assert await alerts(client, department="Group 2") == []
        for wrong in ("state=late", "threshold=warning_0", "sort=colour", "historic=perhaps"):
            answer = await client.get(f"/v1/alerts?{wrong}")
            assert answer.json()["errors"][0]["parameter"] == wrong.split("=")[0]
        path = f"/v1/alerts/{first.json()['items'][0]['id']}/handle"
        answer = await client.post(path, json={"cause": "", "by_when": "soon"})
        assert {e["pointer"] for e in answer.json()["errors"]} == {
            "#/cause", "#/correction", "#/who", "#/by_when",
        }  # fmt: skip
