"""The reporting service over HTTP, the copies it keeps from events, and the reports it makes."""

import asyncio
import hashlib
import json
import os
import signal
from collections.abc import AsyncIterator, Iterator
from concurrent.futures.process import BrokenProcessPool
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import httpx
import jsonschema
import psutil
import pytest

from deploy.local.children import Child
from services.reporting.operations import making
from services.reporting.rendering.press import Made, Press
from services.reporting.subscriptions import HANDLERS
from services.reporting.tables import Report
from shared.bus import Bus
from shared.contracts.commitments import AttainmentMeasured, NodeName, ProcessDefined
from shared.contracts.event import Event
from shared.contracts.strategy import KpiReadingRecorded, OrganisationUnitChanged, TenantChanged
from shared.ids import new_id
from shared.inbox import Inbox, Received
from tests.builders import until
from tests.conftest import Provide, ServiceUnderTest

MEASURED = datetime(2016, 7, 1, 8, 30, tzinfo=UTC)
HEARD = MEASURED + timedelta(seconds=2)
LEASE = timedelta(seconds=60)
NODES = [
    NodeName(code="accept", name_zh="受理", name_en="Accept"),
    NodeName(code="resolve", name_zh="解决", name_en="Resolve"),
]
ASKED = {
    "kind": "attainment",
    "process": "incident",
    "language": "en",
    "from": "2016-02",
    "to": "2016-06",
}
ANY = Made("0" * 64, {"pdf": b"%PDF", "html": b"<html>", "json": b"{}"})


@pytest.fixture
async def reporting(service: Provide) -> AsyncIterator[ServiceUnderTest]:
    async with service("reporting") as started:
        yield started


@pytest.fixture
async def informed(reporting: ServiceUnderTest) -> ServiceUnderTest:
    """A service that has heard of the incident process of the tenant `demo`."""
    for event in history():
        await arrives(reporting, event)
    return reporting


@pytest.fixture
def workers() -> Iterator[list[Child]]:
    """Workers that a test has started; whatever still runs is stopped."""
    started: list[Child] = []
    yield started
    for worker in started:
        worker.ask_to_stop()
        worker.wait_or_kill(20)


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_a_report_is_asked_for_made_and_fetched(
    reporting: ServiceUnderTest, bus: Bus, workers: list[Child], language: str
) -> None:
    # The stream outlives a test: a tenant of its own keeps other tests' events out.
    tenant = f"reports-{language}"
    workers.append(reporting.worker())
    for event in history(tenant):
        await publish(bus, tenant, event)
    client = reporting.client(tenant, "viewer")
    await until(lambda: _knows(client, len(history())), "every event is kept")

    asked = await client.post("/v1/reports", json={**ASKED, "language": language})
    report = await ended(client, asked.json()["id"])

    assert asked.status_code == 202
    assert asked.headers["location"] == f"/v1/reports/{report['id']}"
    assert (report["status"], report["error"]) == ("finished", None)
    assert {name: report[name] for name in ASKED} == {**ASKED, "language": language}
    fetched = {f["format"]: (f, await client.get(f["path"])) for f in report["files"]}
    assert {name: body.content[:5] for name, (_, body) in fetched.items()} == {
        "pdf": b"%PDF-",
        "html": b"<!doc",
        "json": b'{"as_',
    }
    for told, answer in fetched.values():
        assert answer.headers["content-type"] == told["media_type"]
        assert len(answer.content) == told["bytes"]
        assert hashlib.sha256(answer.content).hexdigest() == told["sha256"]
        assert answer.headers["etag"] == f'"{told["sha256"]}"'
    assert fetched["json"][0]["sha256"] == report["document_hash"]
    (event,) = await events_of(reporting, report["id"])
    assert (event["status"], event["document_hash"]) == ("finished", report["document_hash"])


async def test_the_document_follows_its_schema_and_says_what_was_published(
    informed: ServiceUnderTest,
) -> None:
    client = informed.client("demo", "viewer")
    schema = (await client.get("/v1/report-documents/attainment/schema")).json()

    report = await made(informed)
    document = (await client.get(f"/v1/reports/{report['id']}/files/json")).json()

    jsonschema.Draft202012Validator(schema).validate(document)
    assert document["organisation"] == "Demo Company"
    assert document["process"] == {"code": "incident", "name": "Incident management"}
    assert [(row["name"], row["attainment"]) for row in document["nodes"]["rows"]] == [
        ("Resolve", {"part": 30, "whole": 100}),
        ("Accept", {"part": 90, "whole": 100}),
    ]
    (section,) = document["departments"]
    assert [row["name"] for row in section["rows"]] == ["Group 70", None]
    assert [(i["code"], i["period"], i["value"]) for i in document["indicators"]] == [
        ("resolve-on-time", "2016-05", "30.00")
    ]
    assert [(row["covered"], row["total"]) for row in document["sources"]] == [
        *((4, 5), (1, 1), (1, 2), (2, 3))
    ]


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


async def test_a_caller_who_has_the_file_is_not_sent_it_again(informed: ServiceUnderTest) -> None:
    report = await made(informed, language="zh")
    client = informed.client("demo", "viewer")
    path = f"/v1/reports/{report['id']}/files/pdf"
    tag = (await client.get(path)).headers["etag"]

    answers = {
        held: await client.get(path, headers={"if-none-match": held})
        for held in (tag, f'"other", W/{tag}', "*", '"other"')
    }

    assert [answer.status_code for answer in answers.values()] == [304, 304, 304, 200]
    assert answers[tag].content == b""
    assert answers[tag].headers["etag"] == tag


@pytest.mark.parametrize(
    ("language", "disposition"),
    [
        ("en", 'attachment; filename="attainment-incident-2016-02-2016-06-en.pdf"'),
        (
            "zh",
            (
                'attachment; filename="attainment-incident-2016-02-2016-06-zh.pdf"; '
                "filename*=UTF-8''%E6%89%BF%E8%AF%BA%E8%BE%BE%E6%88%90%E6%8A%A5%E5%91%8A"
                "-incident-2016-02%E8%87%B32016-06.pdf"
            ),
        ),
    ],
)
async def test_a_file_has_a_name_that_every_client_can_read(
    informed: ServiceUnderTest, language: str, disposition: str
) -> None:
    report = await requested(informed, language=language)
    await making.finish_report(informed.store, await claimed(informed), ANY)

    answer = await informed.client("demo").get(f"/v1/reports/{report['id']}/files/pdf")

    assert answer.headers["content-disposition"] == disposition


async def test_a_worker_killed_while_it_makes_a_report_finishes_it_once(
    informed: ServiceUnderTest, workers: list[Child]
) -> None:
    workers.append(informed.worker(lease_seconds="10"))
    report = await requested(informed)
    await until(lambda: _press_of(workers[0]), "the report is being made", 20)
    press = await _press_of(workers[0])
    assert press is not None

    assert workers[0].process is not None
    workers[0].process.send_signal(signal.SIGKILL)
    workers[0].wait_or_kill(10)
    left = (await informed.client("demo").get(f"/v1/reports/{report['id']}")).json()
    workers.append(informed.worker(lease_seconds="10"))
    finished = await ended(informed.client("demo"), report["id"])

    assert left["status"] == "running"
    assert finished["status"] == "finished"
    assert len(await events_of(informed, report["id"])) == 1
    assert not psutil.pid_exists(press.pid) or press.status() == psutil.STATUS_ZOMBIE
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


async def test_a_report_that_has_ended_cannot_be_cancelled(informed: ServiceUnderTest) -> None:
    report = await requested(informed)
    await making.finish_report(informed.store, await claimed(informed), ANY)

    answer = await informed.client("demo").post(f"/v1/reports/{report['id']}/cancel")

    assert answer.status_code == 409
    assert answer.json()["type"] == "urn:see-platform:problem:conflict"


async def test_there_are_no_files_before_the_report_is_finished(informed: ServiceUnderTest) -> None:
    report = await requested(informed)
    client = informed.client("demo", "viewer", language="zh")

    early = await client.get(f"/v1/reports/{report['id']}/files/pdf")
    odd = await client.get(f"/v1/reports/{report['id']}/files/docx")
    unknown = await client.get("/v1/reports/rep_none/files/pdf")

    assert (early.status_code, early.json()["detail"]) == (409, "报告尚无文件（queued）。")
    assert (odd.status_code, unknown.status_code) == (404, 404)


@pytest.mark.parametrize(
    ("change", "faults"),
    [
        ({"process": "unheard"}, {"#/process": "unknown_reference"}),
        ({"from": "2016-13"}, {"#/from": "string_pattern_mismatch"}),
        ({"to": "2016-6"}, {"#/to": "string_pattern_mismatch"}),
        ({"to": "2016-01", "process": "unheard"}, {"#/to": "before_from", "#/process": None}),
        ({"to": "2026-02"}, {"#/to": "period_too_long"}),
        ({"kind": "horoscope"}, {"#/kind": "literal_error"}),
        ({"language": "fr"}, {"#/language": "literal_error"}),
        ({"first_month": "2016-02"}, {"#/first_month": "extra_forbidden"}),
    ],
)
async def test_a_report_that_cannot_be_meant_is_refused_field_by_field(
    informed: ServiceUnderTest, change: dict[str, str], faults: dict[str, str | None]
) -> None:
    answer = await informed.client("demo", "viewer").post("/v1/reports", json={**ASKED, **change})

    assert answer.status_code == 422
    found = {each["pointer"]: each["code"] for each in answer.json()["errors"]}
    assert found == {pointer: code or "unknown_reference" for pointer, code in faults.items()}
    assert await informed.rows("SELECT * FROM report") == []


async def test_ten_years_are_the_longest_period(informed: ServiceUnderTest) -> None:
    answer = await informed.client("demo").post("/v1/reports", json={**ASKED, "to": "2026-01"})

    assert answer.status_code == 202


async def test_a_request_repeated_under_its_key_is_one_report(informed: ServiceUnderTest) -> None:
    client, key = informed.client("demo", "viewer"), {"idempotency-key": "once"}

    answers = [await client.post("/v1/reports", json=ASKED, headers=key) for _ in range(2)]

    assert answers[0].json() == answers[1].json()
    assert answers[0].headers["location"] == answers[1].headers["location"]
    assert len(await informed.rows("SELECT * FROM report")) == 1


async def test_reports_are_listed_newest_first_page_by_page(informed: ServiceUnderTest) -> None:
    asked = [(await requested(informed))["id"] for _ in range(3)]
    client = informed.client("demo", "viewer")

    first = (await client.get("/v1/reports", params={"limit": 2})).json()
    last = (await client.get("/v1/reports", params={"cursor": first["next_cursor"]})).json()

    assert [item["id"] for item in first["items"]] == [asked[2], asked[1]]
    assert [item["id"] for item in last["items"]] == [asked[0]]
    assert last["next_cursor"] is None


async def test_one_tenant_never_sees_the_reports_of_another(informed: ServiceUnderTest) -> None:
    report = await made(informed)
    rival = informed.client("rival")

    answers = [
        await rival.get(f"/v1/reports/{report['id']}"),
        await rival.get(f"/v1/reports/{report['id']}/files/pdf"),
        await rival.post(f"/v1/reports/{report['id']}/cancel"),
    ]

    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert (await rival.get("/v1/reports")).json()["items"] == []
    asked = await rival.post("/v1/reports", json=ASKED)
    assert [each["pointer"] for each in asked.json()["errors"]] == ["#/process"]


async def test_only_people_of_a_tenant_ask_for_and_read_reports(
    informed: ServiceUnderTest,
) -> None:
    tool = informed.client("demo", "integration")
    nobody = informed.client("demo", "viewer")
    del nobody.headers["authorization"]
    paths = ("/v1/reports", "/v1/report-sources", "/v1/report-documents/attainment/schema")

    assert [(await tool.get(path)).status_code for path in paths] == [403, 403, 403]
    assert [(await nobody.get(path)).status_code for path in paths] == [401, 401, 401]
    assert (await tool.post("/v1/reports", json=ASKED)).status_code == 403
    assert (await informed.client("demo", "viewer").post("/v1/reports", json=ASKED)).is_success


@pytest.mark.parametrize("order", list(permutations((1, 2, 3))), ids=str)
async def test_the_newest_revision_is_kept_in_whatever_order_they_arrive(
    reporting: ServiceUnderTest, order: tuple[int, ...]
) -> None:
    for revision in order:
        await arrives(reporting, measured("run", "resolve", "2016-03", (revision, 0, 0), revision))
        await arrives(reporting, tenant_named("demo", f"v{revision}", revision))

    (copy,) = await reporting.rows("SELECT revision, completed_normal FROM attainment_copy")
    (tenant,) = await reporting.rows("SELECT name FROM tenant_copy")
    assert tuple(copy) == (3, 3)
    assert json.loads(tenant["name"]) == {"zh": "v3", "en": "v3"}


async def test_an_event_that_arrives_twice_or_contradicts_its_revision_changes_nothing(
    informed: ServiceUnderTest,
) -> None:
    before = await informed.rows("SELECT * FROM attainment_copy ORDER BY node, level, month")
    event_id = new_id("evt")

    for _ in range(2):
        await arrives(informed, measured("run", "accept", "2016-03", (7, 7, 7)), event_id)

    after = await informed.rows("SELECT * FROM attainment_copy ORDER BY node, level, month")
    assert after == before


async def test_sources_tell_how_much_is_known_and_how_old_it_is(
    reporting: ServiceUnderTest,
) -> None:
    client = reporting.client("demo", "viewer")
    empty = (await client.get("/v1/report-sources")).json()["items"]
    heard = datetime.now(UTC) - timedelta(hours=1)
    await arrives(reporting, measured("run", "accept", "2016-03", (1, 1, 1)), heard_at=heard)

    sources = {
        each["code"]: each for each in (await client.get("/v1/report-sources")).json()["items"]
    }

    assert [(each["records"], each["age_seconds"]) for each in empty] == [(0, None)] * 4
    assert datetime.fromisoformat(sources["attainment"]["newest_event_at"]) == heard
    assert 3600 <= sources["attainment"]["age_seconds"] < 3700
    assert sources["attainment"]["service"] == "commitments"
    assert sources["organisation"]["newest_event_at"] is None


def tenant_named(code: str, name: str, revision: int = 1) -> TenantChanged:
    return TenantChanged(code=code, status="open", name_zh=name, name_en=name, revision=revision)


def history(tenant: str = "demo") -> list[Event]:
    """What a tenant's other services have published: five measures, one of them of 2015."""
    return [
        tenant_named(tenant, "Demo Company"),
        *(
            OrganisationUnitChanged(
                code=f"group-{number}",
                kind="department",
                name_zh=f"第 {number} 组",
                name_en=f"Group {number}",
                revision=1,
            )
            for number in (70, 71)
        ),
        ProcessDefined(
            process="incident",
            name_zh="事件管理",
            name_en="Incident management",
            nodes=NODES,
            revision=1,
        ),
        measured("run", "accept", "2016-03", (90, 5, 5)),
        measured("run", "resolve", "2016-03", (30, 50, 20)),
        measured("leg", "resolve", "2016-03", (20, 30, 10), department="Group 70"),
        measured("leg", "resolve", "2016-03", (10, 20, 10)),
        measured("run", "accept", "2015-12", (1, 0, 0)),
        kpi_reading("2016-03", "33.00"),
        kpi_reading("2016-05", "30.00"),
    ]


def measured(
    level: Any,
    node: str,
    month: str,
    completed: tuple[int, int, int],
    revision: int = 1,
    department: str | None = None,
) -> AttainmentMeasured:
    return AttainmentMeasured(
        process="incident",
        node=node,
        level=level,
        department=department,
        month=month,
        completed_normal=completed[0],
        completed_acceptable=completed[1],
        completed_warning=completed[2],
        cancelled=0,
        measured_at=MEASURED,
        revision=revision,
    )


def kpi_reading(period: str, value: str) -> KpiReadingRecorded:
    return KpiReadingRecorded(
        kpi="resolve-on-time",
        name_zh="按承诺解决率",
        name_en="Resolved within commitment",
        unit="%",
        period=period,
        value=value,
        target="80",
        recorded_at=MEASURED,
        revision=1,
    )


def headers(event: Event, event_id: str, heard_at: datetime) -> dict[str, str]:
    return {"ce-id": event_id, "ce-type": event.type(), "ce-time": heard_at.isoformat()}


async def arrives(
    reporting: ServiceUnderTest,
    event: Event,
    event_id: str | None = None,
    heard_at: datetime = HEARD,
) -> None:
    """Apply the event as the worker does with what the stream delivers."""
    body = event.model_dump_json().encode()
    told = headers(event, event_id or new_id("evt"), heard_at)
    received = Received(event.subject("demo"), body, told, attempt=1)
    await Inbox(reporting.store, HANDLERS).apply(received)


async def publish(bus: Bus, tenant: str, event: Event) -> None:
    event_id, body = new_id("evt"), event.model_dump_json().encode()
    await bus.publish(event.subject(tenant), body, event_id, headers(event, event_id, HEARD))


async def requested(reporting: ServiceUnderTest, **changes: str) -> dict[str, Any]:
    answer = await reporting.client("demo", "viewer").post("/v1/reports", json={**ASKED, **changes})
    assert answer.status_code == 202, answer.text
    report: dict[str, Any] = answer.json()
    return report


async def claimed(reporting: ServiceUnderTest, lease: timedelta = LEASE) -> Report:
    row = await making.claim_report(reporting.store, lease)
    assert row is not None
    return row


async def made(reporting: ServiceUnderTest, **changes: str) -> dict[str, Any]:
    """A report that was requested and made, as callers see it."""
    report = await requested(reporting, **changes)
    row = await claimed(reporting)
    files = await PRESS.make(await making.material(reporting.store, row))
    await making.finish_report(reporting.store, row, files)
    return await ended(reporting.client("demo"), report["id"])


async def ended(client: httpx.AsyncClient, report_id: str) -> dict[str, Any]:
    async def is_ended() -> Any:
        report = (await client.get(f"/v1/reports/{report_id}")).json()
        return report if report["status"] not in ("queued", "running") else None

    report: dict[str, Any] = await until(is_ended, "the report has ended", 50)
    return report


async def events_of(reporting: ServiceUnderTest, report_id: str) -> list[Any]:
    query = "SELECT body FROM outbox WHERE aggregate = $1 AND subject LIKE '%.report_finished.v1'"
    return [json.loads(row["body"]) for row in await reporting.rows(query, report_id)]


async def _knows(client: httpx.AsyncClient, records: int) -> bool:
    sources = (await client.get("/v1/report-sources")).json()["items"]
    return bool(sum(each["records"] for each in sources) == records)


async def _press_of(worker: Child) -> psutil.Process | None:
    found = _presses(worker.process.pid) if worker.process else []
    return found[0] if found else None


def _presses(pid: int) -> list[psutil.Process]:
    children = psutil.Process(pid).children()
    return [child for child in children if any("spawn_main" in word for word in child.cmdline())]


PRESS = Press(60)
