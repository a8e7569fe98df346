"""A dry run shows what a payload would do, and leaves no trace."""

from datetime import timedelta
from typing import Any

import httpx

from services.commitments.operations.deliveries import fold_pending
from tests.builders import Hook, incident_process, ticket
from tests.conftest import Provide, ServiceUnderTest
from tests.services.commitments.stories import encoded
from tests.services.commitments.test_webhooks import NOW

RESOLVED = ticket("INC1", 2, "Resolved", "01-03-2016 20:00")


async def desk(commitments: ServiceUnderTest, client: httpx.AsyncClient) -> Hook:
    hook = await incident_process(client)
    await hook.push(client, ticket("INC1", 0, "New", "01-03-2016 08:05"))
    await hook.push(client, ticket("INC1", 1, "Active", "01-03-2016 09:00"))
    await fold(commitments)
    return hook


async def fold(commitments: ServiceUnderTest) -> None:
    await fold_pending(commitments.store, 100, NOW, NOW - timedelta(hours=1))


async def tried(client: httpx.AsyncClient, hook: Hook, **body: Any) -> httpx.Response:
    return await client.post(f"{hook.path.replace('hooks', 'integrations')}/dry-run", json=body)


async def everything(commitments: ServiceUnderTest) -> list[tuple[Any, ...]]:
    """Every row of every table that a webhook could touch."""
    found: list[tuple[Any, ...]] = []
    for table in (
        *("delivery", "service_case", "ticket_event", "case_version", "clock_version"),
        *("due_instant", "attainment_mark", "attainment_measure", "alert", "outbox"),
    ):
        rows = await commitments.rows(f"SELECT * FROM {table} ORDER BY 1, 2, 3")
        found += [(table, *row) for row in rows]
    return found


async def test_a_dry_run_shows_event_case_and_transitions_and_stores_nothing(
    service: Provide,
) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        hook = await desk(commitments, client)
        before = await everything(commitments)
        answer = await tried(client, hook, payload=RESOLVED)
        as_sent = await tried(client, hook, **RESOLVED)
        new = await tried(client, hook, payload={**RESOLVED, "number": "INC9"})
        after = await everything(commitments)
        await hook.push(client, RESOLVED)
        await fold(commitments)
        cases = (await client.get("/v1/cases")).json()["items"]
        detail = (await client.get(f"/v1/cases/{cases[0]['id']}")).json()
    told = answer.json()
    assert answer.status_code == 200, answer.text
    assert as_sent.json().keys() == told.keys()
    assert as_sent.json()["event"] == told["event"]
    assert before == after
    assert (told["status"], told["duplicate"], told["authentic"]) == ("processed", False, None)
    assert (told["event"]["case_key"], told["event"]["at"]) == ("INC1", "2016-03-01T20:00:00Z")
    assert [(t["node"], t["changes"], t["state_after"]) for t in told["transitions"]] == [
        ("resolve", ["finished"], "completed_normal"),
        ("close", ["started"], "running_warning"),
    ]
    assert told["transitions"][1]["state_before"] is None
    # What was foretold is what came, whatever was read at which moment.
    assert [(r["node"], r["finished_at"]) for r in told["node_runs"]] == [
        (r["node"], r["finished_at"]) for r in detail["node_runs"]
    ]
    assert told["case"] == {name: detail[name] for name in told["case"]}
    assert new.json()["case"]["key"] == "INC9"


async def test_a_late_payload_shows_what_it_would_withdraw(service: Provide) -> None:
    early = ticket("INC1", 0, "Closed", "01-03-2016 08:01", opened_at="01-03-2016 08:00")
    async with service("commitments") as commitments, commitments.client() as client:
        hook = await desk(commitments, client)
        told = (await tried(client, hook, payload=early)).json()
    assert told["status"] == "processed"
    assert {change for t in told["transitions"] for change in t["changes"]} & {
        "withdrawn",
        "reset",
        "finished",
    }


async def test_a_dry_run_tells_why_a_payload_would_be_quarantined_or_ignored(
    service: Provide,
) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        hook = await desk(commitments, client)
        body = encoded(ticket("INC1", 1, "Active", "01-03-2016 09:00"))
        known = await tried(client, hook, body=body.decode(), headers=hook.headers(body))
        forged = await tried(client, hook, body=body.decode(), headers={"X-SEE-Signature": "x"})
        broken = await tried(client, hook, body='{"half": ')
        blank = await tried(client, hook, payload={"number": "INC1"})
        future = ticket("INC1", 3, "Closed", "01-03-2150 09:00")
        far = await tried(client, hook, payload=future)
        lost = await client.post("/v1/integrations/int_nowhere/dry-run", json={})
    assert (known.json()["duplicate"], known.json()["authentic"]) == (True, True)
    assert known.json()["transitions"] == []
    assert forged.json()["authentic"] is False
    assert broken.json()["faults"][0]["code"] == "not_a_json_object"
    assert [f["field"] for f in blank.json()["faults"]] == ["sys_updated_at", "incident_state"]
    assert blank.json()["status"] == "quarantined"
    assert far.json()["status"] == "processed"
    assert lost.status_code == 404
