"""Alerts: instants taken by the batch against one transaction an instant."""

import asyncio
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from deploy.local.postgres import Postgres, provision
from services.commitments.__main__ import SERVICE
from services.commitments.operations import alerts
from shared.migrations import migrate
from shared.store import Store
from tests.benchmarks.figures import show
from tests.conftest import free_port

INSTANTS = 2000

CASES = """INSERT INTO service_case (id, tenant, process, key)
    SELECT 'cas_' || n, 'demo', 'desk', 'K' || n FROM generate_series(1, {n}) n"""
CLOCKS = """INSERT INTO clock_version (tenant, id, valid_from, level, case_id, case_key, process,
        node, visit, leg, promise_id, promise_code, promise_version, started_at, running_since,
        commitment_due_at, pauses)
    SELECT 'demo', 'run_' || n, now() - interval '1 hour', 'run', 'cas_' || n, 'K' || n, 'desk',
        'answer', 1, 0, 'prm_1', 'answer', 1, now() - interval '1 hour',
        now() - interval '1 hour', now() - interval '1 minute', '[]'
    FROM generate_series(1, {n}) n"""
DUE = """INSERT INTO due_instant (tenant, run_id, threshold, case_id, due_at)
    SELECT 'demo', 'run_' || n, '{threshold}', 'cas_' || n, now() - interval '1 minute'
    FROM generate_series(1, {n}) n"""


def run() -> None:
    """Print how many due instants a second become alerts, both ways."""
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
    for statement in (CASES, CLOCKS):
        await _execute(store, statement.format(n=INSTANTS))
    together = await _rate(store, "commitment", alerts.BATCH)
    single = await _rate(store, "tolerance", 1)
    show("limits that become alerts, by the batch", f"{together:,.0f}/s", together / single,
         "one transaction an alert")  # fmt: skip
    await store.close()


async def _rate(store: Store, threshold: str, batch: int) -> float:
    await _execute(store, DUE.format(n=INSTANTS, threshold=threshold))
    began = time.perf_counter()
    while await alerts.alert_passed_limits(store, datetime.now(UTC), batch):
        pass
    return INSTANTS / (time.perf_counter() - began)


async def _execute(store: Store, statement: str) -> None:
    async with store.transaction("demo") as session:
        await (await session.connection()).exec_driver_sql(statement)
