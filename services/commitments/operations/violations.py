"""Spot-checks find violations; what the department found and penalised itself is waived."""

from datetime import datetime
from typing import Any

from services.commitments import tables
from services.commitments.domain.offices import (
    PLANNING,
    Office,
    administrator,
    head,
    supervisor,
)
from services.commitments.domain.penalties import Finding, is_repeated, is_waived, month_before
from services.commitments.domain.reporting_month import month_of
from services.commitments.operations.authority import require_office
from services.commitments.operations.change_requests import demand_change
from services.commitments.operations.governance import governance_settings
from services.commitments.operations.governance_events import tell_of_violation
from services.commitments.operations.history import Act, Revision, keep_change
from services.commitments.operations.penalties import Cause, charge, offices, reverse_all
from services.commitments.operations.refusals import require_none, unknown
from services.commitments.operations.units import check_person, department_code
from services.commitments.queries import definitions, people
from services.commitments.queries import governance as queries
from services.commitments.queries.change_requests import is_change_asked
from services.commitments.schemas import penalties as schemas
from services.commitments.schemas.change_requests import DemandedChange
from shared.http import require_match
from shared.ids import new_id
from shared.problems import CONFLICT, FieldError, Problem, at_pointer, invalid
from shared.store import Session


async def add_spot_check(session: Session, new: schemas.NewSpotCheck, act: Act) -> tables.SpotCheck:
    """Record a spot-check of a process, for the planning department."""
    act = await require_office(session, act, PLANNING)
    if await definitions.find_newest(session, tables.ProcessVersion, new.process) is None:
        raise invalid(unknown("/process", "流程", "process", new.process))
    checked_at = new.checked_at or act.at
    if checked_at > act.at:
        raise invalid(_in_the_future("/checked_at"))
    row = tables.SpotCheck(
        **new.model_dump(exclude={"checked_at"}),
        id=new_id("spc"),
        tenant=session.info["tenant"],
        checked_at=checked_at,
        checked_by=act.by,
        status="open",
        revision=1,
        created_at=act.at,
    )
    session.add(row)
    await _keep_spot_check(session, row, "add_spot_check", act)
    return row


async def change_spot_check(
    session: Session,
    spot_check_id: str,
    change: schemas.SpotCheckChange,
    if_match: str | None,
    act: Act,
) -> tables.SpotCheck:
    """Amend the notes of a spot-check, or close it."""
    row = await queries.one(session, tables.SpotCheck, spot_check_id, lock=True)
    act = await require_office(session, act, PLANNING)
    require_match(if_match, row.revision)
    for name, value in change.model_dump(exclude_none=True).items():
        setattr(row, name, value)
    row.revision += 1
    await _keep_spot_check(session, row, "change_spot_check", act)
    return row


async def record_violation(
    session: Session, new: schemas.NewViolation, act: Act, alerts_since: datetime
) -> tables.Violation:
    """Record a violation: one that a spot-check found is judged and charged at once."""
    if new.spot_check is not None:
        act = await require_office(session, act, PLANNING)
    check, faults = await _references(session, new)
    found_at = check.checked_at if check else act.at
    occurred_at = new.occurred_at or found_at
    if occurred_at > found_at:
        faults.append(_in_the_future("/occurred_at"))
    require_none(faults)
    department = await department_code(session, new.department)
    if check is None:
        act = await require_office(session, act, *_finders(new.process, department))
    zone = (await governance_settings(session, act.at)).time_zone
    row = tables.Violation(
        **new.model_dump(exclude={"occurred_at", "department", "spot_check"}),
        id=new_id("vio"),
        tenant=session.info["tenant"],
        department=department,
        occurred_at=occurred_at,
        found_by_department_at=None if check else act.at,
        month=month_of(found_at, zone),
        status="recorded",
        repeated=False,
        revision=1,
        created_at=act.at,
    )
    if check is not None:
        await _meet(session, row, check, act)
    session.add(row)
    if check is not None:
        await _demand(session, row, check, act, alerts_since)
    await tell_of_violation(session, row, act.at, is_new=True)
    await _keep(session, row, "record_violation", act)
    return row


async def penalise_violation(
    session: Session, violation_id: str, own: schemas.OwnPenalty, if_match: str | None, act: Act
) -> tables.Violation:
    """Note how the department itself penalised what it found, before a spot-check met it."""
    row = await queries.one(session, tables.Violation, violation_id, lock=True)
    act = await require_office(session, act, *_finders(row.process, row.department)[:2])
    _require_status(row, if_match, "recorded")
    settings = await governance_settings(session, act.at)
    row.own_penalty = {
        "amount": f"{own.amount:.2f}",
        "currency": own.currency or settings.currency,
        "reference": own.reference,
        "penalised_at": act.at.isoformat(),
        "by": act.by,
    }
    row.revision += 1
    await _keep(session, row, "penalise_violation", act)
    return row


async def meet_violation(
    session: Session,
    violation_id: str,
    meeting: schemas.Meeting,
    if_match: str | None,
    act: Act,
    alerts_since: datetime,
) -> tables.Violation:
    """A spot-check meets what the department had found: it is waived or charged."""
    act = await require_office(session, act, PLANNING)
    row = await queries.one(session, tables.Violation, violation_id, lock=True)
    _require_status(row, if_match, "recorded")
    check, faults = await _open_check(session, meeting.spot_check, row.process)
    require_none(faults)
    if check is not None:
        await _meet(session, row, check, act)
        await _demand(session, row, check, act, alerts_since)
    row.revision += 1
    await tell_of_violation(session, row, act.at, is_new=False)
    await _keep(session, row, "meet_violation", act)
    return row


async def void_violation(
    session: Session, violation_id: str, void: schemas.Reversal, if_match: str | None, act: Act
) -> tables.Violation:
    """Take back a violation that was recorded in error, and what was charged for it."""
    act = await require_office(session, act, PLANNING)
    row = await queries.one(session, tables.Violation, violation_id, lock=True)
    require_match(if_match, row.revision)
    if row.status == "void":
        raise Problem(CONFLICT, {"zh": "该违规已作废。", "en": "This violation is void already."})
    await reverse_all(session, row.id, void.reason, act)
    row.status, row.reason = "void", void.reason
    row.revision += 1
    await tell_of_violation(session, row, act.at, is_new=False)
    await _keep(session, row, "void_violation", act)
    return row


async def _meet(session: Session, row: tables.Violation, check: tables.SpotCheck, act: Act) -> None:
    """Judge a violation in the light of a spot-check, and charge it unless it is let go."""
    row.spot_check, row.met_at = check.id, check.checked_at
    settings = await governance_settings(session, act.at)
    row.month = month_of(check.checked_at, settings.time_zone)
    earlier = await queries.problems_of(session, row.process, month_before(row.month))
    row.repeated = is_repeated(_finding(row), map(_finding, earlier))
    if is_waived(row.found_by_department_at, _penalised_at(row), check.checked_at):
        row.status = "waived"
        return
    if row.by_design and await is_change_asked(session, row.process, check.checked_at):
        row.status = "excused"
        return
    row.status = "charged"
    cause = Cause("violation", row.id, row.process, row.department, row.occurred_at)
    rule = "repeated_violation" if row.repeated else "violation"
    persons = await offices(session, cause, row.occurred_at, row.person)
    await charge(session, rule, cause, persons, [""], act)


async def _demand(
    session: Session,
    row: tables.Violation,
    check: tables.SpotCheck,
    act: Act,
    alerts_since: datetime,
) -> None:
    """A flaw that nobody has asked to change yet is to be changed: the week to file it begins."""
    if row.by_design and row.status == "charged":
        await session.flush()
        wanted = DemandedChange(department=row.department, demand=row.description)
        await demand_change(session, check, wanted, row.id, act, alerts_since)


def _penalised_at(row: tables.Violation) -> Any:
    own = row.own_penalty
    return schemas.KeptOwnPenalty.model_validate(own).penalised_at if own else None


def _finding(row: tables.Violation) -> Finding:
    return Finding(row.process, row.node, row.requirement, row.month)


async def _references(
    session: Session, new: schemas.NewViolation
) -> tuple[tables.SpotCheck | None, list[FieldError]]:
    faults: list[FieldError] = []
    process = await definitions.find_newest(session, tables.ProcessVersion, new.process)
    if process is None:
        faults.append(unknown("/process", "流程", "process", new.process))
    elif new.node and new.node not in {node["code"] for node in process.definition["nodes"]}:
        faults.append(unknown("/node", "节点", "node", new.node))
    if await people.find_person(session, new.person) is None:
        faults.append(check_person("/person", new.person))
    if await people.find_code(session, tables.Department, new.department) is None:
        faults.append(unknown("/department", "部门", "department", new.department))
    if new.spot_check is None:
        return None, faults
    check, further = await _open_check(session, new.spot_check, new.process)
    return check, faults + further


async def _open_check(
    session: Session, spot_check_id: str, process: str
) -> tuple[tables.SpotCheck | None, list[FieldError]]:
    check = await session.get(tables.SpotCheck, spot_check_id)
    if check is None:
        return None, [unknown("/spot_check", "抽查", "spot-check", spot_check_id)]
    if check.process != process:
        zh, en = (
            f"该抽查针对流程 {check.process}。",
            f"It is a check of the process {check.process}.",
        )
        return check, [at_pointer("/spot_check", "other_process", zh, en)]
    if check.status != "open":
        zh, en = "该抽查已结束。", "This spot-check is closed."
        return check, [at_pointer("/spot_check", "closed", zh, en)]
    return check, []


def _finders(process: str, department: str) -> tuple[Office, Office, Office]:
    """Who records what a department finds itself; the first two penalise it as well."""
    return head(department), administrator(department), supervisor(process)


def _require_status(row: tables.Violation, if_match: str | None, status: str) -> None:
    require_match(if_match, row.revision)
    if row.status != status:
        zh = f"该违规的状态为 {row.status}，不能如此处理。"
        en = f"This violation is {row.status}: that is no longer possible."
        raise Problem(CONFLICT, {"zh": zh, "en": en})


def _in_the_future(pointer: str) -> FieldError:
    zh, en = "不得晚于发现之时。", "It lies after it was found."
    return at_pointer(pointer, "after_finding", zh, en)


async def _keep(session: Session, row: tables.Violation, operation: str, act: Act) -> None:
    body = schemas.Violation.model_validate(row).model_dump(mode="json")
    await keep_change(session, Revision("violation", row.id, row.revision), operation, body, act)


async def _keep_spot_check(
    session: Session, row: tables.SpotCheck, operation: str, act: Act
) -> None:
    body = schemas.SpotCheck.model_validate(row).model_dump(mode="json")
    await keep_change(session, Revision("spot_check", row.id, row.revision), operation, body, act)


async def demand_by_check(
    session: Session,
    spot_check_id: str,
    wanted: DemandedChange,
    act: Act,
    alerts_since: datetime,
) -> tables.ChangeRequest:
    """A spot-check asks for a change without anybody having violated anything; 409 once closed."""
    act = await require_office(session, act, PLANNING)
    check = await queries.one(session, tables.SpotCheck, spot_check_id, lock=True)
    if check.status != "open":
        raise Problem(CONFLICT, {"zh": "该抽查已结束。", "en": "This spot-check is closed."})
    return await demand_change(session, check, wanted, None, act, alerts_since)
