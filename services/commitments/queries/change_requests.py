"""Change requests and the clocks of their cases."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import literal, select
from sqlmodel import col

from services.commitments.domain.process_change import ASKED
from services.commitments.queries.cases import known_at, state_expression
from services.commitments.tables import ChangeRequest, ClockVersion
from shared.store import Session


async def clocks(session: Session, case_ids: Sequence[str], at: datetime) -> Sequence[Any]:
    """The node runs of these cases with their states at that instant, as they started."""
    state = state_expression(literal(at)).label("state")
    clock = ClockVersion
    query = select(clock, state).where(
        col(clock.case_id).in_(case_ids), col(clock.level) == "run", known_at(clock, at)
    )
    order = (col(clock.case_id), col(clock.started_at), col(clock.node))
    return (await session.execute(query.order_by(*order))).all()


async def is_change_asked(session: Session, process: str, at: datetime) -> bool:
    """Whether a change of the process had been filed by then and is not settled yet."""
    query = select(ChangeRequest).where(col(ChangeRequest.process) == process)
    rows = (await session.scalars(query)).all()
    return any(_status_at(row, at) in ASKED for row in rows)


def _status_at(row: ChangeRequest, at: datetime) -> str | None:
    taken = [s for s in row.steps if datetime.fromisoformat(s["at"]) <= at]
    return taken[-1]["status"] if taken else None
