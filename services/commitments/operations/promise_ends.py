"""What an agreement promised ends with it, for the runs that start later."""

from datetime import datetime

from services.commitments.operations.takes_effect import takes_effect
from services.commitments.queries import promises as queries
from services.commitments.queries import started
from shared.store import Session


async def end_promises(session: Session, agreement: str, until: datetime) -> None:
    """End the promises that name it; a run that has bound one of them keeps it.

    The end is put behind the last start that bound the promise, so that no history changes.
    """
    rows = await queries.lasting_promises_of(session, agreement, until)
    await started.hold_processes(session, {row.process for row in rows})
    for row in rows:
        begins = queries.as_promise(row).valid_from
        ends = max(begins, takes_effect(until, await started.last_bound(session, row.id)))
        if row.valid_until is None or ends < row.valid_until:
            row.valid_until = ends
            row.revision += 1
