"""Monthly self-checks: opened when a month ends, filled in, submitted, charged when late."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.dialects.postgresql import insert

from services.commitments import tables
from services.commitments.domain.offices import (
    PLANNING,
    Office,
    administrator,
    head,
    supervisor,
)
from services.commitments.domain.reporting_month import bounds, self_check_due
from services.commitments.operations.attainment import Question, report
from services.commitments.operations.authority import require_office
from services.commitments.operations.deadlines import drop_deadline, note_deadline, settle_deadline
from services.commitments.operations.governance import governance_settings
from services.commitments.operations.governance_events import tell_of_filing
from services.commitments.operations.history import Act, Revision, keep_change
from services.commitments.operations.penalties import Cause, charge, offices, reverse_all
from services.commitments.operations.refusals import require_none, unknown
from services.commitments.operations.restatements import AS_PROMISED
from services.commitments.queries import definitions
from services.commitments.queries import governance as governed
from services.commitments.queries import self_checks as queries
from services.commitments.queries.attainment import AttainmentFilter
from services.commitments.schemas import self_checks as schemas
from shared.http import require_match
from shared.ids import derived_id
from shared.problems import CONFLICT, FieldError, Problem, at_pointer, invalid
from shared.store import Session, core

LATE, INCOMPLETE = "late_self_check", "incomplete_self_check"
READER = "platform"
FILLED_IN = ("execution", "violations", "design_faults")
"""What the supervisor fills in; the platform fills in the rest."""


async def open_self_check(
    session: Session, new: schemas.NewSelfCheck, act: Act
) -> tables.SelfCheck:
    """Open the self-check of a month by hand; the one that is open already when there is one."""
    if await definitions.find_newest(session, tables.ProcessVersion, new.process) is None:
        raise invalid(unknown("/process", "流程", "process", new.process))
    act = await require_office(session, act, *await _reporters(session, new.process))
    settings = await governance_settings(session, act.at)
    if bounds(new.month, settings.time_zone)[1] > act.at:
        raise invalid(not_over(new.month))
    return await begin_self_check(session, new.process, new.month, act)


async def begin_self_check(
    session: Session, process: str, month: str, act: Act
) -> tables.SelfCheck:
    """The self-check of a process for a month, with its deadline; one there is at the most."""
    tenant = session.info["tenant"]
    settings = await governance_settings(session, act.at)
    governance = await session.get(tables.ProcessGovernance, (tenant, process))
    row = tables.SelfCheck(
        id=derived_id("sck", tenant, process, month),
        tenant=tenant,
        process=process,
        month=month,
        department=governance.department if governance else None,
        status="open",
        due_at=self_check_due(month, settings.time_zone),
        incomplete=[],
        revision=1,
        created_at=act.at,
    )
    fresh = insert(core(tables.SelfCheck)).values(row.model_dump()).on_conflict_do_nothing()
    if (await session.execute(fresh)).rowcount:  # type: ignore[attr-defined]
        await note_deadline(session, LATE, _cause(row), row.due_at, row.due_at)
        await _keep(session, row, "open_self_check", act)
    return await governed.one(session, tables.SelfCheck, row.id)


async def change_self_check(
    session: Session,
    self_check_id: str,
    change: schemas.SelfCheckChange,
    if_match: str | None,
    act: Act,
) -> tables.SelfCheck:
    """Fill in what the supervisor knows; a submitted check is frozen (409)."""
    row, act = await _supervised(session, self_check_id, if_match, act)
    given = change.model_dump(mode="json", exclude_unset=True)
    await _check_violations(session, row, given.get("violations") or [])
    for name, value in given.items():
        setattr(row, name, value)
    row.revision += 1
    await _keep(session, row, "change_self_check", act)
    return row


async def submit_self_check(
    session: Session, self_check_id: str, if_match: str | None, act: Act
) -> tables.SelfCheck:
    """Freeze a check with the platform's figures; late days and missing items are charged."""
    row, act = await _supervised(session, self_check_id, if_match, act)
    row.figures = (await figures(session, row, act.at)).model_dump(mode="json")
    row.incomplete = [name for name in FILLED_IN if getattr(row, name) is None]
    row.status, row.submitted_at, row.submitted_by = "submitted", act.at, act.by
    row.revision += 1
    await session.flush()
    if row.incomplete:
        cause = _cause(row)
        persons = await offices(session, cause, act.at)
        await charge(session, INCOMPLETE, cause, persons, row.incomplete, act)
    await settle_deadline(session, LATE, row.id, row.due_at, act)
    await tell_of_filing(session, row, act.at)
    await _keep(session, row, "submit_self_check", act)
    return row


async def excuse_self_check(
    session: Session,
    self_check_id: str,
    excuse: schemas.Excuse,
    if_match: str | None,
    act: Act,
) -> tables.SelfCheck:
    """Nothing has to be reported: what was charged for its lateness is taken back."""
    row = await governed.one(session, tables.SelfCheck, self_check_id, lock=True)
    act = await require_office(session, act, PLANNING)
    require_open(row, if_match)
    row.status, row.reason = "excused", excuse.reason
    row.revision += 1
    await drop_deadline(session, LATE, row.id)
    await reverse_all(session, row.id, excuse.reason, act)
    await _keep(session, row, "excuse_self_check", act)
    return row


async def figures(session: Session, row: tables.SelfCheck, at: datetime) -> schemas.Figures:
    """What the platform counts of the month, by its own clocks; frozen ones as they were."""
    if row.figures is not None:
        return schemas.Figures.model_validate(row.figures)
    settings = await governance_settings(session, at)
    since, until = bounds(row.month, settings.time_zone)
    wanted = AttainmentFilter(process=row.process)
    asked = Question(["node"], wanted, "run", since, until, at, basis=AS_PROMISED, by=READER)
    measured = await report(session, asked)
    return schemas.Figures(
        run_count=await queries.cases_opened(session, row.process, (since, until), at),
        performance=[item.model_dump(mode="json") for item in measured.items],
        counted_at=at,
    )


async def shown_self_check(
    session: Session, row: tables.SelfCheck, at: datetime
) -> schemas.SelfCheck:
    """A self-check with its figures."""
    plain = row.model_dump(exclude={"tenant", "figures", "created_at"})
    return schemas.SelfCheck(**plain, figures=await figures(session, row, at))


def not_over(month: str) -> FieldError:
    """The fault of a month that is not over yet."""
    zh, en = f"{month} 尚未结束。", f"{month} is not over yet."
    return at_pointer("/month", "month_not_over", zh, en)


def require_open(row: tables.SelfCheck | tables.DepartmentSummary, if_match: str | None) -> None:
    """428 or 412 unless the caller names its revision; 409 once it was submitted or excused."""
    require_match(if_match, row.revision)
    if row.status != "open":
        zh, en = f"其状态已为 {row.status}，不可更改。", f"It is {row.status}, and stays as it is."
        raise Problem(CONFLICT, {"zh": zh, "en": en})


async def _supervised(
    session: Session, self_check_id: str, if_match: str | None, act: Act
) -> tuple[tables.SelfCheck, Act]:
    """The open check, and the act as one of the process's supervisor."""
    row = await governed.one(session, tables.SelfCheck, self_check_id, lock=True)
    act = await require_office(session, act, supervisor(row.process))
    require_open(row, if_match)
    return row, act


async def _reporters(session: Session, process: str) -> list[Office]:
    """Who opens a check by hand: those who write it, collect it and ask for it."""
    governance = await session.get(tables.ProcessGovernance, (session.info["tenant"], process))
    department = governance.department if governance else None
    collecting = [administrator(department), head(department)] if department else []
    return [supervisor(process), *collecting, PLANNING]


async def _check_violations(session: Session, row: tables.SelfCheck, violations: list[str]) -> None:
    known = {each.id for each in await governed.violations_of(session, row.process, violations)}
    require_none(
        [
            unknown(f"/violations/{index}", "该流程的违规", "violation of this process", each)
            for index, each in enumerate(violations)
            if each not in known
        ]
    )


def _cause(row: tables.SelfCheck) -> Cause:
    return Cause("self_check", row.id, row.process, row.department, row.due_at)


async def _keep(session: Session, row: tables.SelfCheck, operation: str, act: Act) -> None:
    body: Mapping[str, Any] = row.model_dump(mode="json", exclude={"tenant"})
    await keep_change(session, Revision("self_check", row.id, row.revision), operation, body, act)
