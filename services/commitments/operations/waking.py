"""A worker wakes up to what has come due, one thing a transaction, and notes the next time."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta

import structlog
from sqlalchemy import select
from sqlmodel import col

from services.commitments.operations.advice import renew_advice
from services.commitments.operations.review_calendars import keep_calendar
from services.commitments.operations.review_reminders import remind_of_review, remind_of_scorecard
from services.commitments.operations.wake_ups import (
    ADVICE,
    REVIEW,
    REVIEWS,
    SCORECARD,
    Waking,
)
from services.commitments.tables import WakeUp
from shared.store import Session, Store, enter, is_unavailable

log = structlog.get_logger()

Wake = Callable[[Session, str, Waking], Awaitable[datetime | None]]
"""Does what is due about something, and says when to look at it again; None for never."""

TRY_AGAIN = timedelta(minutes=5)
"""When to look again at what could not be done; nothing else waits for it."""

_WAKES: Mapping[str, Wake] = {
    ADVICE: renew_advice,
    REVIEWS: keep_calendar,
    REVIEW: remind_of_review,
    SCORECARD: remind_of_scorecard,
}


async def wake_next(store: Store, at: datetime, *, mails: bool) -> bool:
    """Take what has been due longest; whether there was anything.

    `mails` says whether a mail server is set: nothing is queued that could never leave.

    A row that is locked is in another worker's hands, and what it does happens once.
    """
    async with store.queue() as session:
        query = select(WakeUp).where(col(WakeUp.at) <= at).order_by(col(WakeUp.at)).limit(1)
        row = (await session.scalars(query.with_for_update(skip_locked=True))).one_or_none()
        if row is None:
            return False
        await enter(session, row.tenant)
        following = await _woken(session, row, Waking(at, mails))
        if following is None:
            await session.delete(row)
        else:
            row.at = following
    return True


async def _woken(session: Session, row: WakeUp, now: Waking) -> datetime | None:
    try:
        async with session.begin_nested():
            return await _WAKES[row.what](session, row.of, now)
    except Exception as error:
        if is_unavailable(error):
            raise
        log.exception("wake_up_failed", what=row.what, of=row.of)
        return now.at + TRY_AGAIN
