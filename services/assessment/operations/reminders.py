"""Raters who have not submitted are reminded, each reminder exactly once."""

from datetime import datetime

from services.assessment import tables
from services.assessment.domain.workflow import Status
from services.assessment.queries import campaigns as queries
from shared import outbox
from shared.contracts.assessment import RatersReminded
from shared.store import Session, Store, enter


async def remind_raters(store: Store, at: datetime) -> bool:
    """Tell the reminder that has been due longest; whether there was one.

    The reminder's row goes in the transaction that records its events: a worker that is killed
    has told all of it or nothing.
    """
    async with store.queue() as session:
        due = await queries.due_reminder(session, at)
        if due is None:
            return False
        await enter(session, due.tenant)
        campaign = await queries.campaign(session, due.campaign)
        await outbox.record(session, *await _told(session, campaign, due.days_left))
        await session.delete(due)
    return True


async def _told(
    session: Session, campaign: tables.Campaign, days_left: int
) -> list[RatersReminded]:
    rows = [row for row in await queries.units(session, campaign.id) if row.status == Status.RATING]
    raters = await queries.raters_of(session, [row.id for row in rows])
    waited_for = {
        row.id: [each.subject for each in raters.get(row.id, []) if not each.submitted]
        for row in rows
    }
    said = {"campaign": campaign.id, "days_left": days_left, "deadline": campaign.deadline}
    return [
        RatersReminded.model_validate(
            {
                **said,
                "assessment": row.id,
                "unit_kind": row.unit_kind,
                "unit": row.unit,
                "raters": waited_for[row.id],
                "revision": campaign.revision,
            }
        )
        for row in rows
        if waited_for[row.id]
    ]
