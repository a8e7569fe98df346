"""Many runs that fall due close together, and what became of their alerts."""

import asyncio
import random
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import quantiles
from typing import Any

import httpx

from deploy.local.children import Child
from deploy.local.sample import incidents
from tests.builders import SECRET, Hook, published
from tests.conftest import ServiceUnderTest

COMMITMENT = timedelta(hours=1)

PROCESS = {
    "code": "desk",
    "name": {"zh": "服务台", "en": "Service desk"},
    "nodes": [
        {
            "code": "answer",
            "name": {"zh": "答复", "en": "Answer"},
            "start": {"first": True},
            "finish": {"state": "Closed"},
            "position": "duty",
        }
    ],
}
PROMISE = {
    "code": "answer",
    "process": "desk",
    "node": "answer",
    "commitment_seconds": int(COMMITMENT.total_seconds()),
    "tolerance_seconds": 4 * 3600,
    "calendar": "always",
}
# No pre-warnings: each run has one instant in the stretch that is measured.
RULE = {
    "name": {"zh": "服务台", "en": "Service desk"},
    "thresholds": ["commitment", "tolerance"],
    "steps": [],
}


@dataclass(frozen=True)
class Stretch:
    """So many runs fall due evenly from `begin` on, for so many seconds."""

    prefix: str
    runs: int
    begin: datetime
    seconds: float

    @property
    def end(self) -> datetime:
        return self.begin + timedelta(seconds=self.seconds)

    def tickets(self) -> list[dict[str, str]]:
        apart = timedelta(seconds=self.seconds) / self.runs
        return [_ticket(f"{self.prefix}{n}", self.begin + n * apart) for n in range(self.runs)]


def _ticket(key: str, due_at: datetime) -> dict[str, str]:
    opened = (due_at - COMMITMENT).isoformat()
    return {"number": key, "state": "New", "sys_updated_on": opened, "sys_mod_count": "0"}


async def desk(client: httpx.AsyncClient) -> Hook:
    """A process of one node whose commitment is an hour, and an integration for it."""
    bodies: Sequence[tuple[str, Any]] = (
        ("/v1/calendars", incidents.CALENDAR),
        ("/v1/processes", PROCESS),
        ("/v1/services", incidents.SERVICE),
        ("/v1/alert-rules", RULE),
    )
    for path, body in bodies:
        answer = await client.post(path, json=body)
        assert answer.status_code == 201, answer.text
    sample = next(iter(incidents.promises()))
    await published(client, {**sample, "priority": None, **PROMISE})
    mapping = {
        "case_key": "number", "at": "sys_updated_on", "sequence": "sys_mod_count", "state": "state",
        "constants": {"segment": incidents.SEGMENT},
    }  # fmt: skip
    body = {"name": "Desk", "provider": "servicenow", "process": "desk", "mapping": mapping,
            "secrets": [SECRET]}  # fmt: skip
    answer = await client.post("/v1/integrations", json=body)
    assert answer.status_code == 201, answer.text
    return Hook(answer.json()["hook"])


async def lateness(commitments: ServiceUnderTest, prefix: str) -> list[float]:
    """Seconds until each alert was on the bus: from its instant, or from when its event was read
    where that came later."""
    rows = await commitments.rows(
        f"""SELECT extract(epoch FROM o.published_at - greatest(a.due_at, d.processed_at))::float
            FROM alert a JOIN outbox o ON o.aggregate = a.id
            JOIN ticket_event e ON e.case_id = a.case_id JOIN delivery d ON d.id = e.delivery_id
            WHERE a.case_key LIKE '{prefix}%' AND o.subject LIKE '%.limit_passed.v1'"""
    )
    return sorted(row[0] for row in rows)


def said(what: str, late: Sequence[float]) -> str:
    """One line with the distribution."""
    cuts = quantiles(late, n=100, method="inclusive")
    p50, p95, p99 = cuts[49], cuts[94], cuts[98]
    return (
        f"{what}: {len(late)} alerts, lateness p50 {p50:.3f} s, p95 {p95:.3f} s, "
        f"p99 {p99:.3f} s, most {late[-1]:.3f} s"
    )


def show(line: str) -> None:
    sys.stdout.write(line + "\n")


async def sleep_until(instant: datetime) -> None:
    await asyncio.sleep(max((instant - datetime.now(UTC)) / timedelta(seconds=1), 0))


async def kill_at_random(workers: Sequence[Child], end: datetime, chance: random.Random) -> int:
    """Kill a worker every now and then, and start it again; how many were killed.

    Until `end`, and at least three: a slow machine may reach it before everything is folded.
    """
    killed = 0
    while datetime.now(UTC) < end or killed < 3:
        await asyncio.sleep(chance.uniform(1.5, 3.5))
        victim = chance.choice(workers)
        if victim.process:
            victim.process.send_signal(signal.SIGKILL)
            await asyncio.to_thread(victim.wait_or_kill, 10)
            victim.start()
            killed += 1
    return killed
