"""Department summaries of a month: opened with its self-checks, signed by the head, submitted."""

from sqlalchemy.dialects.postgresql import insert

from services.commitments import tables
from services.commitments.domain.offices import PLANNING, Office, administrator, head
from services.commitments.domain.reporting_month import bounds, summary_due
from services.commitments.operations.authority import require_office
from services.commitments.operations.deadlines import drop_deadline, note_deadline, settle_deadline
from services.commitments.operations.governance import governance_settings
from services.commitments.operations.governance_events import tell_of_filing
from services.commitments.operations.history import Act, Revision, keep_change
from services.commitments.operations.penalties import Cause, reverse_all
from services.commitments.operations.refusals import require_none, unknown
from services.commitments.operations.self_checks import not_over, require_open
from services.commitments.operations.units import check_person, department_code
from services.commitments.queries import definitions, people
from services.commitments.queries import governance as governed
from services.commitments.schemas import self_checks as schemas
from shared.ids import derived_id
from shared.problems import FieldError, at_pointer, invalid
from shared.store import Session, core

LATE = "late_summary"


async def open_summary(
    session: Session, new: schemas.NewSummary, act: Act
) -> tables.DepartmentSummary:
    """Open a summary by hand; the one that is open already when there is one."""
    code = await department_code(session, new.department)
    act = await require_office(session, act, administrator(code), head(code), PLANNING)
    settings = await governance_settings(session, act.at)
    if bounds(new.month, settings.time_zone)[1] > act.at:
        raise invalid(not_over(new.month))
    return await begin_summary(session, code, new.month, act)


async def begin_summary(
    session: Session, department: str, month: str, act: Act
) -> tables.DepartmentSummary:
    """The summary of a department for a month, with its deadline; one there is at the most."""
    tenant = session.info["tenant"]
    settings = await governance_settings(session, act.at)
    row = tables.DepartmentSummary(
        id=derived_id("dsm", tenant, department, month),
        tenant=tenant,
        department=department,
        month=month,
        status="open",
        due_at=summary_due(month, settings.time_zone),
        revision=1,
        created_at=act.at,
    )
    fresh = insert(core(tables.DepartmentSummary)).values(row.model_dump())
    if (await session.execute(fresh.on_conflict_do_nothing())).rowcount:  # type: ignore[attr-defined]
        cause = Cause("summary", row.id, None, department, row.due_at)
        await note_deadline(session, LATE, cause, row.due_at, row.due_at)
        await _keep(session, row, "open_summary", act)
    return await governed.one(session, tables.DepartmentSummary, row.id)


async def change_summary(
    session: Session,
    summary_id: str,
    change: schemas.SummaryChange,
    if_match: str | None,
    act: Act,
) -> tables.DepartmentSummary:
    """Write the analysis and the measures; a submitted summary is frozen (409).

    Only the head signs, and what is written over a signature takes it off.
    """
    row = await governed.one(session, tables.DepartmentSummary, summary_id, lock=True)
    given = change.model_dump(mode="json", exclude_unset=True)
    signs = given.get("signed_by") is not None
    writers = [head(row.department)] if signs else _writers(row)
    act = await require_office(session, act, *writers)
    require_open(row, if_match)
    require_none(await _reference_faults(session, change))
    if not signs:
        row.signed_by = None
    for name, value in given.items():
        setattr(row, name, value)
    row.revision += 1
    await _keep(session, row, "change_summary", act)
    return row


async def submit_summary(
    session: Session, summary_id: str, if_match: str | None, act: Act
) -> tables.DepartmentSummary:
    """Freeze a summary that is complete and signed by the head; late days are charged."""
    row = await governed.one(session, tables.DepartmentSummary, summary_id, lock=True)
    act = await require_office(session, act, *_writers(row))
    require_open(row, if_match)
    faults = [
        at_pointer(f"/{name}", "missing", "提交前须填写。", "Must be given before submitting.")
        for name in ("analysis", "measures")
        if getattr(row, name) is None
    ]
    heads = await people.department_heads(session, row.department, act.at)
    signers = {h.person.id for h in heads} | {h.acting.id for h in heads if h.acting}
    if row.signed_by not in signers:
        zh, en = "须由部门负责人签字确认。", "The head of the department has to sign it."
        faults.append(at_pointer("/signed_by", "not_signed", zh, en))
    require_none(faults)
    row.status, row.submitted_at, row.submitted_by = "submitted", act.at, act.by
    row.revision += 1
    await settle_deadline(session, LATE, row.id, row.due_at, act)
    await tell_of_filing(session, row, act.at)
    await _keep(session, row, "submit_summary", act)
    return row


async def excuse_summary(
    session: Session, summary_id: str, excuse: schemas.Excuse, if_match: str | None, act: Act
) -> tables.DepartmentSummary:
    """Nothing has to be summed up: what was charged for its lateness is taken back."""
    row = await governed.one(session, tables.DepartmentSummary, summary_id, lock=True)
    act = await require_office(session, act, PLANNING)
    require_open(row, if_match)
    row.status, row.reason = "excused", excuse.reason
    row.revision += 1
    await drop_deadline(session, LATE, row.id)
    await reverse_all(session, row.id, excuse.reason, act)
    await _keep(session, row, "excuse_summary", act)
    return row


def _writers(row: tables.DepartmentSummary) -> list[Office]:
    return [administrator(row.department), head(row.department)]


async def _reference_faults(session: Session, change: schemas.SummaryChange) -> list[FieldError]:
    faults: list[FieldError] = []
    if change.signed_by and await people.find_person(session, change.signed_by) is None:
        faults.append(check_person("/signed_by", change.signed_by))
    for index, each in enumerate(change.measures or []):
        where = f"/measures/{index}"
        if await definitions.find_newest(session, tables.ProcessVersion, each.process) is None:
            faults.append(unknown(f"{where}/process", "流程", "process", each.process))
        if each.owner and await people.find_person(session, each.owner) is None:
            faults.append(check_person(f"{where}/owner", each.owner))
    return faults


async def _keep(session: Session, row: tables.DepartmentSummary, operation: str, act: Act) -> None:
    body = row.model_dump(mode="json", exclude={"tenant"})
    revision = Revision("department_summary", row.id, row.revision)
    await keep_change(session, revision, operation, body, act)
