"""What other services have published for reports, and reports as callers ask for them."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

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
from tests.conftest import ServiceUnderTest

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
PRESS = Press(60)


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
