"""Agreements to be reviewed, reviews by their day, actions by what asked for them."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import Text, and_, func, or_, select
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


async def published_versions(session: Session, agreement: str) -> Sequence[Agreement]:
    """The published versions of an agreement, oldest first."""
    query = select(Agreement).where(
        col(Agreement.code) == agreement, col(Agreement.status) == "published"
    )
    return (await session.scalars(query.order_by(col(Agreement.version)))).all()


async def newest_version(session: Session, agreement: str) -> Agreement:
    """The newest published version of an agreement that has one."""
    return (await published_versions(session, agreement))[-1]


async def review_on(session: Session, asked: ServiceReview) -> ServiceReview:
    """The review that was scheduled for the same day, which may have been moved since."""
    same_day = and_(
        col(ServiceReview.agreement) == asked.agreement,
        col(ServiceReview.scheduled_on) == asked.scheduled_on,
    )
    query = select(ServiceReview).where(or_(same_day, col(ServiceReview.id) == asked.id))
    # Of two, that which is on the day now.
    moved_last = query.order_by(col(ServiceReview.scheduled_on) != asked.scheduled_on)
    return (await session.scalars(moved_last.limit(1))).one()


async def scheduled_by_calendar(
    session: Session, agreement: str, since: date
) -> Sequence[ServiceReview]:
    """What the agreement's calendar has scheduled from that day on, held until the end."""
    query = select(ServiceReview).where(
        col(ServiceReview.agreement) == agreement,
        col(ServiceReview.status) == "scheduled",
        col(ServiceReview.by_calendar),
        col(ServiceReview.scheduled_on) >= since,
    )
    return (await session.scalars(query.with_for_update())).all()


async def overdue_reviews(
    session: Session, filters: Mapping[str, str | None], today: date, limit: int, cursor: str | None
) -> tuple[list[ServiceReview], str | None]:
    """One page of reviews whose day has passed and that nobody has held, oldest day first."""
    review = ServiceReview
    wanted = [col(getattr(review, name)) == v for name, v in filters.items() if v is not None]
    wanted += [col(review.status) == "scheduled", col(review.scheduled_on) < today]
    day = func.to_char(col(review.scheduled_on), "YYYY-MM-DD", type_=Text)
    query = pages.seek(
        select(review).where(*wanted), [day, col(review.id)], cursor, descending=False
    )
    rows = (await session.scalars(query.limit(limit + 1))).all()
    return pages.page(rows, limit, lambda row: [row.scheduled_on.isoformat(), row.id])


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
