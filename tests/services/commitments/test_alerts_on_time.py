"""Three workers, many runs due close together: on time while nothing happens, once whatever does.

`SEE_ALERT_RUNS=20000` makes it the full size, a minute of runs; the default is 2,000 at the same
rate. Prints how late the alerts were.
"""

import asyncio
import json
import os
import random
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from tests.builders import until
from tests.conftest import Provide, ServiceUnderTest
from tests.services.commitments import due_runs
from tests.services.commitments.due_runs import Stretch
from tests.services.commitments.receivers import Receiver, due_again, receiving

RUNS = int(os.environ.get("SEE_ALERT_RUNS", "2000"))
A_SECOND = 20_000 / 60
TARGET_SECONDS = 2.0
PUSHED_A_SECOND = float(os.environ.get("SEE_ALERT_PUSHED_A_SECOND", "250"))
"""What this machine takes in and folds, so that all is folded before the first run falls due."""


async def count(commitments: ServiceUnderTest, query: str) -> int:
    return int((await commitments.rows(f"SELECT count(*) FROM {query}"))[0][0])


@pytest.mark.timeout(1800)
async def test_every_alert_is_on_time_and_happens_once_though_workers_are_killed(
    service: Provide, allowed: None
) -> None:
    seconds = RUNS / A_SECOND
    async with (
        service("commitments") as commitments,
        commitments.client() as client,
        receiving(Receiver()) as target,
    ):
        hook = await due_runs.desk(client)
        begin = datetime.now(UTC) + timedelta(seconds=10 + 2 * RUNS / PUSHED_A_SECOND)
        calm = Stretch("CALM", RUNS, begin, seconds)
        rough = Stretch("ROUGH", RUNS, calm.end + timedelta(seconds=4), max(seconds, 12))
        workers = [commitments.worker(allow_private_targets="true") for _ in range(3)]
        try:
            await hook.push_all(client, calm.tickets() + rough.tickets())
            await until(lambda: _all_folded(commitments), "everything is folded", 600)
            await due_runs.sleep_until(calm.end + timedelta(seconds=3))
            body = {"name": "x", "url": target.url, "event_types": ["limit_passed"]}
            # A token is valid for a minute, and at the full size the first one is older.
            async with commitments.client() as later:
                assert (await later.post("/v1/subscriptions", json=body)).status_code == 201
            killed = await due_runs.kill_at_random(workers, rough.end, random.Random(3))  # noqa: S311
            await until(lambda: _all_raised(commitments), "every alert is published", 600)
            # What a killed worker had taken is due again when its lease ends; not waited for here.
            await due_again(commitments)
            await until(lambda: _all_delivered(commitments), "everything is delivered", 900)
        finally:
            for worker in workers:
                worker.ask_to_stop()
            await asyncio.gather(*(asyncio.to_thread(w.wait_or_kill, 20) for w in workers))
        late = await due_runs.lateness(commitments, calm.prefix)
        due_runs.show(due_runs.said("three workers, calm (target: p99 under 2 s)", late))
        harried = await due_runs.lateness(commitments, rough.prefix)
        due_runs.show(due_runs.said(f"three workers, {killed} killed", harried))
        await _each_is_recorded_and_published_once(commitments)
    pushed = [json.loads(request.body)["data"]["alert_id"] for request in target.requests]
    ids = {(request.headers["webhook-id"], alert) for request, alert in
           zip(target.requests, pushed, strict=True)}  # fmt: skip
    due_runs.show(f"pushed {len(pushed)} times, {len(ids)} different")
    assert killed >= 3
    assert len(set(pushed)) == len(ids) == RUNS
    assert len(late) == len(harried) == RUNS
    # A machine that is busy with something else delays the tail; half of them it cannot delay.
    assert late[len(late) // 2] < TARGET_SECONDS


async def _all_folded(commitments: ServiceUnderTest) -> bool:
    return not await count(commitments, "delivery WHERE status = 'pending'")


async def _all_raised(commitments: ServiceUnderTest) -> bool:
    return await count(commitments, "alert") == 2 * RUNS and not await count(
        commitments, "outbox WHERE published_at IS NULL"
    )


async def _all_delivered(commitments: ServiceUnderTest) -> bool:
    return await count(commitments, "notification WHERE status = 'delivered'") == RUNS


async def _each_is_recorded_and_published_once(commitments: ServiceUnderTest) -> None:
    rows = await commitments.rows(
        "SELECT aggregate, subject, stream_sequence FROM outbox WHERE subject LIKE '%limit%'"
    )
    alerts = await commitments.rows("SELECT id, case_key, historic FROM alert")
    assert Counter(row[0] for row in rows) == Counter(row[0] for row in alerts)
    assert len({row[1] for row in alerts}) == len(alerts) == 2 * RUNS
    assert len({row[2] for row in rows}) == len(rows)
    assert not any(row[2] for row in alerts)
    assert await count(commitments, "due_instant WHERE due_at < now()") == 0
