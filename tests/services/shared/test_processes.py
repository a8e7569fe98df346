"""Processes that are told to stop, or killed: nothing is lost and nothing counts twice."""

import asyncio
import random
import signal
import sys

import httpx

from deploy.local.children import Child
from shared import outbox
from shared.bus import Bus
from shared.identity import Principal
from tests.builders import until
from tests.conftest import ROOT, Provide, ServiceUnderTest, free_port
from tests.services.strategy.test_strategy_api import measured

EVENTS = 300


async def test_a_consumer_killed_at_any_point_applies_every_event_once(
    service: Provide, bus: Bus
) -> None:
    """The node is new for each event, so that every event that counts leaves a row of its own."""
    chance = random.Random(5)  # noqa: S311 - when to kill
    async with service("strategy") as strategy:
        tenant = "killed"
        for first in range(0, EVENTS, 100):
            numbers = range(first, first + 100)
            async with strategy.store.transaction(tenant) as session:
                await outbox.record(session, *(measured(1, n, 0, node=f"n{n}") for n in numbers))
        worker = strategy.worker()
        kills = 0
        try:
            while await _count(strategy, tenant) < EVENTS:
                await asyncio.sleep(chance.uniform(0.05, 0.3))
                if 0 < await _count(strategy, tenant) < EVENTS and kills < 2 and worker.process:
                    worker.process.send_signal(signal.SIGKILL)
                    worker.wait_or_kill(10)
                    worker.start()
                    kills += 1
        finally:
            worker.ask_to_stop()
            worker.wait_or_kill(20)
        copies = await strategy.rows(
            "SELECT count(*), sum(completed_normal) FROM attainment_copy WHERE tenant = $1", tenant
        )
        taken = await strategy.rows("SELECT count(*) FROM inbox WHERE tenant = $1", tenant)
    assert kills >= 1
    assert tuple(copies[0]) == (EVENTS, sum(range(EVENTS)))
    assert taken[0][0] == EVENTS


async def test_a_server_told_to_stop_says_so_serves_on_and_ends(service: Provide) -> None:
    port = free_port()
    async with service("strategy") as strategy:
        principal = Principal("tester@demo", "demo", frozenset({"viewer"}))
        bearer = strategy.signer.token(principal, "strategy")
        server = Child(
            "strategy",
            [sys.executable, "-m", "services.strategy", "serve"],
            {
                **strategy.environment(),
                "STRATEGY_PORT": str(port),
                "STRATEGY_DRAIN_SECONDS": "1.5",
                "PYTHONPATH": str(ROOT),
            },
            strategy.logs / "serve.log",
        )
        server.start()
        headers = {"authorization": f"Bearer {bearer}"}
        async with httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{port}", headers=headers
        ) as client:
            await until(lambda: _is_ready(client), "the server is ready", 30)
            server.ask_to_stop()
            await until(lambda: _is_draining(client), "it says that it stops", 5)
            answers = [await client.get("/v1/kpis") for _ in range(20)]
            alive = await client.get("/healthz")
        server.wait_or_kill(10)
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.headers["connection"] for answer in answers} == {"close"}
    assert alive.status_code == 200
    assert server.ended == 0


async def _count(strategy: ServiceUnderTest, tenant: str) -> int:
    query = "SELECT count(*) FROM attainment_copy WHERE tenant = $1"
    return int((await strategy.rows(query, tenant))[0][0])


async def _is_ready(client: httpx.AsyncClient) -> bool:
    try:
        return (await client.get("/readyz")).status_code == 200
    except httpx.TransportError:
        return False


async def _is_draining(client: httpx.AsyncClient) -> bool:
    return (await client.get("/readyz")).status_code == 503
