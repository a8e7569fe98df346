"""A worker runs a service's loops: the outbox relay, the event consumer and what time wakes up."""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial

import structlog
import uvicorn
from fastapi import FastAPI, Response

from shared import idempotency, outbox
from shared.bus import Bus, Unreachable
from shared.contracts.event import Event
from shared.inbox import Handler, Inbox
from shared.metrics import Gauges, Look
from shared.serving import ProbeServer, config
from shared.settings import ServiceSettings
from shared.store import Follower, Store, database_now, is_unavailable

log = structlog.get_logger()

IDLE_SECONDS = 0.2
RECONCILE_SECONDS = 10.0
HOUSEKEEPING_SECONDS = 600.0

Step = Callable[[Store], Awaitable[float]]
"""One turn of a loop: does what is due, returns how many seconds it may rest, 0 if more is due."""


@dataclass
class Worker:
    """The loops of one service, and the state that its probes report."""

    name: str
    settings: ServiceSettings
    handlers: Mapping[type[Event], Handler] = field(default_factory=dict)
    steps: Mapping[str, Step] = field(default_factory=dict)
    followers: Sequence[Follower] = ()
    look: Look | None = None
    """What the service measures beside the tables that all services have."""

    def __post_init__(self) -> None:
        self._stop = asyncio.Event()
        self._store = Store(self.settings.database_url, self.settings.pool_size, self.followers)
        self._bus: Bus | None = None

    async def run(self, *, measured: bool = False) -> None:
        """Run every loop until SIGTERM or SIGINT, then let each finish its turn.

        `measured` says whether metrics go anywhere; nothing is looked up for them otherwise.
        """
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        probes = self._probes()
        serving = asyncio.create_task(probes.serve())
        loops = [asyncio.create_task(self._repeat(n, step)) for n, step in self.steps.items()]
        loops.append(asyncio.create_task(self._repeat("housekeeping", self._housekeep)))
        gauges = Gauges(self.look) if measured else None
        if gauges:
            loops.append(asyncio.create_task(self._repeat("gauges", gauges.measure)))
        loops.append(asyncio.create_task(self._with_bus(gauges)))
        log.info("worker_started", loops=[*self.steps, "relay", "consumer"])
        await self._stop.wait()
        await asyncio.wait(loops, timeout=self.settings.stop_seconds)
        probes.should_exit = True
        await serving
        if self._bus:
            await self._bus.close()
        await self._store.close()
        log.info("worker_stopped")

    async def _with_bus(self, gauges: Gauges | None) -> None:
        connecting = asyncio.create_task(Bus.connect(self.settings.nats_url, self.name))
        stopping = asyncio.create_task(self._stop.wait())
        await asyncio.wait({connecting, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not connecting.done():
            connecting.cancel()
            return
        self._bus = bus = connecting.result()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._repeat("reconcile", lambda store: self._reconcile(store, bus)))
            group.create_task(self._repeat("relay", lambda store: self._relay(store, bus)))
            if self.handlers:
                group.create_task(self._consume(bus))
            if self.handlers and gauges:
                group.create_task(self._repeat("lag", lambda _: self._lag(gauges, bus)))

    async def _repeat(self, name: str, step: Step) -> None:
        """Take turns until stopped; a failure is logged and tried again with growing rests."""
        failures = 0
        while not self._stop.is_set():
            try:
                rest = await step(self._store)
                failures = 0
            except Exception as error:
                failures += 1
                rest = min(0.2 * 2**failures, 5.0)
                known = is_unavailable(error) or isinstance(error, Unreachable)
                log.warning(
                    "loop_failed", loop=name, exc_info=None if known else error, error=repr(error)
                )
            await self._rest(rest)

    async def _rest(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        try:
            await asyncio.wait_for(self._stop.wait(), seconds)
        except TimeoutError:
            return

    async def _relay(self, store: Store, bus: Bus) -> float:
        published = await outbox.publish_pending(store, bus)
        return 0 if published == outbox.BATCH else IDLE_SECONDS

    async def _reconcile(self, store: Store, bus: Bus) -> float:
        await outbox.reconcile(store, partial(bus.ensure_stream, self.settings.nats_replicas))
        return RECONCILE_SECONDS

    async def _lag(self, gauges: Gauges, bus: Bus) -> float:
        return await gauges.measure_consumer(bus, self.name, datetime.now(UTC))

    async def _consume(self, bus: Bus) -> None:
        """Take messages, and subscribe again whenever the broker has forgotten this consumer."""
        inbox = Inbox(self._store, self.handlers)
        await asyncio.gather(
            self._repeat("replay", lambda _: _replay(inbox)),
            self._repeat("consumer", lambda _: self._subscribed(bus, inbox)),
        )

    async def _subscribed(self, bus: Bus, inbox: Inbox) -> float:
        await bus.ensure_stream(self.settings.nats_replicas)
        subscription = await bus.subscribe(self.name, inbox.subjects)
        try:
            while not self._stop.is_set():
                messages = await subscription.fetch(batch=50, wait_seconds=1.0)
                await inbox.take_all(messages)
                if not messages and not await subscription.exists():
                    break
        finally:
            await subscription.close()
        return IDLE_SECONDS

    async def _housekeep(self, store: Store) -> float:
        async with store.queue() as session:
            now = await database_now(session)
            await outbox.forget(session, timedelta(days=self.settings.outbox_days), now)
            await idempotency.forget(session, now)
        return HOUSEKEEPING_SECONDS

    def _probes(self) -> uvicorn.Server:
        """`/healthz` says the loops run; `/readyz` that database and broker are there as well."""
        app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

        @app.get("/healthz")
        async def healthz() -> dict[str, str]:
            return {"status": "alive"}

        @app.get("/readyz")
        async def readyz(response: Response) -> dict[str, bool]:
            parts = {
                "running": not self._stop.is_set(),
                "database": await self._store.ready(),
                "broker": self._bus is not None and self._bus.connected,
            }
            response.status_code = 200 if all(parts.values()) else 503
            return parts

        return ProbeServer(config(app, self.settings, self.settings.health_port))


async def _replay(inbox: Inbox) -> float:
    return 0 if await inbox.replay_one() else 1.0
