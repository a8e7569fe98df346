"""Service reviews are scheduled by the agreement's calendar, held, and lead to actions."""

from collections.abc import Sequence
from datetime import date, datetime
from itertools import takewhile
from zoneinfo import ZoneInfo

from sqlalchemy.dialects.postgresql import insert

from services.commitments import tables
from services.commitments.domain.agreement import review_dates
from services.commitments.operations.governance import governance_settings
from services.commitments.operations.history import Act, Revision, keep_change
from services.commitments.operations.refusals import unknown
from services.commitments.operations.service_offices import require_office_for_agreement
from services.commitments.operations.wake_ups import REVIEW, never_wake, wake_at
from services.commitments.queries import governance as governed
from services.commitments.queries import service_quality as queries
from services.commitments.schemas import service_quality as schemas
from shared import outbox
from shared.contracts.service_levels import ServiceReviewScheduled
from shared.http import require_match
from shared.ids import derived_id
from shared.problems import CONFLICT, FieldError, Problem, at_pointer, invalid
from shared.store import Session, core

MAX_REVIEWS = 600
"""What is scheduled at once; more than that is a wrong day."""


async def schedule_reviews(
    session: Session, asked: schemas.ReviewSchedule, act: Act
) -> list[tables.ServiceReview]:
    """Schedule what the calendars of the agreements ask for until that day; what is there stays."""
    rows: list[tables.ServiceReview] = []
    today = act.at.date()
    agreements = await _agreements(session, asked.agreement, act)
    act = await require_office_for_agreement(session, act, asked.agreement)
    for agreement in agreements:
        until = asked.until
        if agreement.valid_until is not None:
            until = min(until, agreement.valid_until.date())
        days = review_dates(agreement.first_review_on, agreement.review_months)
        due = [day for day in takewhile(until.__ge__, days) if day >= today]
        if len(rows) + len(due) > MAX_REVIEWS:
            raise invalid(_too_far())
        rows += [await schedule(session, agreement, day, act) for day in due]
    return rows


async def add_review(
    session: Session, new: schemas.NewServiceReview, act: Act
) -> tables.ServiceReview:
    """Schedule a review out of turn; the one that is scheduled for that day if there is one."""
    (agreement,) = await _agreements(session, new.agreement, act)
    act = await require_office_for_agreement(session, act, new.agreement)
    day = new.scheduled_on
    return await schedule(session, agreement, day, act, by_calendar=False)


async def change_review(
    session: Session,
    review_id: str,
    change: schemas.ServiceReviewChange,
    if_match: str | None,
    act: Act,
) -> tables.ServiceReview:
    """Move a review, hold it, or write its minutes; a cancelled one stays so (409)."""
    row = await governed.one(session, tables.ServiceReview, review_id, lock=True)
    act = await require_office_for_agreement(session, act, row.agreement)
    require_match(if_match, row.revision)
    if row.status == "cancelled":
        zh, en = "该回顾会议已取消。", "This review is cancelled."
        raise Problem(CONFLICT, {"zh": zh, "en": en})
    faults = _faults(row, change, act)
    if faults:
        raise invalid(*faults)
    given = change.model_dump(exclude_none=True)
    if given.pop("is_cancelled", False):
        row.status = "cancelled"
    if change.held_at is not None:
        row.status = "held"
    if change.scheduled_on not in (None, row.scheduled_on):
        # What was moved by hand is no longer the calendar's to call off.
        row.by_calendar, row.reminded_at, row.overdue_at = False, None, None
    for name, value in given.items():
        setattr(row, name, value)
    row.revision += 1
    await queries.require_free_day(session, row)
    await wake_at(session, REVIEW, row.id, act.at)
    await _keep(session, row, "change_review", act)
    return row


async def shown_reviews(
    session: Session, rows: Sequence[tables.ServiceReview], now: datetime
) -> list[schemas.ServiceReview]:
    """Reviews with their actions."""
    today = await local_today(session, now)
    actions = await queries.actions_of(session, "review", [row.id for row in rows])
    return [
        schemas.ServiceReview(
            **row.model_dump(exclude={"tenant", "created_at", "overdue_at"}),
            is_overdue=row.status == "scheduled" and row.scheduled_on < today,
            actions=[schemas.Action.model_validate(a) for a in actions.get(row.id, [])],
        )
        for row in rows
    ]


async def local_today(session: Session, now: datetime) -> date:
    """The day that it is where the tenant is."""
    zone = (await governance_settings(session, now)).time_zone
    return now.astimezone(ZoneInfo(zone)).date()


async def _agreements(session: Session, code: str | None, act: Act) -> Sequence[tables.Agreement]:
    found = await queries.agreements_in_force(session, code, act.at)
    if code is not None and not found:
        raise invalid(unknown("/agreement", "生效的协议", "agreement in force", code))
    return found


async def schedule(
    session: Session, agreement: tables.Agreement, day: date, act: Act, *, by_calendar: bool = True
) -> tables.ServiceReview:
    """The review of that day, wherever it was moved; scheduled if there is none."""
    row = tables.ServiceReview(
        id=derived_id("svr", agreement.tenant, agreement.code, day),
        tenant=agreement.tenant,
        agreement=agreement.code,
        service=agreement.service,
        scheduled_on=day,
        by_calendar=by_calendar,
        status="scheduled",
        attendees=[],
        decisions=[],
        revision=1,
        created_at=act.at,
    )
    fresh = insert(core(tables.ServiceReview)).values(row.model_dump()).on_conflict_do_nothing()
    if (await session.execute(fresh)).rowcount:  # type: ignore[attr-defined]
        await _keep(session, row, "schedule_review", act)
        scheduled = ServiceReviewScheduled(
            review_id=row.id,
            agreement=row.agreement,
            service=row.service,
            scheduled_on=day,
            by_calendar=by_calendar,
            at=act.at,
            revision=1,
        )
        await outbox.record(session, scheduled)
        await wake_at(session, REVIEW, row.id, act.at)
    return await queries.review_on(session, row)


async def call_off(session: Session, row: tables.ServiceReview, act: Act) -> None:
    """Cancel what the agreement's calendar does not ask for any more."""
    row.status = "cancelled"
    row.revision += 1
    await never_wake(session, REVIEW, row.id)
    await _keep(session, row, "call_off_review", act)


def _faults(
    row: tables.ServiceReview, change: schemas.ServiceReviewChange, act: Act
) -> list[FieldError]:
    faults: list[FieldError] = []
    if change.held_at is not None and change.held_at > act.at:
        zh, en = "召开时间不得晚于现在。", "It cannot have been held later than now."
        faults.append(at_pointer("/held_at", "in_the_future", zh, en))
    if change.is_cancelled and (change.held_at is not None or row.status == "held"):
        zh, en = "已召开的会议不能取消。", "A review that was held cannot be cancelled."
        faults.append(at_pointer("/is_cancelled", "held", zh, en))
    held = change.held_at is not None or row.status == "held"
    for name in ("minutes", "decisions"):
        if getattr(change, name) is not None and not held:
            zh, en = "会议召开后方可记录。", "There are none before the review was held."
            faults.append(at_pointer(f"/{name}", "not_held", zh, en))
    return faults


def _too_far() -> FieldError:
    zh, en = f"至多安排 {MAX_REVIEWS} 次。", f"At most {MAX_REVIEWS} reviews at once."
    return at_pointer("/until", "too_many", zh, en)


async def _keep(session: Session, row: tables.ServiceReview, operation: str, act: Act) -> None:
    body = row.model_dump(mode="json", exclude={"tenant"})
    revision = Revision("service_review", row.id, row.revision)
    await keep_change(session, revision, operation, body, act)
