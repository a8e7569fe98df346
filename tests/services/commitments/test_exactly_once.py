"""Workers that are killed at any point, and several at once: every event counts once."""

import asyncio
import random
import signal

from deploy.local.children import Child
from deploy.local.sample import incidents
from tests.builders import every_item, incident_process, until
from tests.conftest import Provide, ServiceUnderTest
from tests.domain.commitments.incident_log import LOG
from tests.domain.commitments.incident_recount import recount

KILLS = 4
PART = 4


async def pending(commitments: ServiceUnderTest) -> int:
    (row,) = await commitments.rows("SELECT count(*) FROM delivery WHERE status = 'pending'")
    return int(row[0])


async def test_workers_killed_in_the_middle_of_a_batch_count_every_event_once(
    service: Provide,
) -> None:
    chance = random.Random(11)  # noqa: S311 - when to kill
    # Two fifths of the cases, each with all of its events.
    payloads = [row for row in incidents.events() if int(row["number"][-1]) < PART]
    chance.shuffle(payloads)
    async with service("commitments") as commitments, commitments.client() as client:
        hook = await incident_process(client)
        await hook.push_all(client, payloads)
        killed = 0
        workers = [commitments.worker(fold_batch="40") for _ in range(2)]
        try:
            while await pending(commitments):
                await asyncio.sleep(chance.uniform(0.2, 0.8))
                victim = chance.choice(workers)
                if killed < KILLS and await _is_folding(commitments) and victim.process:
                    victim.process.send_signal(signal.SIGKILL)
                    victim.wait_or_kill(10)
                    victim.start()
                    killed += 1
            await until(lambda: _measured(commitments), "every mark is measured")
        finally:
            _stop(workers)
        events = await commitments.rows("SELECT count(*) FROM ticket_event")
        runs = await every_item(client, "/v1/node-runs")
        measures = await commitments.rows(
            "SELECT sum(completed_normal), sum(cancelled) FROM attainment_measure"
            " WHERE level = 'run'"
        )
    expected = [run for run in recount(LOG) if int(run.number[-1]) < PART]
    assert killed >= 2
    assert events[0][0] == len(payloads)
    assert sorted((r["case_key"], r["node"], r["visit"], r["state"]) for r in runs) == sorted(
        (r.number, r.node, r.visit, r.state) for r in expected
    )
    assert tuple(measures[0]) == (
        sum(r.state == "completed_normal" for r in expected),
        sum(r.state == "cancelled" for r in expected),
    )


async def _is_folding(commitments: ServiceUnderTest) -> bool:
    """Whether a worker holds deliveries in a transaction right now, with more waiting."""
    rows = await commitments.rows(
        """SELECT 1 FROM pg_stat_activity WHERE datname = current_database()
           AND usename LIKE '%\\_app' AND state <> 'idle' AND xact_start IS NOT NULL"""
    )
    return bool(rows) and await pending(commitments) > 0


async def _measured(commitments: ServiceUnderTest) -> bool:
    return not await commitments.rows("SELECT 1 FROM attainment_mark LIMIT 1")


def _stop(workers: list[Child]) -> None:
    for worker in workers:
        worker.ask_to_stop()
    for worker in workers:
        worker.wait_or_kill(20)
