"""What is to be looked at when is noted; a worker then wakes up to it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from services.commitments.tables import WakeUp
from shared.store import Session, core

ADVICE = "advice"
"""Of a process."""
REVIEWS = "reviews"
"""The calendar of an agreement."""
REVIEW = "review"
"""One review: its reminder, and that it is overdue."""
SCORECARD = "scorecard"
"""One scorecard that is to be reviewed."""


@dataclass(frozen=True, slots=True)
class Waking:
    """When a worker is awake, and whether there is a mail server to tell people by."""

    at: datetime
    mails: bool


async def wake_at(session: Session, what: str, of: str, at: datetime) -> None:
    """Look at it then, whatever was noted before."""
    row = insert(core(WakeUp)).values(tenant=session.info["tenant"], what=what, of=of, at=at)
    key = ["tenant", "what", "of"]
    await session.execute(row.on_conflict_do_update(index_elements=key, set_={"at": at}))


async def never_wake(session: Session, what: str, of: str) -> None:
    """There is nothing to look at any more."""
    await session.execute(delete(WakeUp).where(col(WakeUp.what) == what, col(WakeUp.of) == of))
