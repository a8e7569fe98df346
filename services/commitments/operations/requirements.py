"""Service level requirements are recorded, declined, and held against what is promised."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

from services.commitments import tables
from services.commitments.domain.calendars import Calendars
from services.commitments.domain.promise import Promise
from services.commitments.domain.requirement import Requirement, answer, answering, is_met
from services.commitments.operations.refusals import require_none, unknown
from services.commitments.queries import agreements as queries
from services.commitments.queries import definitions
from services.commitments.queries.promises import as_promise, of_services
from services.commitments.schemas import requirements as schemas
from shared.http import require_match
from shared.ids import new_id
from shared.problems import CONFLICT, FieldError, Problem, at_pointer
from shared.store import Session


async def record_requirement(
    session: Session, new: schemas.NewRequirement, at: datetime
) -> tables.ServiceLevelRequirement:
    """Record what a customer asks of a service, before it is agreed."""
    require_none([*await _reference_faults(session, new), *_limit_faults(new)])
    row = tables.ServiceLevelRequirement(
        **new.model_dump(),
        id=new_id("slr"),
        tenant=session.info["tenant"],
        status="open",
        revision=1,
        recorded_at=at,
    )
    session.add(row)
    await session.flush()
    return row


async def _reference_faults(session: Session, new: schemas.NewRequirement) -> list[FieldError]:
    faults: list[FieldError] = []
    if await queries.find_service(session, new.service) is None:
        faults.append(unknown("/service", "服务", "service", new.service))
    if new.process is not None:
        newest = await definitions.find_newest(session, tables.ProcessVersion, new.process)
        nodes = {node["code"] for node in newest.definition["nodes"]} if newest else set()
        if newest is None:
            faults.append(unknown("/process", "流程", "process", new.process))
        elif new.node is not None and new.node not in nodes:
            faults.append(unknown("/node", "节点", "node", new.node))
    elif new.node is not None:
        zh, en = "指明节点时须指明流程。", "A node is one of a process: name it as well."
        faults.append(at_pointer("/process", "missing", zh, en))
    calendar = tables.CalendarVersion
    if new.calendar and not await definitions.find_newest(session, calendar, new.calendar):
        faults.append(unknown("/calendar", "日历", "calendar", new.calendar))
    return faults


def _limit_faults(new: schemas.NewRequirement) -> list[FieldError]:
    wanted, bearable = new.wanted_seconds, new.bearable_seconds
    if wanted is None or bearable is None or bearable >= wanted:
        return []
    zh, en = "可忍受时限不得短于期望时限。", "What can be borne is shorter than what is wanted."
    return [at_pointer("/bearable_seconds", "tolerance_below_commitment", zh, en)]


async def decide_requirement(
    session: Session,
    requirement_id: str,
    decision: schemas.RequirementDecision,
    if_match: str | None,
) -> tables.ServiceLevelRequirement:
    """Decline a requirement, or open it again; 409 once an agreement answers it."""
    row = await queries.one(session, tables.ServiceLevelRequirement, requirement_id, lock=True)
    require_match(if_match, row.revision)
    if row.status == "agreed":
        zh, en = "该需求已由协议答复。", "An agreement has answered this requirement."
        raise Problem(CONFLICT, {"zh": zh, "en": en})
    if decision.status == "declined" and not decision.reason:
        zh, en = "拒绝须说明理由。", "Declining needs a reason."
        require_none([at_pointer("/reason", "missing", zh, en)])
    row.status, row.reason = decision.status, decision.reason
    row.revision += 1
    return row


async def shown_requirements(
    session: Session, rows: Sequence[tables.ServiceLevelRequirement], now: datetime
) -> list[schemas.Requirement]:
    """Requirements with the agreements that answer them and the promises that keep them."""
    agreements = await queries.agreements_of(session, [row.id for row in rows])
    promised = await of_services(session, {row.service for row in rows})
    calendars = await definitions.calendars(session)

    def shown(row: tables.ServiceLevelRequirement) -> schemas.Requirement:
        its = [as_promise(p) for p in promised if p.service == row.service]
        return schemas.Requirement.model_validate(
            {
                **row.model_dump(),
                "agreements": agreements.get(row.id, []),
                **_held_against(row, its, now, calendars),
            }
        )

    return await asyncio.to_thread(lambda: [shown(row) for row in rows])


def _held_against(
    row: tables.ServiceLevelRequirement,
    promises: Sequence[Promise],
    now: datetime,
    calendars: Calendars,
) -> dict[str, object]:
    asked = Requirement(
        segment=row.segment,
        priority=row.priority,
        node=row.node,
        wanted=_duration(row.wanted_seconds),
        bearable=_duration(row.bearable_seconds),
        calendar=row.calendar,
    )
    about = [p for p in promises if row.process in (None, p.process)]
    at, bound = answering(asked, about, now)
    answers = {promise: answer(asked, promise, at, calendars) for promise in bound}
    return {
        "is_met": is_met(asked, answers.values()),
        "answers": [
            schemas.RequirementAnswer(
                promise=promise.code,
                promise_version=promise.version,
                commitment_kept=found.wanted,
                tolerance_kept=found.bearable,
            )
            for promise, found in answers.items()
        ],
    }


def _duration(seconds: int | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)
