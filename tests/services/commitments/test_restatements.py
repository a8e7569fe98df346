"""Promises change and old runs keep what was promised; what else would hold is asked for."""

import asyncio
import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any

import httpx
import pytest

from deploy.local.sample import incidents
from services.commitments.operations.restatements import restate_pending
from tests.builders import every_item, incident_process, published
from tests.conftest import Provide, ServiceUnderTest
from tests.domain.commitments.incident_log import LOG
from tests.domain.commitments.incident_recount import recount
from tests.services.commitments.sample import NOW, fold_rows, load_sample

OPEN_RUNS = int(os.environ.get("SEE_RESTATED_RUNS", "2000"))
"""How many open runs are restated while they are read; 100,000 is the size that is promised."""

CHANGED = datetime(2026, 1, 1, tzinfo=UTC)


def next_version(code: str, **changes: Any) -> dict[str, Any]:
    promise = next(p for p in incidents.promises() if p["code"] == code)
    return {**promise, "valid_from": CHANGED.isoformat(), **changes}


async def test_old_runs_keep_as_promised_results_and_restated_ones_can_be_asked_for(
    service: Provide,
) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        await load_sample(commitments)
        before = await rates(client, "as_promised")
        await published(
            client,
            next_version("close", commitment_seconds=150 * 3600),
        )
        now = await rates(client, "restated")
        assert await rates(client, "as_promised") == before
        assert await rates(client, "as_promised", as_of="2016-03-09T00:00:00Z") != before
        await _asked_for_by_version(commitments, client, now)
        table = await every_item(client, "/v1/status-table", node="close", basis="restated")
        as_promised = await every_item(client, "/v1/status-table", node="close")

    closed = [r for r in recount(LOG) if r.node == "close" and r.state != "cancelled"]
    assert now["close"] == sum(run.seconds <= 150 * 3600 for run in closed) / len(closed)
    assert now["close"] > before["close"]
    assert {k: v for k, v in now.items() if k != "close"} == {
        k: v for k, v in before.items() if k != "close"
    }
    assert {row["promise_version"] for row in table} == {2}
    assert {row["promise_version"] for row in as_promised} == {1}


async def _asked_for_by_version(
    commitments: ServiceUnderTest, client: httpx.AsyncClient, now: Mapping[str, float]
) -> None:
    """A restatement under a named version, done by the worker, then kept up with late events."""
    asked = {"process": "incident", "promise_versions": {"close": 2}}
    restatement = (await client.post("/v1/restatements", json=asked)).json()
    assert (restatement["status"], restatement["cases_left"]) == ("running", 600)
    early = await client.get(f"/v1/attainment?basis={restatement['id']}")
    assert early.status_code == 409
    assert early.json()["cases_left"] == 600
    while await restate_pending(commitments.store, NOW):
        pass
    done = (await client.get(f"/v1/restatements/{restatement['id']}")).json()
    assert (done["status"], done["cases"], done["cases_left"]) == ("complete", 600, 0)
    assert await rates(client, restatement["id"]) == now
    late = {**incidents.events()[0], "number": "INC-LATE", "incident_state": "New"}
    await fold_rows(commitments, [late])
    behind = (await client.get(f"/v1/restatements/{restatement['id']}")).json()
    assert (behind["status"], behind["cases_left"]) == ("complete", 1)
    while await restate_pending(commitments.store, NOW):
        pass
    rows = await every_item(client, "/v1/status-table", basis=restatement["id"])
    assert {row["case_key"] for row in rows} >= {"INC-LATE"}
    assert (await client.delete(f"/v1/restatements/{restatement['id']}")).status_code == 204
    assert await commitments.rows("SELECT 1 FROM restatement_mark LIMIT 1") == []
    gone = await client.get(f"/v1/attainment?basis={restatement['id']}")
    assert gone.json()["errors"][0]["parameter"] == "basis"


async def rates(client: httpx.AsyncClient, basis: str, **query: str) -> dict[str, float]:
    answer = await client.get(
        "/v1/attainment", params={"group_by": "node", "basis": basis, **query}
    )
    assert answer.status_code == 200, answer.text
    return {item["group"]["node"]: item["attainment_rate"] for item in answer.json()["items"]}


async def test_restatements_of_what_is_not_there_name_every_fault(service: Provide) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        await incident_process(client)
        asked = {"process": "incident", "promise_versions": {"close": 7, "open": 1}}
        refused = await client.post("/v1/restatements", json=asked)
        unknown = await client.post("/v1/restatements", json={"process": "nothing"})
        missing = await client.get("/v1/restatements/rst_nowhere")
        empty = (await client.post("/v1/restatements", json={"process": "incident"})).json()
        viewed = await commitments.client("demo", "viewer").post(
            "/v1/restatements", json={"process": "incident"}
        )
    assert [error["pointer"] for error in refused.json()["errors"]] == [
        "#/promise_versions/close",
        "#/promise_versions/open",
    ]
    assert unknown.json()["errors"][0]["pointer"] == "#/process"
    assert (missing.status_code, viewed.status_code) == (404, 403)
    assert (empty["status"], empty["cases"]) == ("complete", 0)


@pytest.mark.timeout(1800)
async def test_many_open_runs_restate_while_reads_go_on(service: Provide) -> None:
    """Reads beside a restatement take no longer than beside an idle worker, but for the CPU."""
    async with service("commitments") as commitments:
        async with commitments.client() as client:
            await incident_process(client)
        await open_runs(commitments, OPEN_RUNS)
        async with commitments.client() as client:
            await published(client, next_version("accept-low", commitment_seconds=60))
            asked = {"process": "incident"}
            restatement = (await client.post("/v1/restatements", json=asked)).json()
        alone = [await _seconds_of_a_read(commitments) for _ in range(20)]
        working = asyncio.create_task(_restate_all(commitments))
        beside = [await _seconds_of_a_read(commitments)]
        while not working.done():
            beside.append(await _seconds_of_a_read(commitments))
        async with commitments.client() as client:
            done = (await client.get(f"/v1/restatements/{restatement['id']}")).json()
            states = await _states(client, restatement["id"])
    assert (done["status"], done["cases"]) == ("complete", OPEN_RUNS)
    assert states == {"running_warning": OPEN_RUNS}
    # The worker shares this test's event loop, so a read waits for one fold at the most.
    assert median(beside) < 5 * median(alone) + 0.05
    print(  # noqa: T201 - figures of the run
        f"{OPEN_RUNS} open runs restated in {working.result():.1f} s; "
        f"reads {median(alone) * 1e3:.1f} ms alone, {median(beside) * 1e3:.1f} ms beside, "
        f"longest {max(beside) * 1e3:.0f} ms of {len(beside)}"
    )


async def open_runs(commitments: ServiceUnderTest, count: int) -> None:
    """Tickets that are New since the first of March, a run of `accept` each."""
    opened = datetime(2016, 3, 1, tzinfo=UTC)
    row = {
        **incidents.events()[0],
        "incident_state": "New",
        "priority": "4 - Low",
        "sys_mod_count": "0",
    }
    for first in range(0, count, 1000):
        rows = []
        for number in range(first, min(first + 1000, count)):
            at = (opened + timedelta(seconds=60 * (number % 1440))).strftime(incidents.TIME_FORMAT)
            rows.append({**row, "number": f"INC{number}", "opened_at": at, "sys_updated_at": at})
        await fold_rows(commitments, rows)


async def _restate_all(commitments: ServiceUnderTest) -> float:
    began = time.perf_counter()
    while await restate_pending(commitments.store, NOW):
        pass
    return time.perf_counter() - began


async def _seconds_of_a_read(commitments: ServiceUnderTest) -> float:
    # A client of its own: a caller's token lasts for a minute.
    async with commitments.client() as client:
        began = time.perf_counter()
        answer = await client.get("/v1/node-runs?limit=20&state=running_warning")
        took = time.perf_counter() - began
    assert answer.status_code == 200
    assert len(answer.json()["items"]) == 20
    return took


async def _states(client: httpx.AsyncClient, basis: str) -> dict[str, int]:
    query = {"group_by": "node", "basis": basis, "as_of": "2016-03-03T00:00:00Z"}
    items = (await client.get("/v1/attainment", params=query)).json()["items"]
    return {state: n for item in items for state, n in item["counts"].items() if n}
