"""The live stream: a tenant's facts and nobody else's, resumed where it broke off."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.local.broker import Broker
from shared.bus import Bus, Unreachable
from shared.ids import new_id
from tests.conftest import free_port
from tests.services.gateway.conftest import Gateways, Tokens

QUICK = httpx.Timeout(10)


@dataclass
class Sent:
    """One event of a stream."""

    id: str
    name: str
    data: Any


class Stream:
    """What a client of the stream reads."""

    def __init__(self, response: httpx.Response) -> None:
        self._lines = response.aiter_lines()

    async def next(self) -> Sent:
        fields: dict[str, str] = {}
        async with asyncio.timeout(10):
            async for line in self._lines:
                if line:
                    name, _, value = line.partition(": ")
                    fields[name] = value
                elif "data" in fields:
                    return Sent(fields["id"], fields["event"], json.loads(fields["data"]))
        raise EOFError


@asynccontextmanager
async def opened(
    client: httpx.AsyncClient, headers: dict[str, str], query: str = ""
) -> AsyncIterator[Stream]:
    async with client.stream("GET", f"/v1/stream{query}", headers=headers, timeout=QUICK) as answer:
        assert answer.status_code == 200, await answer.aread()
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield Stream(answer)


async def publish(bus: Bus, number: int, tenant: str = "demo", fact: str = "limit_passed") -> None:
    event = new_id("evt")
    headers = {"ce-id": event, "ce-type": f"see.commitments.{fact}.v1", "ce-source": "/commitments"}
    body = json.dumps({"number": number}).encode()
    await bus.publish(f"see.{tenant}.commitments.{fact}.v1", body, event, headers)


async def again(call: Callable[[], Awaitable[object]]) -> None:
    """The call, until the broker that was away takes it."""
    async with asyncio.timeout(20):
        while True:
            try:
                await call()
            except Unreachable:
                await asyncio.sleep(0.1)
            else:
                return


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    """A broker of this test's own, which it may stop and rob."""
    server = Broker(tmp_path / "nats", free_port(), tmp_path / "nats.log", tmp_path)
    server.start()
    yield server
    stop(server)


def stop(broker: Broker) -> None:
    broker.child.ask_to_stop()
    broker.child.wait_or_kill(10)


@pytest.fixture
async def bus(broker: Broker) -> AsyncIterator[Bus]:
    connection = await Bus.connect(broker.url, "test")
    await connection.ensure_stream(1)
    yield connection
    await connection.close()


@asynccontextmanager
async def live(gateways: Gateways, broker: Broker, **told: Any) -> AsyncIterator[httpx.AsyncClient]:
    async with gateways(nats_url=broker.url, **told) as client:
        yield client


async def test_a_client_reads_its_own_tenants_facts_as_they_happen(
    gateways: Gateways, bearer: Tokens, broker: Broker, bus: Bus
) -> None:
    await publish(bus, 0)
    async with live(gateways, broker) as client, opened(client, bearer()) as stream:
        assert (await stream.next()).name == "ready"
        await publish(bus, 1, tenant="other")
        await publish(bus, 2)
        sent = await stream.next()
    assert (sent.name, sent.data["data"]) == ("commitments.limit_passed", {"number": 2})
    assert sent.data["type"] == "see.commitments.limit_passed.v1"


async def test_a_fact_arrives_at_once(
    gateways: Gateways, bearer: Tokens, broker: Broker, bus: Bus
) -> None:
    loop = asyncio.get_running_loop()
    async with live(gateways, broker) as client, opened(client, bearer()) as stream:
        await stream.next()
        waited = []
        for number in range(5):
            await asyncio.sleep(0.05 * number)
            before = loop.time()
            await publish(bus, number)
            assert (await stream.next()).data["data"]["number"] == number
            waited.append(loop.time() - before)
    # The median: far below the second that a fetch waits for a full batch.
    assert sorted(waited)[2] < 0.5


async def test_a_client_goes_on_behind_the_event_that_it_read_last(
    gateways: Gateways, bearer: Tokens, broker: Broker, bus: Bus
) -> None:
    async with live(gateways, broker) as client:
        async with opened(client, bearer()) as stream:
            await stream.next()
            await publish(bus, 1)
            last = (await stream.next()).id
        for number in (2, 3):
            await publish(bus, number)
        async with opened(client, {**bearer(), "last-event-id": last}) as stream:
            assert (await stream.next()).name == "ready"
            missed = [(await stream.next()).data["data"]["number"] for _ in range(2)]
    assert missed == [2, 3]


async def test_topics_choose_the_facts(
    gateways: Gateways, bearer: Tokens, broker: Broker, bus: Bus
) -> None:
    query = "?topic=commitments.attainment_measured&topic=reporting.report_finished"
    async with live(gateways, broker) as client, opened(client, bearer(), query) as stream:
        await stream.next()
        await publish(bus, 1)
        await publish(bus, 2, fact="attainment_measured")
        assert (await stream.next()).data["data"] == {"number": 2}


async def test_penalties_are_seen_by_process_owners_and_passed_over_for_others(
    gateways: Gateways, bearer: Tokens, broker: Broker, bus: Bus
) -> None:
    topic = "?topic=commitments.penalty_charged"
    async with live(gateways, broker) as client:
        hidden = await client.get(f"/v1/stream{topic}", headers=bearer())
        owner = bearer(roles=["process_owner"])
        async with opened(client, bearer()) as seen, opened(client, owner, topic) as all_:
            await seen.next()
            await all_.next()
            await publish(bus, 1, fact="penalty_charged")
            await publish(bus, 2)
            assert (await seen.next()).data["data"] == {"number": 2}
            assert (await all_.next()).data["data"] == {"number": 1}
    assert hidden.status_code == 403
    assert "process_owner" in hidden.json()["detail"]


async def test_an_unknown_topic_is_refused_by_name(
    gateways: Gateways, bearer: Tokens, broker: Broker
) -> None:
    async with live(gateways, broker) as client:
        answer = await client.get("/v1/stream?topic=commitments.weather", headers=bearer())
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert (error["parameter"], error["code"]) == ("topic", "unknown_topic")
    assert "commitments.weather" in error["detail"]


async def test_an_integration_and_a_caller_without_a_role_read_nothing(
    gateways: Gateways, bearer: Tokens, broker: Broker
) -> None:
    async with live(gateways, broker) as client:
        refused = [
            (await client.get("/v1/stream", headers=bearer(roles=roles))).status_code
            for roles in (["integration"], [])
        ]
        nobody = await client.get("/v1/stream")
    assert refused == [403, 403]
    assert nobody.status_code == 401


async def test_a_stream_outlives_a_restart_of_the_broker(
    gateways: Gateways, bearer: Tokens, broker: Broker, bus: Bus
) -> None:
    async with live(gateways, broker) as client, opened(client, bearer()) as stream:
        await stream.next()
        stop(broker)
        broker.start()
        await again(lambda: publish(bus, 7))
        seen = await stream.next()
        while seen.name == "ready":
            seen = await stream.next()
    assert seen.data["data"] == {"number": 7}


async def test_a_client_whose_events_are_lost_is_told_to_read_afresh(
    gateways: Gateways, bearer: Tokens, broker: Broker, bus: Bus, tmp_path: Path
) -> None:
    async with live(gateways, broker) as client:
        async with opened(client, bearer()) as stream:
            last = (await stream.next()).id
        stop(broker)
        shutil.rmtree(tmp_path / "nats" / "store")
        broker.start()
        await again(lambda: bus.ensure_stream(1))
        headers = {**bearer(), "last-event-id": last}
        answered = 0
        while answered != 200:
            async with client.stream("GET", "/v1/stream", headers=headers, timeout=QUICK) as answer:
                answered = answer.status_code
                if answered == 200:
                    first = await Stream(answer).next()
        async with opened(client, {**bearer(), "last-event-id": "what"}) as stream:
            invented = await stream.next()
    assert (first.name, invented.name) == ("reset", "reset")


async def test_so_many_streams_are_open_at_once(
    gateways: Gateways, bearer: Tokens, broker: Broker, bus: Bus
) -> None:
    async with live(gateways, broker, max_streams=1) as client, opened(client, bearer()) as stream:
        await stream.next()
        second = await client.get("/v1/stream", headers=bearer())
    assert (second.status_code, second.headers["retry-after"]) == (503, "2")


async def test_a_stream_ends_after_its_time_and_the_next_one_opens(
    gateways: Gateways, bearer: Tokens, broker: Broker, bus: Bus
) -> None:
    async with live(gateways, broker, max_streams=1, stream_seconds=0.2) as client:
        for _ in range(2):
            async with opened(client, bearer()) as stream:
                await stream.next()
                with pytest.raises(EOFError):
                    await stream.next()


async def test_without_a_broker_the_stream_is_unavailable_and_all_else_answers(
    gateways: Gateways, bearer: Tokens
) -> None:
    async with gateways(nats_url=f"nats://127.0.0.1:{free_port()}") as client:
        assert (await client.get("/v1/stream", headers=bearer())).status_code == 503
        assert (await client.get("/v1/platform/status", headers=bearer())).status_code == 200
