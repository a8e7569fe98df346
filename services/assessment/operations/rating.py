"""Raters rate on sheets of their own, which nobody else sees until consensus opens."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from services.assessment import tables
from services.assessment.domain.faults import Fault, below
from services.assessment.domain.ratings import NotApplicable, Rating, read_rating
from services.assessment.domain.workflow import Status
from services.assessment.operations.audit import Change, note
from services.assessment.operations.leading import OWN_CAUSE, demand_lead
from services.assessment.operations.pinned import Pinned, pinned
from services.assessment.operations.refusals import conflict, demand_status, forbidden
from services.assessment.queries import assessments as queries
from services.assessment.queries import ratings as rating_queries
from services.assessment.schemas import ratings as schemas
from shared.http import require_match
from shared.identity import Principal
from shared.problems import at_pointer, invalid
from shared.store import Session


class Entry(NamedTuple):
    """One cell on one rater's sheet."""

    assessment: str
    rater: str
    cell: str


async def sheet(session: Session, id_: str, by: Principal) -> schemas.Sheet:
    """The caller's own ratings; a 403 problem if they do not rate here."""
    row = await queries.assessment(session, id_)
    rater = await _own(session, id_, by)
    return await _shown(session, rater, await pinned(session, row))


async def rate_cells(
    session: Session,
    id_: str,
    change: schemas.SheetChange,
    by: Principal,
    at: datetime,
    if_match: str | None,
) -> schemas.Sheet:
    """Set or take back ratings on the caller's own sheet; a 422 problem lists every fault."""
    row = await queries.assessment_for_entry(session, id_)
    demand_status(row, Status.RATING)
    rater = await _own(session, id_, by)
    require_match(if_match, rater.revision)
    if rater.submitted:
        raise _SUBMITTED
    used = await pinned(session, row)
    ratings = _read(used, change.ratings)
    known = {each.cell: each for each in await rating_queries.sheet(session, id_, by.subject)}
    for cell, given in change.ratings.items():
        before = known.get(cell)
        after = None if given is None else _row(rater, cell, given, ratings[cell], at)
        await _set(session, before, after, by, at)
    rater.revision += 1
    await session.flush()
    return await _shown(session, rater, used)


async def submit_sheet(
    session: Session, id_: str, by: Principal, at: datetime, if_match: str | None
) -> schemas.Sheet:
    """Declare the caller's sheet complete; every cell must be rated, and none can change after."""
    row = await queries.assessment_for_entry(session, id_)
    demand_status(row, Status.RATING)
    rater = await _own(session, id_, by)
    require_match(if_match, rater.revision)
    if rater.submitted:
        raise _SUBMITTED
    shown = await _shown(session, rater, await pinned(session, row))
    if shown.unrated:
        cells = ", ".join(shown.unrated)
        raise conflict(f"尚未评分：{cells}。", f"Not rated yet: {cells}.")
    rater.submitted, rater.revision = True, rater.revision + 1
    note(
        session,
        id_,
        Change("submit_sheet", {"submitted": False}, {"submitted": True}, rater=by.subject),
        by,
        at,
    )
    return await _shown(session, rater, await pinned(session, row))


async def rule_on_rating(
    session: Session,
    entry: Entry,
    ruling: schemas.Ruling,
    by: Principal,
    at: datetime,
    if_match: str | None,
) -> schemas.Rating:
    """Approve or refuse, in consensus, that a cell is not applicable that one has not rated."""
    id_, rater, cell = entry
    row = await queries.assessment_for_entry(session, id_)
    demand_lead(session, by, row)
    demand_status(row, Status.CONSENSUS)
    rating = await rating_queries.rating_for_update(session, id_, rater, cell)
    if rating is None or rating.na_reason is None:
        raise conflict(
            "该单元未被此评分人评为不适用。", "That rater has not rated this cell not applicable."
        )
    if by.subject in [r.rater for r in await rating_queries.all_ratings(session, id_, cell)]:
        raise OWN_CAUSE
    require_match(if_match, rating.revision)
    before = said(rating)
    rating.na_ruling = "approved" if ruling.approved else "refused"
    rating.na_ruled_by = by.subject
    rating.revision += 1
    note(session, id_, Change("rule_on_rating", before, said(rating), cell), by, at)
    await session.flush()
    return shown_rating(rating)


def rating_of(row: tables.Rating) -> Rating:
    """What the domain calls this rating."""
    if row.value is None:
        return NotApplicable(row.na_reason or "")
    return row.value


def shown_rating(row: tables.Rating) -> schemas.Rating:
    """A rating as those see it who may."""
    rating = {"na": row.na_reason} if row.value is None else row.value
    return schemas.Rating.model_validate({**row.model_dump(), "rating": rating})


def said(row: tables.Rating) -> dict[str, object]:
    """What a rating says, for the audit trail."""
    names = {"value", "na_reason", "na_ruling", "na_ruled_by", "comment", "confidence"}
    return {
        name: value for name, value in row.model_dump(include=names).items() if value is not None
    }


async def _set(
    session: Session,
    before: tables.Rating | None,
    after: tables.Rating | None,
    by: Principal,
    at: datetime,
) -> None:
    """Write one rating in place of another, and note it, unless it says the same."""
    row = after or before
    told, kept = before and said(before), after and said(after)
    if row is None or told == kept:
        return
    if after is not None:
        after.revision += before.revision if before else 0
        await session.merge(after)
    elif before is not None:
        await session.delete(before)
    change = Change("rate_cell", told, kept, row.cell, row.rater)
    note(session, row.assessment, change, by, at)


async def _own(session: Session, id_: str, by: Principal) -> tables.AssessmentRater:
    rater = await queries.find_rater(session, id_, by.subject, lock=True)
    if rater is None:
        raise forbidden("您不是此评估的评分人。", "You are not a rater of this assessment.")
    return rater


async def _shown(session: Session, rater: tables.AssessmentRater, used: Pinned) -> schemas.Sheet:
    rows = await rating_queries.sheet(session, rater.assessment, rater.subject)
    rated = {row.cell for row in rows}
    return schemas.Sheet(
        assessment=rater.assessment,
        rater=rater.subject,
        submitted=rater.submitted,
        cells=list(used.cells),
        unrated=[cell for cell in used.cells if cell not in rated],
        ratings=[shown_rating(row) for row in rows],
        revision=rater.revision,
    )


def _read(used: Pinned, given: Mapping[str, schemas.CellRating | None]) -> dict[str, Rating]:
    faults: list[Fault] = []
    read: dict[str, Rating] = {}
    unknown = {cell for cell in given if cell not in used.cells}
    errors = [
        at_pointer(
            below("/ratings", cell),
            "not_a_cell",
            "此评估中没有这个可评的单元。",
            "Nothing of this name is rated in this assessment.",
        )
        for cell in sorted(unknown)
    ]
    for cell, told in given.items():
        if told is not None and cell not in unknown:
            pointer = below(below("/ratings", cell), "rating")
            rating = read_rating(used.model, used.cells[cell], told.rating, pointer, faults)
            if rating is not None:
                read[cell] = rating
    errors += [at_pointer(each.pointer, each.code, each.text.zh, each.text.en) for each in faults]
    if errors:
        raise invalid(*errors)
    return read


def _row(
    rater: tables.AssessmentRater,
    cell: str,
    given: schemas.CellRating,
    rating: Rating,
    at: datetime,
) -> tables.Rating:
    return tables.Rating(
        tenant=rater.tenant,
        assessment=rater.assessment,
        rater=rater.subject,
        cell=cell,
        value=None if isinstance(rating, NotApplicable) else rating,
        na_reason=rating.reason if isinstance(rating, NotApplicable) else None,
        comment=given.comment,
        confidence=given.confidence,
        salt=secrets.token_hex(16),
        rated_at=at,
    )


_SUBMITTED = conflict(
    "评分表已提交，不能再改。", "The sheet has been submitted and cannot change any more."
)
