"""The owner of a process says what was done for the duties: roll-out, training, improvement."""

from datetime import date, datetime

from services.commitments import tables
from services.commitments.domain.duties import Duty
from services.commitments.domain.offices import PLANNING, owner
from services.commitments.operations.authority import require_office
from services.commitments.operations.governance_events import tell_of_duty
from services.commitments.operations.history import Act, Revision, keep_change
from services.commitments.operations.refusals import require_none, unknown
from services.commitments.operations.service_reviews import local_today
from services.commitments.operations.units import department_codes
from services.commitments.queries import definitions, people
from services.commitments.queries import duties as queries
from services.commitments.queries import governance as governed
from services.commitments.schemas import duties as schemas
from shared.http import require_match
from shared.ids import new_id
from shared.problems import CONFLICT, FieldError, Problem, at_pointer
from shared.schemas import Bilingual
from shared.store import Session


async def record_duty(session: Session, new: schemas.NewDutyRecord, act: Act) -> tables.DutyRecord:
    """Record what the owner did; raises a problem with every reference that leads nowhere."""
    codes, faults = await department_codes(session, new.departments)
    if await definitions.find_newest(session, tables.ProcessVersion, new.process) is None:
        faults.append(unknown("/process", "流程", "process", new.process))
    if new.done_on > await local_today(session, act.at):
        zh, en = "该日尚未到来。", "This day has not come yet."
        faults.append(at_pointer("/done_on", "in_future", zh, en))
    faults += await _plan_faults(session, new)
    require_none(faults)
    act = await require_office(session, act, owner(new.process))
    row = tables.DutyRecord(
        **new.model_dump(exclude={"departments"}),
        departments=codes,
        id=new_id("dut"),
        tenant=session.info["tenant"],
        status="recorded",
        recorded_by=act.by,
        revision=1,
        created_at=act.at,
    )
    session.add(row)
    await tell_of_duty(session, row, act.at)
    await _keep(session, row, "record_duty", act)
    return row


async def void_duty_record(
    session: Session, record_id: str, void: schemas.DutyVoid, if_match: str | None, act: Act
) -> tables.DutyRecord:
    """Take back what was not done; a record that is void stays so (409)."""
    row = await governed.one(session, tables.DutyRecord, record_id, lock=True)
    act = await require_office(session, act, owner(row.process), PLANNING)
    require_match(if_match, row.revision)
    if row.status == "void":
        raise Problem(CONFLICT, {"zh": "该记录已作废。", "en": "This record is void already."})
    row.status, row.reason = "void", void.reason
    row.revision += 1
    await tell_of_duty(session, row, act.at)
    await _keep(session, row, "void_duty_record", act)
    return row


async def owner_duties(
    session: Session, idle_since: date | None, at: datetime, limit: int, cursor: str | None
) -> tuple[list[schemas.OwnerDuties], str | None]:
    """One page of processes with when each duty was attended to last, and who owns them now."""
    rows, following = await queries.processes(session, idle_since, limit, cursor)
    codes = [row.code for row in rows]
    done = await queries.done(session, codes)
    owners = {a.of: a.person for a in await people.appointments(session, "owner", codes, at)}
    items = [
        schemas.OwnerDuties(
            process=row.code,
            name=Bilingual.model_validate(row.name),
            owner=owners.get(row.code),
            duties=_done(row.code, done),
        )
        for row in rows
    ]
    return items, following


def _done(process: str, done: queries.Done) -> list[schemas.DutyDone]:
    found = {duty: done.get((process, duty), (None, 0)) for duty in Duty}
    return [
        schemas.DutyDone(duty=duty, last_done_on=last, records=count)
        for duty, (last, count) in found.items()
    ]


async def _plan_faults(session: Session, new: schemas.NewDutyRecord) -> list[FieldError]:
    if new.plan is None:
        return []
    plan = await session.get(tables.ImprovementPlan, new.plan)
    if plan is None:
        return [unknown("/plan", "服务改进计划", "improvement plan", new.plan)]
    if plan.process not in (None, new.process):
        zh = f"该计划针对流程 {plan.process}。"
        return [at_pointer("/plan", "other_process", zh, f"The plan is about {plan.process}.")]
    return []


async def _keep(session: Session, row: tables.DutyRecord, operation: str, act: Act) -> None:
    body = row.model_dump(mode="json", exclude={"tenant"})
    await keep_change(session, Revision("duty_record", row.id, row.revision), operation, body, act)
