"""Change requests are cases of the shipped process: every step is an event that drives clocks."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from services.commitments import tables
from services.commitments.domain import process_change
from services.commitments.domain.events import TicketEvent
from services.commitments.domain.offices import (
    PLANNING,
    Office,
    head,
    node_holder,
    of_department,
    owner,
    supervisor,
)
from services.commitments.operations.authority import require_office
from services.commitments.operations.deadlines import note_deadline, settle_deadline
from services.commitments.operations.folding import case_id_of, fold_cases
from services.commitments.operations.governance import governance_settings
from services.commitments.operations.governance_events import tell_of_step
from services.commitments.operations.history import Act, Revision, keep_change
from services.commitments.operations.penalties import Cause
from services.commitments.operations.refusals import require_none, unknown
from services.commitments.operations.shipped import ensure_process_change
from services.commitments.operations.units import department_codes
from services.commitments.queries import change_requests as queries
from services.commitments.queries import definitions, people
from services.commitments.queries import governance as governed
from services.commitments.schemas import change_requests as schemas
from shared.http import require_match
from shared.ids import new_id
from shared.problems import CONFLICT, FieldError, Problem, at_pointer, invalid
from shared.store import Session

RULES = {process_change.FILING: "late_filing", process_change.HANDLING: "late_change"}
"""Which offence a late day of each clock is."""

OPERATIONS = {
    "approved": "review_change_request",
    "rejected": "review_change_request",
    "changed": "change_by_request",
    "published": "publish_change_request",
    process_change.WITHDRAWN: "withdraw_change_request",
}
"""By which operation a request becomes what."""
REVIEWED = ("approved", "rejected")


@dataclass(frozen=True, slots=True)
class Step:
    """What a request becomes, and what is said of it."""

    status: str
    remark: str | None
    alerts_since: datetime


async def demand_change(
    session: Session,
    check: tables.SpotCheck,
    wanted: schemas.DemandedChange,
    violation: str | None,
    act: Act,
    alerts_since: datetime,
) -> tables.ChangeRequest:
    """A spot-check asks for a change: the week to file it runs from the check on."""
    code = await people.find_code(session, tables.Department, wanted.department)
    if code is None:
        raise invalid(unknown("/department", "部门", "department", wanted.department))
    await ensure_process_change(session, act.at)
    row = _new(session, check.process, [code], act)
    row.spot_check, row.violation, row.demand = check.id, violation, wanted.demand
    session.add(row)
    step = Step(process_change.FOUND, wanted.demand[:1000], alerts_since)
    await _take(session, row, step, Act(act.by, check.checked_at))
    await _keep(session, row, "demand_change", act)
    return row


async def file_change_request(
    session: Session, new: schemas.NewChangeRequest, act: Act, alerts_since: datetime
) -> tables.ChangeRequest:
    """File a change: the one that a spot-check demanded, or one that nobody asked for."""
    codes, faults = await department_codes(session, new.departments)
    if await definitions.find_newest(session, tables.ProcessVersion, new.process) is None:
        faults.append(unknown("/process", "流程", "process", new.process))
    require_none(faults)
    act = await require_office(session, act, *_filers(new.process, codes))
    await ensure_process_change(session, act.at)
    if new.demanded is None:
        row = _new(session, new.process, codes, act)
        session.add(row)
    else:
        row = await governed.one(session, tables.ChangeRequest, new.demanded, lock=True)
        _check_demanded(row, new, codes)
        row.departments = codes
        row.revision += 1
    row.title, row.proposal = new.title, new.proposal
    await _take(session, row, Step(process_change.FILED, None, alerts_since), act)
    await _keep(session, row, "file_change_request", act)
    return row


async def step_change_request(
    session: Session, request_id: str, step: Step, if_match: str | None, act: Act
) -> tables.ChangeRequest:
    """Review, change, publish or withdraw; 409 when that does not follow from what it is."""
    row = await governed.one(session, tables.ChangeRequest, request_id, lock=True)
    act = await _authorised(session, row, step, act)
    require_match(if_match, row.revision)
    if step.status not in process_change.FOLLOWING[row.status]:
        zh = f"该变更申请的状态为 {row.status}，不能变为 {step.status}。"
        en = f"This change request is {row.status}: it cannot become {step.status}."
        raise Problem(CONFLICT, {"zh": zh, "en": en})
    row.revision += 1
    await _take(session, row, step, act)
    await _keep(session, row, OPERATIONS[step.status], act)
    if row.demand is not None and step.status in ("rejected", process_change.WITHDRAWN):
        await _demand_again(session, row, step, act)
    return row


async def shown_change_requests(
    session: Session, rows: Sequence[tables.ChangeRequest], at: datetime
) -> list[schemas.ChangeRequest]:
    """Change requests with their clocks at that instant."""
    tenant = session.info["tenant"]
    cases = {row.id: case_id_of(tenant, process_change.CODE, row.id) for row in rows}
    clocks = await queries.clocks(session, list(cases.values()), at)
    return [
        schemas.ChangeRequest(
            **row.model_dump(exclude={"tenant"}),
            segment=_segment(row),
            case_id=cases[row.id],
            deadlines=[
                schemas.Deadline(
                    **clock.model_dump(),
                    state=state,
                    due_at=clock.commitment_due_at,
                )
                for clock, state in clocks
                if clock.case_id == cases[row.id]
            ],
        )
        for row in rows
    ]


async def _demand_again(
    session: Session, given_up: tables.ChangeRequest, step: Step, act: Act
) -> None:
    """What a spot-check demanded stands until it is published: it is to be filed anew.

    A rejected proposal has a week again; a withdrawn one has what was left of its week.
    """
    at = {each["status"]: datetime.fromisoformat(each["at"]) for each in given_up.steps}
    if process_change.FILED not in at:
        return
    begins = act.at
    if step.status == process_change.WITHDRAWN:
        begins = process_change.resumed(at[process_change.FOUND], at[process_change.FILED], act.at)
    row = _new(session, given_up.process, [given_up.department], act)
    row.spot_check, row.violation = given_up.spot_check, given_up.violation
    row.demand, row.follows = given_up.demand, given_up.id
    session.add(row)
    said = Step(process_change.FOUND, step.remark, step.alerts_since)
    await _take(session, row, said, Act(act.by, begins))
    await _keep(session, row, OPERATIONS[step.status], act)


async def _authorised(session: Session, row: tables.ChangeRequest, step: Step, act: Act) -> Act:
    """The act in the office that the step needs.

    Whoever filed a request may withdraw it; a demand, whoever demanded it.
    """
    if step.status in REVIEWED:
        return await require_office(session, act, *_reviewers(row))
    if step.status != process_change.WITHDRAWN:
        return await require_office(session, act, *_handlers(row))
    filed = [each for each in row.steps if each["status"] == process_change.FILED]
    if not filed:
        return await require_office(session, act, PLANNING)
    if filed[-1]["by"] == act.by and not act.is_administrator:
        return replace(act, capacity={"office": "filer", "of": row.id})
    return await require_office(session, act, *_filers(row.process, row.departments[:1]))


def _filers(process: str, departments: Sequence[str]) -> list[Office]:
    """The people of the department that files, and of the process."""
    of_process = [supervisor(process), owner(process), node_holder(process)]
    return [*of_department(departments[0]), *of_process]


def _reviewers(row: tables.ChangeRequest) -> list[Office]:
    """Inside a department its head approves as well, before it is handled (003, 2.3)."""
    is_within = _segment(row) == process_change.WITHIN
    return [*([head(row.department)] if is_within else []), *_handlers(row)]


def _handlers(row: tables.ChangeRequest) -> list[Office]:
    """Inside a department the owner handles a change, across departments the planning one."""
    is_within = _segment(row) == process_change.WITHIN
    return [owner(row.process), PLANNING] if is_within else [PLANNING]


async def _take(session: Session, row: tables.ChangeRequest, step: Step, act: Act) -> None:
    """Add the step to the request and to its case, and charge what is late by now."""
    row.status = step.status
    taken = {"status": step.status, "at": act.at.isoformat(), "by": act.by, "remark": step.remark}
    row.steps = [*row.steps, taken]
    settings = await governance_settings(session, act.at)
    is_with_planning = step.status != process_change.FOUND
    event = TicketEvent(
        case_key=row.id,
        event_id=f"{row.id}.{len(row.steps)}",
        at=act.at,
        sequence=len(row.steps),
        state=step.status,
        segment=_segment(row),
        department=settings.planning_department if is_with_planning else row.department,
    )
    await session.flush()
    await fold_cases(session, process_change.CODE, [(event, None)], step.alerts_since)
    await tell_of_step(session, row, act.at)
    await _mind_deadlines(session, row, act)


async def _mind_deadlines(session: Session, row: tables.ChangeRequest, act: Act) -> None:
    case_id = case_id_of(row.tenant, process_change.CODE, row.id)
    for clock, _ in await queries.clocks(session, [case_id], act.at):
        rule = RULES.get(clock.node)
        if rule is None:
            continue
        due_at = clock.commitment_due_at
        if clock.running_since is None:
            await settle_deadline(session, rule, row.id, due_at, act)
        else:
            cause = Cause("change_request", row.id, row.process, row.department, act.at)
            await note_deadline(session, rule, cause, due_at, due_at or act.at)


def _new(session: Session, process: str, departments: list[str], act: Act) -> tables.ChangeRequest:
    return tables.ChangeRequest(
        id=new_id("chr"),
        tenant=session.info["tenant"],
        process=process,
        department=departments[0],
        departments=departments,
        status=process_change.FOUND,
        steps=[],
        revision=1,
        created_at=act.at,
    )


def _segment(row: tables.ChangeRequest) -> process_change.Segment | None:
    """Known once it is filed: only then is it said whom the change touches."""
    if row.status == process_change.FOUND:
        return None
    return process_change.segment(len(row.departments))


def _check_demanded(
    row: tables.ChangeRequest, new: schemas.NewChangeRequest, codes: Sequence[str]
) -> None:
    faults: list[FieldError] = []
    if row.status != process_change.FOUND:
        zh, en = f"该变更已是 {row.status}。", f"This demand is {row.status} already."
        faults.append(at_pointer("/demanded", "filed", zh, en))
    if row.process != new.process:
        zh, en = f"所要求的变更针对流程 {row.process}。", f"The demand is about {row.process}."
        faults.append(at_pointer("/process", "other_process", zh, en))
    if codes[0] != row.department:
        zh, en = f"应由部门 {row.department} 提出。", f"It is for {row.department} to file it."
        faults.append(at_pointer("/departments/0", "other_department", zh, en))
    require_none(faults)


async def _keep(session: Session, row: tables.ChangeRequest, operation: str, act: Act) -> None:
    body = row.model_dump(mode="json", exclude={"tenant"})
    revision = Revision("change_request", row.id, row.revision)
    await keep_change(session, revision, operation, body, act)
