"""Reports are made once, whoever is killed, late, cancelled or asked twice."""

import asyncio
import os
import signal
from concurrent.futures.process import BrokenProcessPool
from datetime import datetime, timedelta

import psutil
import pytest

from deploy.local.children import Child
from services.reporting import queries
from services.reporting.operations import making
from services.reporting.rendering.press import Made, Press
from tests.builders import until
from tests.conftest import ServiceUnderTest
from tests.services.reporting.published import (
    ANY,
    HEARD,
    LEASE,
    MEASURED,
    arrives,
    claimed,
    ended,
    events_of,
    kpi_reading,
    made,
    requested,
)


async def test_the_time_of_a_report_is_that_of_its_data(informed: ServiceUnderTest) -> None:
    later = HEARD + timedelta(days=3)
    await arrives(informed, kpi_reading("2016-06", "31.00"), heard_at=later)

    report = await made(informed)
    client = informed.client("demo", "viewer")
    document = (await client.get(f"/v1/reports/{report['id']}/files/json")).json()

    assert datetime.fromisoformat(document["as_of"]) == later
    ages = {row["name"]: row["age_seconds"] for row in document["sources"]}
    assert ages["Attainment (commitments)"] == timedelta(days=3).total_seconds()
    assert ages["KPI readings (strategy)"] == 0
    assert datetime.fromisoformat(document["origins"][0]["as_of"]) == MEASURED


async def test_the_same_data_give_the_same_bytes_which_are_stored_once(
    informed: ServiceUnderTest,
) -> None:
    first, again = await made(informed), await made(informed)

    assert first["id"] != again["id"]
    assert first["document_hash"] == again["document_hash"]
    assert [f["sha256"] for f in first["files"]] == [f["sha256"] for f in again["files"]]
    (stored,) = await informed.rows("SELECT count(*) FROM report_file")
    assert stored[0] == len(first["files"])


async def test_a_worker_killed_while_it_makes_a_report_finishes_it_once(
    informed: ServiceUnderTest, workers: list[Child]
) -> None:
    workers.append(informed.worker())
    report = await requested(informed)
    press = await until(lambda: _press_of(workers[0]), "the report is being made")

    assert workers[0].process is not None
    workers[0].process.send_signal(signal.SIGKILL)
    workers[0].wait_or_kill(10)
    left = (await informed.client("demo").get(f"/v1/reports/{report['id']}")).json()
    # The lease is a minute; the test does not sit it out.
    await informed.rows("UPDATE report SET claimed_until = now() RETURNING id")
    workers.append(informed.worker())
    finished = await ended(informed.client("demo"), report["id"])

    assert left["status"] == "running"
    assert finished["status"] == "finished"
    assert len(await events_of(informed, report["id"])) == 1
    assert _has_ended(press)
    (row,) = await informed.rows("SELECT attempts FROM report WHERE id = $1", report["id"])
    assert row["attempts"] == 2


async def test_a_press_that_was_lost_is_replaced(informed: ServiceUnderTest) -> None:
    await requested(informed)
    material = await making.material(informed.store, await claimed(informed))
    others, press = _presses(os.getpid()), Press(60)
    first = await press.make(material)
    (process,) = [each for each in _presses(os.getpid()) if each not in others]

    process.kill()
    with pytest.raises(BrokenProcessPool):
        await press.make(material)
    again = await press.make(material)

    assert again == first


async def test_a_report_that_cannot_be_made_fails_after_three_attempts(
    informed: ServiceUnderTest,
) -> None:
    report = await requested(informed)
    for _ in range(3):
        await making.return_report(informed.store, await claimed(informed))

    taken = await making.claim_report(informed.store, LEASE)
    shown = (await informed.client("demo").get(f"/v1/reports/{report['id']}")).json()

    assert taken is None
    assert (shown["status"], shown["files"]) == ("failed", [])
    assert shown["error"]["zh"].startswith("3 次尝试均未能生成报告")
    assert shown["error"]["en"].startswith("The report could not be made in 3 attempts")
    assert [e["status"] for e in await events_of(informed, report["id"])] == ["failed"]


async def test_an_attempt_that_outlived_its_lease_changes_nothing(
    informed: ServiceUnderTest,
) -> None:
    report = await requested(informed)
    late = await claimed(informed, lease=timedelta(0))
    current = await claimed(informed)

    await making.finish_report(informed.store, late, Made("late", {"pdf": b"late"}))
    await making.return_report(informed.store, late)
    await making.finish_report(informed.store, current, ANY)
    await making.finish_report(informed.store, current, Made("twice", {"pdf": b"twice"}))

    shown = (await informed.client("demo").get(f"/v1/reports/{report['id']}")).json()
    assert (shown["status"], shown["document_hash"]) == ("finished", ANY.document_hash)
    assert len(await events_of(informed, report["id"])) == 1
    (stored,) = await informed.rows("SELECT count(*) FROM report_file")
    assert stored[0] == len(ANY.files)


async def test_a_report_in_other_hands_is_not_taken(informed: ServiceUnderTest) -> None:
    first, second = await requested(informed), await requested(informed)

    taken = await asyncio.gather(*(making.claim_report(informed.store, LEASE) for _ in range(3)))

    assert {row.id for row in taken if row} == {first["id"], second["id"]}
    assert taken.count(None) == 1


async def test_a_cancelled_report_stays_cancelled_though_it_was_being_made(
    informed: ServiceUnderTest,
) -> None:
    report = await requested(informed)
    taken = await claimed(informed)
    client = informed.client("demo", "viewer")

    cancelled = await client.post(f"/v1/reports/{report['id']}/cancel")
    await making.finish_report(informed.store, taken, ANY)
    again = await client.post(f"/v1/reports/{report['id']}/cancel")

    assert (cancelled.status_code, cancelled.json()["status"]) == (200, "cancelled")
    assert (again.status_code, again.json()) == (200, cancelled.json())
    assert await making.claim_report(informed.store, LEASE) is None
    assert await informed.rows("SELECT * FROM report_file") == []


async def test_a_report_is_made_from_one_moment_of_what_is_known(
    informed: ServiceUnderTest,
) -> None:
    async with informed.store.transaction("demo") as session:
        await queries.snapshot(session)
        before = await queries.heard(session)
        await arrives(informed, kpi_reading("2016-06", "31.00"))
        meanwhile = await queries.heard(session)
    async with informed.store.transaction("demo") as session:
        after = await queries.heard(session)

    assert before["kpi_readings"].records == meanwhile["kpi_readings"].records == 2
    assert after["kpi_readings"].records == 3


async def _press_of(worker: Child) -> psutil.Process | None:
    found = _presses(worker.process.pid) if worker.process else []
    return found[0] if found else None


def _presses(pid: int) -> list[psutil.Process]:
    children = psutil.Process(pid).children()
    return [child for child in children if any("spawn_main" in word for word in child.cmdline())]


def _has_ended(process: psutil.Process) -> bool:
    try:
        return bool(process.status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True
