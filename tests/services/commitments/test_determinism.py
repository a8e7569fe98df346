"""However the events of the sample's odd cases arrive, what is told of them is the same.

`SEE_ARRIVALS` is how many further arrivals by real workers are tried, none by default.
"""

import asyncio
import os
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from deploy.local.sample import incidents
from services.commitments.operations.deliveries import fold_pending
from services.commitments.operations.measures import measure_attainment
from tests.builders import Hook, incident_process, ticket, until
from tests.conftest import Provide, ServiceUnderTest
from tests.services.commitments.test_webhooks import NOW

ODD = {f"INC0000{number}" for number in (130, 134, 135, 137, 164)}
"""They hold two different events under one modification count."""
ROWS = [
    row
    for row in incidents.events()
    if row["number"] in ODD or row["number"][-3:] in ("573", "273", "073")
]
CORRECTED = {
    "INC0000130": "pause",
    "INC0000134": "void",
    "INC0000135": "reassign",
    "INC0000137": "close",
}

TOLD = {
    "clocks": """SELECT (to_jsonb(t) - 'promise_id')::text
                 FROM (SELECT * FROM clock_version ORDER BY id, valid_from) t""",
    "cases": """SELECT t::text FROM (SELECT * FROM case_version ORDER BY case_id, valid_from) t""",
    "events": """SELECT t::text FROM (SELECT case_id, at, sequence, body,
                 CASE WHEN event_id LIKE 'cor%' THEN '' ELSE event_id END AS event_id
                 FROM ticket_event ORDER BY case_id, at, sequence, 5) t""",
    "measures": """SELECT t::text FROM (SELECT process, node, level, department, month,
                   completed_normal, completed_acceptable, completed_warning, cancelled
                   FROM attainment_measure WHERE completed_normal + completed_acceptable
                   + completed_warning + cancelled > 0 ORDER BY 1, 2, 3, 4, 5) t""",
}
READS = (
    "/v1/attainment?group_by=process,node,department&as_of=2016-12-01T00:00:00Z",
    "/v1/node-runs?limit=500&sort=started_at&as_of=2016-12-01T00:00:00Z",
    "/v1/node-runs?limit=500&sort=started_at&as_of=2016-03-03T00:00:00Z",
)


@dataclass(frozen=True)
class Arrival:
    """How the events come: in which order, how often, in batches of what size, to how many."""

    seed: int
    repeated: float
    batch: int
    workers: int = 0


async def told(commitments: ServiceUnderTest, client: httpx.AsyncClient) -> dict[str, Any]:
    """Everything that is stored and read of the cases, byte by byte."""
    rows = {name: [row[0] for row in await commitments.rows(q)] for name, q in TOLD.items()}
    reads: dict[str, Any] = {path: (await client.get(path)).text for path in READS}
    return {**rows, **reads}


async def corrected(client: httpx.AsyncClient, numbers: Sequence[str]) -> None:
    """Correct these cases by hand."""
    for number in numbers:
        kind = CORRECTED[number]
        (case,) = (await client.get("/v1/cases", params={"key": number})).json()["items"]
        body = {"kind": kind, "at": _halfway(number), "reason": "As agreed"}
        if kind == "reassign":
            body["department"] = "Group 9"
        answer = await client.post(f"/v1/cases/{case['id']}/corrections", json=body)
        assert answer.status_code == 201, answer.text


def _halfway(number: str) -> str:
    """Between the first and the last event of a case."""
    times = [_updated_at(row) for row in ROWS if row["number"] == number]
    return (min(times) + (max(times) - min(times)) / 2).isoformat()


def _updated_at(row: dict[str, str]) -> datetime:
    return datetime.strptime(row["sys_updated_at"], incidents.TIME_FORMAT).replace(tzinfo=UTC)


async def arrived(service: Provide, arrival: Arrival) -> dict[str, Any]:
    chance = random.Random(arrival.seed)  # noqa: S311 - the order of arrival
    rows = list(ROWS)
    again = [row for row in rows if chance.random() < arrival.repeated]
    if arrival.seed:
        chance.shuffle(rows)
        chance.shuffle(again)
    async with service("commitments") as commitments, commitments.client() as client:
        hook = await incident_process(client)
        workers = [
            commitments.worker(fold_batch=str(arrival.batch)) for _ in range(arrival.workers)
        ]
        try:
            await _push(commitments, client, hook, arrival, [rows, again])
            found = await told(commitments, client)
        finally:
            for worker in workers:
                worker.ask_to_stop()
            for worker in workers:
                worker.wait_or_kill(20)
    return found


async def _push(
    commitments: ServiceUnderTest,
    client: httpx.AsyncClient,
    hook: Hook,
    arrival: Arrival,
    parts: Sequence[Sequence[dict[str, str]]],
) -> None:
    """Push the events while they are folded; the corrections come in the middle of it."""
    half = len(parts[0]) // 2
    # A correction needs a case that has begun; most of the events may come after it.
    opening = [
        min((r for r in ROWS if r["number"] == number), key=_updated_at) for number in CORRECTED
    ]
    first = [*opening, *parts[0][:half]]
    await hook.push_all(client, first)
    await _settled(commitments, arrival)
    later = asyncio.create_task(hook.push_all(client, [*parts[0][half:], *parts[1]]))
    await corrected(client, list(CORRECTED))
    await later
    await _settled(commitments, arrival)


async def _settled(commitments: ServiceUnderTest, arrival: Arrival) -> None:
    async def done() -> bool:
        pending = await commitments.rows("SELECT 1 FROM delivery WHERE status = 'pending' LIMIT 1")
        marks = await commitments.rows("SELECT 1 FROM attainment_mark LIMIT 1")
        return not pending and not marks

    if arrival.workers:
        await until(done, "every event is folded and measured")
        return
    while await fold_pending(commitments.store, arrival.batch, NOW, NOW - timedelta(hours=1)):
        pass
    while await measure_attainment(commitments.store, NOW):
        pass


ARRIVALS = [
    Arrival(seed=1, repeated=1.0, batch=2),
    Arrival(seed=2, repeated=0.3, batch=17),
    Arrival(seed=3, repeated=0.6, batch=5, workers=3),
    *(
        Arrival(seed=100 + n, repeated=0.5, batch=1 + n % 40, workers=1 + n % 4)
        for n in range(int(os.environ.get("SEE_ARRIVALS", "0")))
    ),
]


@pytest.mark.timeout(1800)
async def test_any_arrival_gives_byte_identical_runs_states_and_attainment(
    service: Provide,
) -> None:
    expected = await arrived(service, Arrival(seed=0, repeated=0, batch=1000))
    assert len(expected["clocks"]) > 100
    assert expected["measures"]
    for arrival in ARRIVALS:
        found = await arrived(service, arrival)
        for name, value in expected.items():
            assert found[name] == value, (arrival, name)


BASE = [
    ticket(number, count, state, f"01-03-2016 {at}")
    for number in ("INC1", "INC2")
    for count, state, at in ((3, "Active", "09:00"), (0, "New", "08:05"), (4, "Active", "12:00"))
]
LATE = {
    "2016-03-01T08:10:00Z": ticket("INC1", 1, "New", "01-03-2016 08:10", priority="2 - High"),
    "2016-03-01T10:00:00Z": ticket("INC1", 2, "Awaiting User Info", "01-03-2016 10:00"),
    "2016-03-02T10:00:00Z": ticket("INC1", 9, "Resolved", "02-03-2016 10:00"),
}


async def read_at(client: httpx.AsyncClient, instant: datetime) -> dict[str, str]:
    """What is told of each case at an instant, byte by byte."""
    cases = (await client.get("/v1/cases")).json()["items"]
    query = {"as_of": instant.isoformat()}
    return {c["key"]: (await client.get(f"/v1/cases/{c['id']}", params=query)).text for c in cases}


async def test_a_late_event_changes_its_own_case_from_its_instant_on_and_nothing_else(
    service: Provide,
) -> None:
    async with service("commitments") as commitments:
        for number, (at, late) in enumerate(LATE.items()):
            async with commitments.client(f"tenant-{number}") as client:
                await _moves_nothing_else(commitments, client, datetime.fromisoformat(at), late)


async def _moves_nothing_else(
    commitments: ServiceUnderTest, client: httpx.AsyncClient, at: datetime, late: dict[str, str]
) -> None:
    instants = (at - timedelta(microseconds=1), at, at + timedelta(days=90))
    hook = await incident_process(client)
    await hook.push_all(client, BASE)
    await fold_pending(commitments.store, 100, NOW, NOW - timedelta(hours=1))
    before = [await read_at(client, instant) for instant in instants]
    await hook.push(client, late)
    await fold_pending(commitments.store, 100, NOW, NOW - timedelta(hours=1))
    after = [await read_at(client, instant) for instant in instants]
    assert after[0] == before[0]
    assert [told["INC2"] for told in after] == [told["INC2"] for told in before]
    assert after[1]["INC1"] != before[1]["INC1"]
    assert after[2]["INC1"] != before[2]["INC1"]
