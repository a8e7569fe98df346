"""An assessment moves on: rating, consensus and review open, and the review is done."""

from datetime import datetime

from services.assessment import tables
from services.assessment.domain.workflow import (
    CONFIRM_REVIEW,
    OPEN_CONSENSUS,
    OPEN_RATING,
    OPEN_REVIEW,
    RETURN_REVIEW,
    Step,
)
from services.assessment.operations.announcements import announce_consensus, announce_opening
from services.assessment.operations.audit import Change, note
from services.assessment.operations.consensus import undecided
from services.assessment.operations.leading import demand_lead, leads_of
from services.assessment.operations.refusals import conflict, demand_status, forbidden
from services.assessment.queries import assessments as queries
from services.assessment.queries.consensus import decisions
from services.assessment.queries.trails import heads_of_raters
from shared.http import require_match
from shared.identity import Principal
from shared.store import Session


async def open_rating(
    session: Session, id_: str, by: Principal, at: datetime, if_match: str | None
) -> tables.Assessment:
    """Let the raters rate, each on their own."""
    row = await taken(session, id_, OPEN_RATING, if_match, by)
    raters = [each.subject for each in await queries.raters(session, id_)]
    if not raters:
        raise conflict("尚无评分人。", "Nobody has been named to rate.")
    await moved(session, row, OPEN_RATING, by, at)
    await announce_opening(session, row, raters, at)
    return row


async def open_consensus(
    session: Session, id_: str, by: Principal, at: datetime, if_match: str | None
) -> tables.Assessment:
    """Lay the ratings open, once every rater has submitted theirs."""
    row = await taken(session, id_, OPEN_CONSENSUS, if_match, by)
    missing = [r.subject for r in await queries.raters(session, id_) if not r.submitted]
    if missing or not await queries.raters(session, id_):
        names = ", ".join(missing)
        raise conflict(
            f"尚未提交评分的评分人：{names}。", f"Raters who have not submitted yet: {names}."
        )
    row.consensus_opened_at = at
    await session.flush()
    trails = await heads_of_raters(session, id_)
    await moved(session, row, OPEN_CONSENSUS, by, at, trails=trails)
    await announce_consensus(session, row, at)
    return row


async def open_review(
    session: Session, id_: str, by: Principal, at: datetime, if_match: str | None
) -> tables.Assessment:
    """Hand the assessment to its reviewer, once every cell is decided."""
    row = await taken(session, id_, OPEN_REVIEW, if_match, by)
    if row.reviewer is None:
        raise conflict("尚未指定复核人。", "No reviewer has been named.")
    if missing := await undecided(session, row):
        cells = ", ".join(missing)
        raise conflict(f"尚未决定：{cells}。", f"Not decided yet: {cells}.")
    return await moved(session, row, OPEN_REVIEW, by, at)


async def confirm_review(
    session: Session, id_: str, by: Principal, at: datetime, if_match: str | None
) -> tables.Assessment:
    """Confirm what consensus decided, as the reviewer."""
    row = await _reviewed(session, id_, CONFIRM_REVIEW, if_match, by)
    row.confirmed_by = by.subject
    return await moved(session, row, CONFIRM_REVIEW, by, at)


async def return_review(
    session: Session, id_: str, reason: str, by: Principal, at: datetime, if_match: str | None
) -> tables.Assessment:
    """Give the assessment back to consensus, as the reviewer, and say why."""
    row = await _reviewed(session, id_, RETURN_REVIEW, if_match, by)
    row.confirmed_by = None
    return await moved(session, row, RETURN_REVIEW, by, at, reason=reason)


async def taken(
    session: Session, id_: str, step: Step, if_match: str | None, by: Principal
) -> tables.Assessment:
    """The assessment, locked, whose lead takes this step; 403, 412, 428 or 409 otherwise."""
    row = await queries.assessment_for_update(session, id_)
    demand_lead(session, by, row)
    require_match(if_match, row.revision)
    demand_status(row, step.before)
    return row


async def moved(
    session: Session,
    row: tables.Assessment,
    step: Step,
    by: Principal,
    at: datetime,
    **noted: object,
) -> tables.Assessment:
    """Take the step, and note it with whatever else is to be known of it.

    `trails` are the heads of the raters' chains: nobody can cut one short from then on.
    """
    row.status = step.after
    row.revision += 1
    change = Change(step.name, {"status": step.before}, {"status": step.after, **noted})
    note(session, row.id, change, by, at)
    await session.flush()
    return row


async def _reviewed(
    session: Session, id_: str, step: Step, if_match: str | None, by: Principal
) -> tables.Assessment:
    """The same for the reviewer, who has neither rated nor decided and does not lead."""
    row = await queries.assessment_for_update(session, id_)
    took_part = {each.subject for each in await queries.raters(session, id_)} | leads_of(row)
    took_part |= {each.decided_by for each in await decisions(session, id_)}
    if by.subject != row.reviewer or by.subject in took_part:
        raise forbidden(
            "只有既未评分、也未参与决定、且不主持评估的复核人可以复核。",
            "Only the reviewer does this, who has neither rated nor decided and does not lead.",
        )
    require_match(if_match, row.revision)
    demand_status(row, step.before)
    return row
