"""Late days are charged as they begin, and the self-checks of a month opened as it ends."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlmodel import col

from services.commitments.domain import process_change
from services.commitments.domain.penalties import next_late_day
from services.commitments.domain.reporting_month import following, month_of, start_of
from services.commitments.operations.change_requests import RULES
from services.commitments.operations.deadlines import MONTH, cause_of, is_first_late
from services.commitments.operations.folding import case_id_of
from services.commitments.operations.governance import governance_settings
from services.commitments.operations.governance_events import tell_of_lateness
from services.commitments.operations.history import Act
from services.commitments.operations.penalties import charge_late_days
from services.commitments.operations.self_checks import begin_self_check
from services.commitments.operations.summaries import begin_summary
from services.commitments.queries import change_requests
from services.commitments.queries import self_checks as queries
from services.commitments.tables import GovernanceDeadline
from shared.store import Session, Store, enter

BATCH = 50
PLATFORM = "platform"
"""Who acts when nobody does but the clock."""
ASK_AGAIN = timedelta(hours=6)
"""When to look again whether a calendar has come to know the year of a deadline."""


async def charge_passed_deadlines(store: Store, at: datetime) -> int:
    """Charge every late day that has begun; how many deadlines had passed.

    A deadline that is locked is being settled, or is in another worker's hands.
    """
    async with store.queue() as session:
        query = select(GovernanceDeadline).where(col(GovernanceDeadline.next_at) < at)
        query = query.order_by(col(GovernanceDeadline.next_at)).limit(BATCH)
        passed = (await session.scalars(query.with_for_update(skip_locked=True))).all()
        for tenant in sorted({row.tenant for row in passed}):
            await enter(session, tenant)
            for row in passed:
                if row.tenant == tenant:
                    await _pass(session, row, at)
            await session.flush()
    return len(passed)


async def _pass(session: Session, row: GovernanceDeadline, at: datetime) -> None:
    act = Act(PLATFORM, at)
    if row.rule == MONTH:
        row.next_at = row.due_at = await _end_month(session, row.next_at, act)
        return
    due_at = row.due_at or await _due_by_now(session, row, at)
    if due_at is None:
        row.next_at = at + ASK_AGAIN
        return
    if is_first_late(row, due_at, at):
        await tell_of_lateness(session, row, due_at, at)
    await charge_late_days(session, row.rule, cause_of(row, due_at), due_at, at, act)
    row.due_at, row.next_at = due_at, next_late_day(due_at, at)


async def _end_month(session: Session, ended_at: datetime, act: Act) -> datetime:
    """Open what is to be reported of the month that ended; when the next one ends."""
    settings = await governance_settings(session, act.at)
    month = month_of(ended_at - timedelta(seconds=1), settings.time_zone)
    departments: set[str] = set()
    for process in await queries.supervised_processes(session, ended_at):
        row = await begin_self_check(session, process, month, act)
        if row.department is not None:
            departments.add(row.department)
    for department in sorted(departments):
        await begin_summary(session, department, month, act)
    return start_of(following(following(month)), settings.time_zone)


async def _due_by_now(session: Session, row: GovernanceDeadline, at: datetime) -> datetime | None:
    """The deadline of a clock whose calendar did not know the year when it was noted."""
    case_id = case_id_of(row.tenant, process_change.CODE, row.cause_id)
    clocks = await change_requests.clocks(session, [case_id], at)
    due = [clock.commitment_due_at for clock, _ in clocks if RULES.get(clock.node) == row.rule]
    return due[0] if due else None
