"""What the reporting service can do: one function, one transaction."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

from sqlalchemy import inspect
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from services.reporting import queries, schemas, tables
from services.reporting.domain import forms
from services.reporting.domain.facts import AttainmentFact, KpiReading, Source
from services.reporting.domain.scope import Scope
from services.reporting.rendering.press import Made, Material
from shared import outbox
from shared.contracts.commitments import AttainmentMeasured, ProcessDefined
from shared.contracts.event import Envelope
from shared.contracts.reporting import ReportFinished
from shared.contracts.strategy import KpiReadingRecorded, OrganisationUnitChanged, TenantChanged
from shared.ids import new_id
from shared.problems import CONFLICT, FieldError, Problem, Text, at_pointer, invalid
from shared.store import Session, Store, database_now, enter

MOST_MONTHS = 120
MOST_ATTEMPTS = 3

_GAVE_UP: Text = {
    "zh": f"{MOST_ATTEMPTS} 次尝试均未能生成报告。请重新申请；若再次失败，请联系管理员。",
    "en": f"The report could not be made in {MOST_ATTEMPTS} attempts. Request it again; "
    "if it fails again, tell your administrator.",
}


async def record_attainment(
    session: Session, event: AttainmentMeasured, envelope: Envelope
) -> None:
    facts = event.model_dump(exclude={"department"})
    await _keep(
        session, tables.AttainmentCopy(**facts, **_from(envelope), department=event.department or "")
    )


async def record_process(session: Session, event: ProcessDefined, envelope: Envelope) -> None:
    row = tables.ProcessCopy(
        **_from(envelope),
        revision=event.revision,
        process=event.process,
        name=_names(event),
        nodes=[{"code": node.code, **_names(node)} for node in event.nodes],
    )
    await _keep(session, row)


async def record_kpi_reading(
    session: Session, event: KpiReadingRecorded, envelope: Envelope
) -> None:
    row = tables.KpiReadingCopy(
        **_from(envelope),
        revision=event.revision,
        kpi=event.kpi,
        period=event.period,
        name=_names(event),
        value=None if event.value is None else Decimal(event.value),
        target=None if event.target is None else Decimal(event.target),
    )
    await _keep(session, row)


async def record_organisation_unit(
    session: Session, event: OrganisationUnitChanged, envelope: Envelope
) -> None:
    facts = event.model_dump(include={"revision", "code", "kind"})
    await _keep(
        session, tables.OrganisationUnitCopy(**facts, **_from(envelope), name=_names(event))
    )


async def record_tenant(session: Session, event: TenantChanged, envelope: Envelope) -> None:
    row = tables.TenantCopy(**_from(envelope), revision=event.revision, name=_names(event))
    await _keep(session, row)


async def request_report(session: Session, new: schemas.NewReport, at: datetime) -> tables.Report:
    """Put a report in the queue; raises a problem with every fault."""
    faults = _period_faults(new)
    if await queries.process(session, new.process) is None:
        zh, en = f"没有流程 {new.process}。", f"There is no process {new.process}."
        faults.append(at_pointer("/process", "unknown_reference", zh, en))
    if faults:
        raise invalid(*faults)
    row = tables.Report(
        id=new_id("rep"),
        tenant=session.info["tenant"],
        status="queued",
        created_at=at,
        files=[],
        **new.model_dump(),
    )
    session.add(row)
    return row


async def cancel_report(session: Session, report_id: str, at: datetime) -> tables.Report:
    """Give up a report that is not made yet; raises a 409 problem when it has ended."""
    row = await queries.report(session, report_id, lock=True)
    if row.status in ("finished", "failed"):
        detail: Text = {
            "zh": f"报告已结束（{row.status}），不能取消。",
            "en": f"The report has ended ({row.status}) and cannot be cancelled.",
        }
        raise Problem(CONFLICT, detail)
    if row.status != "cancelled":
        row.status, row.finished_at = "cancelled", at
    return row


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
            row.error = dict(_GAVE_UP)
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
        queries.ATTAINMENT: len(facts),
        queries.PROCESSES: 1,
        queries.KPI_READINGS: len(readings),
        queries.ORGANISATION: units + (tenant is not None),
    }
    scope = Scope(
        organisation=tenant.name[report.language] if tenant else report.tenant,
        process=process.process,
        process_name=process.name,
        nodes={node["code"]: {"zh": node["zh"], "en": node["en"]} for node in process.nodes},
        first_month=report.first_month,
        last_month=report.last_month,
        as_of=max(each.newest_event_at for each in heard.values() if each.newest_event_at),
        language=_language(report),
    )
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


def shown(row: tables.Report) -> schemas.Report:
    """The report as callers see it."""
    files = [
        schemas.ReportFile(
            **file,
            path=f"/v1/reports/{row.id}/files/{file['format']}",
            media_type=schemas.MEDIA_TYPES[file["format"]],
        )
        for file in row.files
    ]
    return schemas.Report.model_validate({**row.model_dump(), "files": files})


def stored_file(row: tables.Report, wanted: str) -> str:
    """The hash of a finished report's file; raises a 409 problem before that, 404 for a format.

    The bytes themselves are read only for a caller who does not have them.
    """


async def _keep(session: Session, row: tables.Copy) -> None:
    """Write the copy, unless one at least as new is held already."""
    table = type(row)
    values = row.model_dump()
    key = [column.name for column in inspect(table).primary_key]
    new = insert(table).values(values)
    kept = new.on_conflict_do_update(
        index_elements=key,
        set_={name: new.excluded[name] for name in values.keys() - set(key)},
        where=col(table.revision) < new.excluded["revision"],
    )
    await session.execute(kept)


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
