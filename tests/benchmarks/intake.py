"""The intake: deliveries that share a commit against one transaction a delivery."""

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

from deploy.local.postgres import Postgres, provision
from services.commitments.__main__ import SERVICE
from services.commitments.intake import Intake
from services.commitments.operations.storing import NewDelivery, store_deliveries
from shared.migrations import migrate
from shared.store import Store
from tests.benchmarks.figures import show
from tests.conftest import free_port

DELIVERIES = 2000
AT_ONCE = 64
INTEGRATION = """INSERT INTO integration VALUES
    ('int_1', 'demo', 'x', 'servicenow', 'incident', '{}', '[]', 1, now())"""


def run() -> None:
    """Print how many deliveries a second are stored, both ways."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        data.chmod(0o755)
        server = Postgres(data / "postgres", free_port(), data / "log", data)
        server.start()
        try:
            asyncio.run(_compare(server.url))
        finally:
            server.child.ask_to_stop()
            server.child.wait_or_kill(20)


async def _compare(admin: str) -> None:
    urls = await provision(admin, "commitments")
    await asyncio.to_thread(migrate, urls["owner"], SERVICE.migrations)
    store = Store(urls["app"])
    async with store.transaction("demo") as session:
        await (await session.connection()).exec_driver_sql(INTEGRATION)
    intake = Intake(store)
    writing = asyncio.create_task(intake.run())

    async def alone(delivery: NewDelivery) -> None:
        async with store.transaction("demo") as session:
            await store_deliveries(session, [delivery])

    async def gathered(delivery: NewDelivery) -> None:
        await intake.accept([delivery])

    single = await _rate(alone, "a")
    shared = await _rate(gathered, "b")
    show("deliveries stored with shared commits", f"{shared:,.0f}/s", shared / single,
         "one transaction a delivery")  # fmt: skip
    writing.cancel()
    await store.close()


async def _rate(store_one: Callable[[NewDelivery], Awaitable[None]], prefix: str) -> float:
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(number: int) -> None:
        key = f"{prefix}{number}"
        new = NewDelivery("demo", "int_1", key, {}, b"{}" * 500, datetime.now(UTC))
        async with gate:
            await store_one(new)

    began = time.perf_counter()
    await asyncio.gather(*(one(number) for number in range(DELIVERIES)))
    return DELIVERIES / (time.perf_counter() - began)
