"""What waits for group robots and other messengers, and their pace."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from services.commitments.queries.notifications import UNPACED
from services.commitments.tables import AlertChannel, Notification, RobotPace
from shared.store import Session, core

PACED = col(Notification.channel).not_in(UNPACED)
"""Everything that is not pushed or mailed is said by a robot, at the robot's pace."""


async def waited_for(session: Session) -> Sequence[tuple[str, str]]:
    """In the queue: tenant and channel of every messenger that something waits for."""
    row = Notification
    query = select(col(row.tenant), col(row.target)).where(col(row.status) == "pending", PACED)
    found = await session.execute(query.distinct().order_by(col(row.tenant), col(row.target)))
    return [(tenant, target) for tenant, target in found.all()]


async def channels(session: Session, codes: Sequence[str]) -> dict[str, AlertChannel]:
    query = select(AlertChannel).where(col(AlertChannel.code).in_(codes))
    return {row.code: row for row in (await session.scalars(query)).all()}


async def begin(session: Session, robot: str, at: datetime, lease: timedelta) -> bool | None:
    """Hold the robot until the lease ends; whether alerts go alone. None when it is not free."""
    pace = core(RobotPace)
    first = {"tenant": session.info["tenant"], "robot": robot, "failures": 0, "alone": False}
    new = insert(pace).values(**first, next_at=at + lease)
    held = new.on_conflict_do_update(
        index_elements=["tenant", "robot"],
        set_={"next_at": new.excluded.next_at},
        where=pace.c.next_at <= at,
    ).returning(pace.c.alone)
    alone: bool | None = (await session.execute(held)).scalar_one_or_none()
    return alone


async def pace(session: Session, robot: str) -> RobotPace:
    """The pace of a robot that this worker has held, locked."""
    query = select(RobotPace).where(col(RobotPace.robot) == robot)
    return (await session.scalars(query.with_for_update())).one()


async def due(session: Session, target: str, at: datetime, limit: int) -> Sequence[Notification]:
    """What waits for this channel and may be tried now, oldest first, locked."""
    row = Notification
    query = select(row).where(
        col(row.target) == target,
        col(row.status) == "pending",
        PACED,
        col(row.next_attempt_at) <= at,
    )
    ordered = query.order_by(col(row.created_at), col(row.id)).limit(limit)
    return (await session.scalars(ordered.with_for_update(skip_locked=True))).all()
