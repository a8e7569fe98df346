"""Restating open runs under other promises against folding them in the first place."""

import asyncio
import os
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from deploy.local.postgres import Postgres, provision
from deploy.local.sample import incidents
from services.commitments.__main__ import SERVICE
from services.commitments.domain.events import TicketEvent
from services.commitments.operations.calendars import define_calendar
from services.commitments.operations.definitions import define_process
from services.commitments.operations.folding import fold_cases
from services.commitments.operations.restatements import request_restatement, restate_pending
from services.commitments.schemas.calendars import NewCalendar
from services.commitments.schemas.definitions import NewProcess
from services.commitments.schemas.restatements import NewRestatement
from services.commitments.tables import Promise
from shared.migrations import migrate
from shared.store import Session, Store
from tests.benchmarks.figures import show
from tests.conftest import free_port

RUNS = int(os.environ.get("SEE_RESTATED_RUNS", "2000"))
BATCH = 500
NOW = datetime(2026, 1, 1, tzinfo=UTC)
OPENED = datetime(2016, 3, 1, tzinfo=UTC)


def run() -> None:
    """Print how many open runs a second are restated; SEE_RESTATED_RUNS of them."""
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
        await _define(session)
    began = time.perf_counter()
    for first in range(0, RUNS, BATCH):
        async with store.transaction("demo") as session:
            await fold_cases(session, "incident", _events(first), NOW)
    folded = time.perf_counter() - began
    async with store.transaction("demo") as session:
        await request_restatement(session, NewRestatement(process="incident"), "benchmark", NOW)
    began = time.perf_counter()
    while await restate_pending(store, NOW):
        pass
    restated = time.perf_counter() - began
    show("open runs restated", f"{RUNS / restated:,.0f}/s", folded / restated, "first folding")
    await store.close()


async def _define(session: Session) -> None:
    await define_calendar(session, NewCalendar.model_validate(incidents.CALENDAR), NOW)
    await define_process(session, NewProcess.model_validate(incidents.process()), NOW)
    promise = next(incidents.promises())
    session.add(
        Promise(
            id="prm_1", tenant="demo", code="accept", version=1, status="published",
            process="incident", node="accept", commitment_seconds=promise["commitment_seconds"],
            tolerance_seconds=promise["tolerance_seconds"], calendar="always",
            tolerance_calendar="always", valid_from=OPENED - timedelta(days=1), created_at=NOW,
        )
    )  # fmt: skip


def _events(first: int) -> list[tuple[TicketEvent, str]]:
    return [
        (TicketEvent(f"INC{n}", f"e{n}", OPENED + timedelta(seconds=n), 0, "New"), "dlv_1")
        for n in range(first, min(first + BATCH, RUNS))
    ]
