"""A report is claimed, made and finished; whoever loses the claim changes nothing."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy.dialects.postgresql import insert

from services.reporting import queries, schemas, tables
from services.reporting.domain.facts import AttainmentFact, KpiReading, Source
from services.reporting.domain.scope import Scope
from services.reporting.rendering.press import Made, Material
from shared import outbox
from shared.contracts.reporting import ReportFinished
from shared.store import Session, Store, database_now, enter

MOST_ATTEMPTS = 3

_GAVE_UP = {
    "zh": f"{MOST_ATTEMPTS} 次尝试均未能生成报告。请重新申请；若再次失败，请联系管理员。",
    "en": f"The report could not be made in {MOST_ATTEMPTS} attempts. Request it again; "
    "if it fails again, tell your administrator.",
}


async def claim_report(store: Store, lease: timedelta) -> tables.Report | None:
    """Take the oldest report that is due; it is due again when the lease ends before it is made.

    One that was attempted too often fails instead.
    """
    async with store.queue() as session:
        now = await database_now(session)
        row = await queries.next_due(session, now)
        if row is None:
            return None
        await enter(session, row.tenant)
        if row.attempts >= MOST_ATTEMPTS:
            row.error = _GAVE_UP
            await _end(session, row, "failed", now)
            return None
        row.status, row.attempts, row.claimed_until = "running", row.attempts + 1, now + lease
        return row


async def material(store: Store, report: tables.Report) -> Material:
    """What the report is made from, as it is held now.

    Its time is that of the newest event of any origin, so that the same facts make the same
    bytes whenever they are asked for, and an origin that has fallen silent shows its age.
    """
    async with store.transaction(report.tenant) as session:
        await queries.snapshot(session)
        process = await queries.process(session, report.process)
        tenant = await queries.tenant(session)
        period = (report.first_month, report.last_month)
        facts = await queries.attainment(session, report.process, *period)
        readings = await queries.newest_readings(session, *period)
        heard = await queries.heard(session)
        units = await queries.units_named(session, {f.department for f in facts} - {""})
    if process is None:
        raise LookupError(f"process {report.process} is not held")
    used = {
        "attainment": len(facts),
        "processes": 1,
        "kpi_readings": len(readings),
        "organisation": units + (tenant is not None),
    }
    scope = _scope(report, process, tenant, heard)
    return Material(scope, _facts(facts), _sources(used, heard), _readings(readings))


async def finish_report(store: Store, report: tables.Report, made: Made) -> None:
    """Store the files, unless the report was cancelled or another attempt has taken it over."""
    async with store.transaction(report.tenant) as session:
        row = await queries.still_claimed(session, report)
        if row is None:
            return
        hashes = {name: hashlib.sha256(body).hexdigest() for name, body in made.files.items()}
        bodies = [
            {"tenant": row.tenant, "sha256": hashes[name], "body": body}
            for name, body in made.files.items()
        ]
        await session.execute(insert(tables.ReportFile).values(bodies).on_conflict_do_nothing())
        row.document_hash = made.document_hash
        row.files = [
            {"format": name, "sha256": hashes[name], "bytes": len(body)}
            for name, body in made.files.items()
        ]
        await _end(session, row, "finished", await database_now(session))


async def return_report(store: Store, report: tables.Report) -> None:
    """Put a report that could not be made back into the queue."""
    async with store.transaction(report.tenant) as session:
        row = await queries.still_claimed(session, report)
        if row is not None:
            row.status, row.claimed_until = "queued", None


def _scope(
    report: tables.Report,
    process: tables.ProcessCopy,
    tenant: tables.TenantCopy | None,
    heard: Mapping[str, queries.Heard],
) -> Scope:
    return Scope(
        organisation=tenant.name[report.language] if tenant else report.tenant,
        process=process.process,
        process_name=process.name,
        nodes={node["code"]: {"zh": node["zh"], "en": node["en"]} for node in process.nodes},
        first_month=report.first_month,
        last_month=report.last_month,
        as_of=max(each.newest_event_at for each in heard.values() if each.newest_event_at),
        language=_language(report),
    )


def _facts(copies: Sequence[tables.AttainmentCopy]) -> list[AttainmentFact]:
    return [
        AttainmentFact(
            **copy.model_dump(
                exclude={"tenant", "revision", "heard_at", "department", "measured_at"}
            ),
            department=copy.department or None,
            as_of=copy.measured_at,
        )
        for copy in copies
    ]


def _readings(copies: Sequence[tables.KpiReadingCopy]) -> list[KpiReading]:
    return [
        KpiReading(code=c.kpi, name=c.name, period=c.period, value=c.value, target=c.target)
        for c in copies
    ]


def _sources(used: Mapping[str, int], heard: Mapping[str, queries.Heard]) -> list[Source]:
    return [
        Source(
            name={"zh": origin.name["zh"], "en": origin.name["en"]},
            as_of=heard[origin.code].newest_event_at,
            covered=used[origin.code],
            total=heard[origin.code].records,
        )
        for origin in queries.ORIGINS
    ]


def _language(row: tables.Report) -> schemas.Language:
    return "zh" if row.language == "zh" else "en"


async def _end(
    session: Session, row: tables.Report, status: Literal["finished", "failed"], at: datetime
) -> None:
    row.status, row.finished_at, row.claimed_until = status, at, None
    event = ReportFinished(
        report_id=row.id,
        kind=row.kind,
        language=_language(row),
        status=status,
        document_hash=row.document_hash,
        finished_at=at,
        revision=1,
    )
    await outbox.record(session, event)
