"""Clocks that waited for a year to become known are computed again, a batch of cases at a time."""

from datetime import datetime
from itertools import groupby
from operator import itemgetter

from services.commitments.operations.calendar_gaps import settle_gap
from services.commitments.operations.folding import refold_cases
from services.commitments.queries import calendar_gaps as queries
from shared.store import Store, enter

BATCH = 100


async def mend_calendar_gap(store: Store, at: datetime, alerts_since: datetime) -> int:
    """Fold the next cases of one gap again, or settle it; how many cases and gaps there were."""
    async with store.queue() as session:
        gap = await queries.gap_to_recheck(session)
        if gap is None:
            return 0
        await enter(session, gap.tenant)
        waiting = sorted(await queries.waiting_cases(session, gap, BATCH), key=itemgetter(0))
        if not waiting:
            await settle_gap(session, gap, at)
            return 1
        for process, its in groupby(waiting, key=itemgetter(0)):
            await refold_cases(session, process, [case_id for _, case_id in its], alerts_since)
        gap.checked_up_to = max(case_id for _, case_id in waiting)
        return len(waiting)
