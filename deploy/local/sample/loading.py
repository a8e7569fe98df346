"""Loads the sample on the first start, and resumes where an interrupted load stopped."""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import httpx

from deploy.local.children import LocalRunFailed
from deploy.local.login import token
from deploy.local.sample import governance, incidents
from deploy.local.sample.client import Client, SampleFailed
from deploy.local.settings import LocalSettings

PERIOD = {"from": "2016-02", "to": "2016-12"}
PATIENCE_SECONDS = 180

T = TypeVar("T")
Say = Callable[[str], None]


def load_sample(url: str, settings: LocalSettings, keys: Path, say: Say) -> str:
    """Load the sample if it is not there yet; the path of a report on it."""
    marker = settings.data.resolve() / "run" / "sample"
    if not marker.exists():
        marker.write_text(_run(_load(url, keys, say)))
    return marker.read_text()


def open_demo(url: str, keys: Path) -> None:
    """Open the tenant of the development login, if it is not there yet."""

    async def opened() -> None:
        async with Client(url, token(keys, "platform", "administrator")) as operator:
            name = {"zh": "示范公司", "en": "Demo Company"}
            await operator.create("/v1/tenants", {"code": "demo", "name": name})

    _run(opened())


def _run(loading: Coroutine[Any, Any, T]) -> T:
    try:
        return asyncio.run(loading)
    except (SampleFailed, httpx.HTTPError) as error:
        raise LocalRunFailed(f"the gateway refused what a start needs: {error}") from error


async def _load(url: str, keys: Path, say: Say) -> str:
    async with Client(url, token(keys, "demo", "administrator")) as client:
        await _define(client)
        await _push(client, say)
        return await _report(client, say)


async def _define(client: Client) -> None:
    for unit in incidents.departments():
        await client.create("/v1/organisation-units", unit)
    await client.create("/v1/calendars", incidents.CALENDAR)
    await client.create("/v1/processes", incidents.process())
    await client.create("/v1/services", incidents.SERVICE)
    known = {row["code"]: row for row in await client.every("/v1/promises", process="incident")}
    await governance.define_governance(client)
    for promise in (*incidents.promises(), governance.end_to_end()):
        # The code of a published promise would draft its next version.
        row = known.get(promise["code"]) or await client.create("/v1/promises", promise)
        if row and row["status"] == "draft":
            await client.post(f"/v1/promises/{row['id']}/publish")
    for kpi in incidents.KPIS:
        await client.create("/v1/kpis", kpi)


async def _push(client: Client, say: Say) -> None:
    secret = secrets.token_urlsafe(32)
    integration = await client.create(
        "/v1/integrations",
        {
            "name": "ServiceNow",
            "provider": "servicenow",
            "process": "incident",
            "mapping": incidents.MAPPING,
            "secrets": [secret],
        },
    )
    if integration is None:
        raise SampleFailed("the integration was refused")
    events = incidents.events()
    say(f"Sending {len(events)} ticket events through the gateway ...")
    began = time.monotonic()
    await client.push(integration["hook"], secret, events)
    sent = time.monotonic() - began
    await _until(lambda: _nothing_pending(client), "every event is folded")
    folded = time.monotonic() - began
    say(
        f"{len(events)} events accepted in {sent:.1f} s ({len(events) / sent:.0f} a second), "
        f"folded into node runs after {folded:.1f} s."
    )


async def _report(client: Client, say: Say) -> str:
    await _until(lambda: _is_measured(client), "every finished run is measured")
    await _until(lambda: _has_readings(client), "the KPIs have readings")
    path = ""
    for language in ("en", "zh"):
        job = await client.create(
            "/v1/reports",
            {"kind": "attainment", "process": "incident", "language": language, **PERIOD},
        )
        if job is None:
            raise SampleFailed("the report was refused")
        finished = partial(_is_finished, client, job["id"])
        await _until(finished, "the report is finished")
        path = f"/v1/reports/{job['id']}/files/pdf"
        say(f"Attainment report ({language}) is finished.")
    return path


async def _nothing_pending(client: Client) -> bool:
    page = await client.get("/v1/deliveries", status="pending", limit="1")
    return not page["items"]


async def _is_measured(client: Client) -> bool:
    """Whether what was told by event is all that the clocks say, and reporting holds it too."""
    evidence = await client.every("/v1/live-evidence", source="attainment")
    for group_by, of_runs in (("node", True), ("node,department", False)):
        told = sum(
            e["denominator"]
            for e in evidence
            if e["series"].endswith("/run") == of_runs and not e["series"].endswith("/case")
        )
        counted = await client.get("/v1/attainment", group_by=group_by)
        if told != sum(item["completed"] for item in counted["items"]):
            return False
    sources = await client.get("/v1/report-sources")
    held = {source["code"]: source["records"] for source in sources["items"]}
    return bool(held["attainment"] == len(evidence))


async def _has_readings(client: Client) -> bool:
    pages = [await client.get(f"/v1/kpis/{kpi['code']}/readings") for kpi in incidents.KPIS]
    return all(page["items"] for page in pages)


async def _is_finished(client: Client, report_id: str) -> bool:
    job: dict[str, Any] = await client.get(f"/v1/reports/{report_id}")
    if job["status"] == "failed":
        raise SampleFailed(f"the report failed: {job}")
    return bool(job["status"] == "finished")


async def _until(is_so: Callable[[], Awaitable[bool]], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not await is_so():
        if time.monotonic() > deadline:
            raise SampleFailed(f"waited {PATIENCE_SECONDS} s in vain until {what}")
        await asyncio.sleep(0.2)
