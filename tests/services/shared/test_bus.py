"""Events between services: a broker that is away or loses its store; handlers that fail."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from functools import partial
from pathlib import Path

import pytest

import shared.bus
from deploy.local.broker import Broker
from services.strategy.subscriptions import HANDLERS
from shared import outbox
from shared.bus import Bus
from shared.contracts.commitments import AttainmentMeasured
from shared.contracts.event import Envelope
from shared.inbox import Inbox
from shared.store import Session
from tests.builders import until
from tests.conftest import Provide, ServiceUnderTest, free_port
from tests.services.strategy.test_strategy_api import measured


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    """A broker of this test's own, which it may stop and rob."""
    server = Broker(tmp_path / "nats", free_port(), tmp_path / "nats.log", tmp_path)
    server.start()
    yield server
    stop(server)


@pytest.fixture
async def connection(broker: Broker) -> AsyncIterator[Bus]:
    opened = await Bus.connect(broker.url, "test")
    yield opened
    await opened.close()


def stop(broker: Broker) -> None:
    broker.child.ask_to_stop()
    broker.child.wait_or_kill(10)


async def record(strategy: ServiceUnderTest, *events: AttainmentMeasured) -> None:
    async with strategy.store.transaction("demo") as session:
        await outbox.record(session, *events)


async def relay(strategy: ServiceUnderTest, bus: Bus) -> None:
    """What a worker's relay and reconciler do, until nothing is left to publish."""

    async def published() -> bool:
        try:
            await outbox.reconcile(strategy.store, partial(bus.ensure_stream, 1))
            await outbox.publish_pending(strategy.store, bus)
        except shared.bus.Unreachable:
            return False
        rows = await strategy.rows("SELECT 1 FROM outbox WHERE published_at IS NULL")
        return not rows

    await until(published, "the outbox is empty", 30)


async def consume(strategy: ServiceUnderTest, bus: Bus, wanted: int) -> None:
    """What a worker's consumer does, until that many events are in the inbox."""
    inbox = Inbox(strategy.store, HANDLERS)
    subscription = await bus.subscribe("strategy", inbox.subjects)

    async def taken() -> bool:
        for message in await subscription.fetch(50, 0.5):
            await inbox.take(message)
        (row,) = await strategy.rows("SELECT count(*) FROM inbox")
        return bool(row[0] >= wanted)

    await until(taken, f"{wanted} events are taken", 30)
    await subscription.close()


async def test_what_is_recorded_while_the_broker_is_away_arrives_when_it_is_back(
    service: Provide, broker: Broker, connection: Bus
) -> None:
    async with service("strategy") as strategy:
        await connection.ensure_stream(1)
        stop(broker)
        await record(strategy, *(measured(n, n, 0, node=f"n{n}") for n in range(1, 31)))
        broker.start()
        await relay(strategy, connection)
        await consume(strategy, connection, 30)
        rows = await strategy.rows("SELECT sum(completed_normal) FROM attainment_copy")
    assert rows[0][0] == sum(range(1, 31))


async def test_a_broker_that_lost_its_store_gets_every_event_again_and_each_counts_once(
    service: Provide, broker: Broker, connection: Bus, tmp_path: Path
) -> None:
    async with service("strategy") as strategy:
        await connection.ensure_stream(1)
        await record(strategy, *(measured(n, n, 0, node=f"n{n}") for n in range(1, 21)))
        await relay(strategy, connection)
        await consume(strategy, connection, 12)
        stop(broker)
        shutil.rmtree(tmp_path / "nats" / "store")
        broker.start()
        await relay(strategy, connection)
        state = await connection.ensure_stream(1)
        await consume(strategy, connection, 20)
        inbox = await strategy.rows("SELECT event_id FROM inbox")
        copies = await strategy.rows("SELECT count(*), sum(revision) FROM attainment_copy")
    assert state.last_sequence == 20
    assert len(inbox) == 20
    assert tuple(copies[0]) == (20, sum(range(1, 21)))


async def test_an_event_is_published_only_if_its_transaction_commits(
    service: Provide, connection: Bus
) -> None:
    async with service("strategy") as strategy:
        with pytest.raises(ZeroDivisionError):
            await _record_and_fail(strategy)
        await connection.ensure_stream(1)
        assert await outbox.publish_pending(strategy.store, connection) == 0


async def _record_and_fail(strategy: ServiceUnderTest) -> None:
    async with strategy.store.transaction("demo") as session:
        await outbox.record(session, measured(1, 1, 0))
        raise ZeroDivisionError


async def test_an_event_that_keeps_failing_becomes_a_dead_letter_and_can_be_replayed(
    service: Provide, connection: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts: list[int] = []
    mended = False

    async def fails(session: Session, event: AttainmentMeasured, envelope: Envelope) -> None:
        attempts.append(envelope.attempt)
        if not mended:
            raise ValueError("this handler cannot do it")
        await HANDLERS[AttainmentMeasured](session, event, envelope)

    monkeypatch.setattr(shared.bus, "delay_seconds", lambda _: 0.05)
    async with service("strategy") as strategy:
        await connection.ensure_stream(1)
        await record(strategy, measured(1, 9, 1))
        await relay(strategy, connection)
        inbox = Inbox(strategy.store, {AttainmentMeasured: fails})
        subscription = await connection.subscribe("strategy", inbox.subjects)

        async def is_dead() -> bool:
            for message in await subscription.fetch(10, 0.2):
                await inbox.take(message)
            return bool(await strategy.rows("SELECT 1 FROM dead_letter"))

        await until(is_dead, "the event is a dead letter", 30)
        left = await subscription.fetch(10, 0.5)
        mended = True
        async with strategy.client() as client:
            (letter,) = (await client.get("/v1/strategy-dead-letters")).json()["items"]
            marked = await client.post(f"/v1/strategy-dead-letters/{letter['id']}/replay")
            assert await inbox.replay_one()
            (after,) = (await client.get("/v1/strategy-dead-letters")).json()["items"]
        copies = await strategy.rows("SELECT completed_normal FROM attainment_copy")
        await subscription.close()
    assert attempts == [1, 2, 3, 4, 5, 6, 7, 8, 9]
    assert "this handler cannot do it" in letter["error"]
    assert left == []
    assert marked.status_code == 202
    assert after["status"] == "replayed"
    assert [row[0] for row in copies] == [9]


async def test_writes_of_many_relays_at_once_leave_each_event_in_the_stream_once(
    service: Provide, connection: Bus
) -> None:
    async with service("strategy") as strategy:
        await connection.ensure_stream(1)
        await record(strategy, *(measured(n, n, 0) for n in range(1, 501)))
        await asyncio.gather(*(relay(strategy, connection) for _ in range(4)))
        state = await connection.ensure_stream(1)
    assert state.last_sequence == 500
