"""Agreements to be reviewed, reviews by their day, actions by what asked for them."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import or_, select
from sqlmodel import col

from services.commitments.tables import Agreement, ImprovementAction, QualityPlan, ServiceReview
from shared import pages
from shared.problems import CONFLICT, Problem, at_pointer, not_found
from shared.store import Session


async def agreements_in_force(
    session: Session, code: str | None, at: datetime
) -> Sequence[Agreement]:
    """The published versions of agreements that hold at that instant, or begin later."""
    query = select(Agreement).where(
        col(Agreement.status) == "published",
        or_(col(Agreement.valid_until).is_(None), col(Agreement.valid_until) > at),
    )
    if code is not None:
        query = query.where(col(Agreement.code) == code)
    rows = (await session.scalars(query.order_by(col(Agreement.version)))).all()
    # Of one agreement the newest version says when it is reviewed.
    return list({row.code: row for row in rows}.values())


async def review_on(session: Session, agreement: str, day: date) -> ServiceReview:
    """The review of an agreement that is scheduled for that day."""
    query = select(ServiceReview).where(
        col(ServiceReview.agreement) == agreement, col(ServiceReview.scheduled_on) == day
    )
    return (await session.scalars(query)).one()


async def require_free_day(session: Session, row: ServiceReview) -> None:
    """Raises a 409 problem when another review of the agreement is on the same day."""
    with session.no_autoflush:
        query = select(col(ServiceReview.id)).where(
            col(ServiceReview.agreement) == row.agreement,
            col(ServiceReview.scheduled_on) == row.scheduled_on,
            col(ServiceReview.id) != row.id,
        )
        other = (await session.scalars(query)).first()
    if other is not None:
        zh, en = f"当日已有回顾会议 {other}。", f"That day has a review already: {other}."
        errors = [at_pointer("/scheduled_on", "taken", zh, en)]
        raise Problem(CONFLICT, {"zh": zh, "en": en}, errors)


async def actions_of(
    session: Session, of: str, parents: Sequence[str]
) -> Mapping[str, list[ImprovementAction]]:
    """The actions of these reviews or plans, in the order in which they were asked for."""
    parent = col(getattr(ImprovementAction, of))
    query = select(ImprovementAction).where(parent.in_(parents))
    found: dict[str, list[ImprovementAction]] = {}
    for row in (await session.scalars(query.order_by(col(ImprovementAction.id)))).all():
        found.setdefault(getattr(row, of), []).append(row)
    return found


async def actions(
    session: Session,
    filters: Mapping[str, str | None],
    due_before: date | None,
    limit: int,
    cursor: str | None,
) -> tuple[list[ImprovementAction], str | None]:
    """One page of actions, oldest first."""
    action = ImprovementAction
    wanted = [col(getattr(action, name)) == v for name, v in filters.items() if v is not None]
    if due_before is not None:
        wanted.append(col(action.due_on) < due_before)
    query = pages.seek(select(action).where(*wanted), [col(action.id)], cursor, descending=False)
    rows = (await session.scalars(query.limit(limit + 1))).all()
    return pages.page(rows, limit, lambda row: [row.id])


async def quality_plan(session: Session, service: str) -> QualityPlan:
    """The quality plan of a service; raises a 404 problem."""
    query = select(QualityPlan).where(col(QualityPlan.service) == service)
    row = (await session.scalars(query)).one_or_none()
    if row is None:
        raise not_found({"zh": "服务质量计划", "en": "quality plan of the service"}, service)
    return row


async def quality_plans(
    session: Session, limit: int, cursor: str | None
) -> tuple[list[QualityPlan], str | None]:
    """One page by service."""
    key = col(QualityPlan.service)
    query = pages.seek(select(QualityPlan), [key], cursor, descending=False)
    rows = (await session.scalars(query.limit(limit + 1))).all()
    return pages.page(rows, limit, lambda row: [row.service])
