"""An assessment moves on: rating opens, consensus opens, review opens."""

from datetime import datetime

from services.assessment import tables
from services.assessment.domain.workflow import OPEN_CONSENSUS, OPEN_RATING, Step
from services.assessment.operations.audit import Change, note
from services.assessment.operations.refusals import conflict, demand_status
from services.assessment.queries import assessments as queries
from shared.http import require_match
from shared.identity import Principal
from shared.store import Session


async def open_rating(
    session: Session, id_: str, by: Principal, at: datetime, if_match: str | None
) -> tables.Assessment:
    """Let the raters rate, each on their own."""
    row = await taken(session, id_, OPEN_RATING, if_match)
    if not await queries.raters(session, id_):
        raise conflict("尚无评分人。", "Nobody has been named to rate.")
    return await moved(session, row, OPEN_RATING, by, at)


async def open_consensus(
    session: Session, id_: str, by: Principal, at: datetime, if_match: str | None
) -> tables.Assessment:
    """Lay the ratings open, once every rater has submitted theirs."""
    row = await taken(session, id_, OPEN_CONSENSUS, if_match)
    missing = [r.subject for r in await queries.raters(session, id_) if not r.submitted]
    if missing or not await queries.raters(session, id_):
        names = ", ".join(missing)
        raise conflict(
            f"尚未提交评分的评分人：{names}。", f"Raters who have not submitted yet: {names}."
        )
    row.consensus_opened_at = at
    return await moved(session, row, OPEN_CONSENSUS, by, at)


async def taken(session: Session, id_: str, step: Step, if_match: str | None) -> tables.Assessment:
    """The assessment, locked, from which this step starts; 412, 428 or 409 otherwise."""
    row = await queries.assessment_for_update(session, id_)
    require_match(if_match, row.revision)
    demand_status(row, step.before)
    return row


async def moved(
    session: Session, row: tables.Assessment, step: Step, by: Principal, at: datetime
) -> tables.Assessment:
    """Take the step, and note it."""
    row.status = step.after
    row.revision += 1
    change = Change(step.name, {"status": step.before}, {"status": step.after})
    note(session, row.id, change, by, at)
    await session.flush()
    return row
