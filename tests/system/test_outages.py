"""Database and broker away for a while: nothing accepted is lost, everything recovers by itself."""

import asyncio
import os
import signal

import httpx

from tests.builders import Hook, integration, ticket, until
from tests.system.conftest import PlatformUnderTest


async def test_webhooks_sent_while_the_broker_is_frozen_count_once(
    platform: PlatformUnderTest, demo: httpx.AsyncClient
) -> None:
    hook = await integration(demo)
    broker = platform.child("-c", str(platform.data / "nats" / "nats.conf"))
    os.kill(broker.pid, signal.SIGSTOP)
    try:
        statuses = await _closed_case(demo, hook, "OUT1", "2017-01")
    finally:
        os.kill(broker.pid, signal.SIGCONT)
    await until(lambda: _has_reading(demo, "2017-01"), "the KPI hears of it", 90)
    runs = (await demo.get("/v1/node-runs?limit=500&node=resolve")).json()["items"]
    assert set(statuses) == {202}
    assert [r["state"] for r in runs if r["case_key"] == "OUT1"] == ["completed_normal"]


async def test_a_database_that_is_away_is_503_and_comes_back_by_itself(
    platform: PlatformUnderTest, demo: httpx.AsyncClient
) -> None:
    hook = await integration(demo)
    database = platform.child("-D", str(platform.data / "postgres" / "data"))
    os.kill(database.pid, signal.SIGQUIT)
    refused = await until(lambda: _refused(demo), "a read is refused", 20)
    live = [await _get(demo, port, "healthz") for port in _ports(platform)]
    await until(lambda: _answers(demo), "the database is back", 90)
    statuses = await _closed_case(demo, hook, "OUT2", "2017-02")
    await until(lambda: _has_reading(demo, "2017-02"), "the KPI hears of it", 90)
    assert refused.status_code == 503
    assert int(refused.headers["retry-after"]) >= 1
    assert live == [200] * 8
    assert set(statuses) == {202}


async def _closed_case(client: httpx.AsyncClient, hook: Hook, number: str, month: str) -> list[int]:
    year, of_year = month.split("-")
    statuses = []
    for count, state in enumerate(("New", "Active", "Resolved", "Closed")):
        at = f"03-{of_year}-{year} 0{count}:30"
        event = ticket(number, count, state, at, opened_at=f"03-{of_year}-{year} 00:00")
        statuses.append((await hook.push(client, event)).status_code)
    return statuses


async def _has_reading(client: httpx.AsyncClient, month: str) -> bool:
    answer = await client.get("/v1/kpis/resolve-on-time/readings")
    found = answer.json()["items"] if answer.status_code == 200 else []
    return any(reading["period"] == month for reading in found)


async def _refused(client: httpx.AsyncClient) -> httpx.Response | None:
    answer = await client.get("/v1/cases")
    return None if answer.status_code == 200 else answer


async def _answers(client: httpx.AsyncClient) -> bool:
    answers = await asyncio.gather(
        *(client.get(path) for path in ("/v1/cases", "/v1/kpis", "/v1/reports"))
    )
    return all(answer.status_code == 200 for answer in answers)


def _ports(platform: PlatformUnderTest) -> range:
    first = int(platform.url.rpartition(":")[2])
    return range(first + 1, first + 9)


async def _get(client: httpx.AsyncClient, port: int, path: str) -> int:
    return (await client.get(f"http://127.0.0.1:{port}/{path}")).status_code
