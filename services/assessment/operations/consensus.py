"""Consensus: cells are discussed and decided, by rules that the raters' ratings set."""

import secrets
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from services.assessment import tables
from services.assessment.domain.consensus import must_be_discussed, needs_new_evidence, spread
from services.assessment.domain.faults import Fault
from services.assessment.domain.model import Scale
from services.assessment.domain.ratings import NotApplicable, Rating, read_rating
from services.assessment.domain.workflow import Status
from services.assessment.operations.audit import Change, note
from services.assessment.operations.leading import OWN_CAUSE, demand_lead
from services.assessment.operations.pinned import Pinned, pinned
from services.assessment.operations.rating import rating_of, shown_rating
from services.assessment.operations.refusals import conflict, demand_status
from services.assessment.operations.statistics import measure_agreement
from services.assessment.queries import assessments as queries
from services.assessment.queries import consensus as consensus_queries
from services.assessment.queries import ratings as rating_queries
from services.assessment.queries.evidence import attached as attached_to
from services.assessment.schemas import consensus as schemas
from services.assessment.schemas.statistics import AgreementRequest, AgreementResponse
from shared.http import require_match
from shared.identity import Principal
from shared.ids import new_id
from shared.problems import at_pointer, invalid, not_found
from shared.store import Session

OPENED = (Status.CONSENSUS, Status.REVIEW, Status.SEALED)


async def consensus(session: Session, id_: str) -> list[schemas.CellConsensus]:
    """Every cell as it stands, in the model's order; 409 while rating is independent."""
    row = await queries.assessment(session, id_)
    demand_status(row, *OPENED)
    used = await pinned(session, row)
    ratings, notes = defaultdict(list), defaultdict(list)
    for rating in await rating_queries.all_ratings(session, id_):
        ratings[rating.cell].append(rating)
    for said in await consensus_queries.notes(session, id_):
        notes[said.cell].append(said)
    decided = {each.cell: each for each in await consensus_queries.decisions(session, id_)}
    return [
        _shown(cell, scale, ratings[cell], notes[cell], decided.get(cell))
        for cell, scale in used.cells.items()
    ]


async def cell_consensus(session: Session, id_: str, cell: str) -> schemas.CellConsensus:
    """One cell as it stands; 409 while rating is independent."""
    row = await queries.assessment(session, id_)
    demand_status(row, *OPENED)
    return await _cell(session, id_, cell, await pinned(session, row))


async def agreement(session: Session, id_: str, seed: int) -> AgreementResponse:
    """How far the raters agreed, cell by cell; what is not applicable is no value."""
    row = await queries.assessment(session, id_)
    demand_status(row, *OPENED)
    cells = (await pinned(session, row)).cells
    said: dict[str, dict[str, int | None]] = defaultdict(dict)
    for rating in await rating_queries.all_ratings(session, id_):
        said[rating.rater][rating.cell] = rating.value
    table = [[ratings.get(cell) for cell in cells] for ratings in said.values()]
    return measure_agreement(AgreementRequest(ratings=table, seed=seed))


async def discuss_cell(
    session: Session,
    id_: str,
    cell: str,
    said: schemas.NewDiscussionNote,
    by: Principal,
    at: datetime,
) -> schemas.DiscussionNote:
    """Keep what one of its raters, its leads or its reviewer said of a cell."""
    row = await queries.assessment_for_entry(session, id_)
    raters = [each.subject for each in await queries.raters(session, id_)]
    if by.subject not in (row.reviewer, *raters):
        demand_lead(session, by, row)
    demand_status(row, Status.CONSENSUS)
    _scale(await pinned(session, row), cell)
    kept = tables.DiscussionNote(
        id=new_id("dsc"),
        tenant=by.tenant,
        assessment=id_,
        cell=cell,
        author=by.subject,
        text=said.text,
        said_at=at,
    )
    session.add(kept)
    note(session, id_, Change("discuss_cell", after={"text": said.text}, cell=cell), by, at)
    await session.flush()
    return schemas.DiscussionNote.model_validate(kept)


async def decide_cell(
    session: Session,
    id_: str,
    cell: str,
    new: schemas.NewDecision,
    by: Principal,
    at: datetime,
    if_match: str | None,
) -> schemas.CellConsensus:
    """Decide a cell, by the rules of consensus; one decision at a time in an assessment."""
    row = await queries.assessment_for_update(session, id_)
    demand_lead(session, by, row)
    demand_status(row, Status.CONSENSUS)
    used = await pinned(session, row)
    scale = _scale(used, cell)
    before = await consensus_queries.find_decision(session, id_, cell)
    require_match(if_match, before.revision if before else 0)
    decided = _read(used, scale, new)
    ratings = await rating_queries.all_ratings(session, id_, cell)
    await _demand_lawful(session, row, cell, scale, ratings, decided, by)
    await _demand_evidence(session, row, cell, new.evidence, ratings, decided)
    told = before and _said(before)
    after = _decision(row, cell, new, decided, by, at)
    after.revision += before.revision if before else 0
    after = await session.merge(after)
    note(session, id_, Change("decide_cell", told, _said(after), cell), by, at)
    await session.flush()
    return await _cell(session, id_, cell, used)


async def undecided(session: Session, row: tables.Assessment) -> list[str]:
    """The cells without a decision, in the model's order."""
    decided = {each.cell for each in await consensus_queries.decisions(session, row.id)}
    return [cell for cell in (await pinned(session, row)).cells if cell not in decided]


def decided_rating(row: tables.Decision) -> Rating:
    """What the domain calls this decision."""
    return NotApplicable(row.na_reason or "") if row.value is None else row.value


def _decision(
    row: tables.Assessment,
    cell: str,
    new: schemas.NewDecision,
    decided: Rating,
    by: Principal,
    at: datetime,
) -> tables.Decision:
    """A first decision; one that takes another's place has a later revision."""
    return tables.Decision(
        tenant=row.tenant,
        assessment=row.id,
        cell=cell,
        value=None if isinstance(decided, NotApplicable) else decided,
        na_reason=decided.reason if isinstance(decided, NotApplicable) else None,
        rationale=new.rationale,
        evidence=new.evidence,
        decided_by=by.subject,
        decided_at=at,
        salt=secrets.token_hex(16),
        revision=1,
    )


async def _demand_lawful(
    session: Session,
    row: tables.Assessment,
    cell: str,
    scale: Scale,
    rows: Sequence[tables.Rating],
    decided: Rating,
    by: Principal,
) -> None:
    """A dispute is noted, and settled by none of its parties; N/A needs an approved rating."""
    if must_be_discussed(scale, [rating_of(each) for each in rows]):
        if by.subject in [each.rater for each in rows]:
            raise OWN_CAUSE
        if not await consensus_queries.notes(session, row.id, cell):
            raise _NOT_DISCUSSED
    if isinstance(decided, NotApplicable) and not any(r.na_ruling == "approved" for r in rows):
        raise _NOT_APPROVED


async def _demand_evidence(
    session: Session,
    row: tables.Assessment,
    cell: str,
    cited: list[str],
    rows: Sequence[tables.Rating],
    decided: Rating,
) -> None:
    """What is cited is attached to the cell; a level outside the raters' range cites what is new.

    An opinion given in quick mode rests on no evidence.
    """
    attached = {told.evidence: told for told, _ in await attached_to(session, row.id, cell)}
    faults = [
        at_pointer(f"/evidence/{position}", "not_attached", *_NOT_ATTACHED)
        for position, id_ in enumerate(cited)
        if id_ not in attached
    ]
    if faults:
        raise invalid(*faults)
    if isinstance(decided, NotApplicable) or row.mode == "quick":
        return
    opened = row.consensus_opened_at
    new = [id_ for id_ in cited if opened and attached[id_].attached_at >= opened]
    if needs_new_evidence([rating_of(each) for each in rows], decided) and not new:
        raise _NOTHING_NEW


async def _cell(session: Session, id_: str, cell: str, used: Pinned) -> schemas.CellConsensus:
    return _shown(
        cell,
        _scale(used, cell),
        await rating_queries.all_ratings(session, id_, cell),
        await consensus_queries.notes(session, id_, cell),
        await consensus_queries.find_decision(session, id_, cell),
    )


def _scale(used: Pinned, cell: str) -> Scale:
    if cell not in used.cells:
        raise not_found({"zh": "评估单元", "en": "cell"}, cell)
    return used.cells[cell]


def _read(used: Pinned, scale: Scale, new: schemas.NewDecision) -> Rating:
    faults: list[Fault] = []
    decided = read_rating(used.model, scale, new.rating, "/rating", faults)
    if decided is None:
        raise invalid(
            *(at_pointer(each.pointer, each.code, each.text.zh, each.text.en) for each in faults)
        )
    return decided


def _shown(
    cell: str,
    scale: Scale,
    rows: Sequence[tables.Rating],
    notes: Sequence[tables.DiscussionNote],
    decided: tables.Decision | None,
) -> schemas.CellConsensus:
    ratings = [rating_of(row) for row in rows]
    return schemas.CellConsensus(
        cell=cell,
        ratings=[shown_rating(row) for row in rows],
        spread=spread(scale, ratings),
        must_be_discussed=must_be_discussed(scale, ratings),
        notes=[schemas.DiscussionNote.model_validate(each) for each in notes],
        decision=None if decided is None else _shown_decision(decided),
        revision=0 if decided is None else decided.revision,
    )


def _shown_decision(row: tables.Decision) -> schemas.Decision:
    rating = {"na": row.na_reason} if row.value is None else row.value
    return schemas.Decision.model_validate({**row.model_dump(), "rating": rating})


def _said(row: tables.Decision) -> dict[str, object]:
    names = {"value", "na_reason", "rationale", "evidence"}
    told = row.model_dump(include=names)
    return {name: value for name, value in told.items() if value is not None}


_NOT_DISCUSSED = conflict(
    "各评分人的评分相差两级或以上，或对是否适用意见不一：须先讨论并记录。",
    "The ratings differ by two levels or more, or in whether the cell applies: it must be "
    "discussed first, and the discussion noted.",
)
_NOT_APPROVED = conflict(
    "没有任何已获批准的“不适用”评分。",
    "No rating that says not applicable has been approved.",
    "/rating",
    "not_approved",
)
_NOT_ATTACHED = ("该证据未附于此单元。", "This evidence is not attached to this cell.")
_NOTHING_NEW = conflict(
    "结果超出评分人的评分范围：须引用合议开始后才附于此单元的证据。",
    "The result lies outside the raters' range: it must cite evidence that was attached to this "
    "cell after consensus opened.",
    "/evidence",
    "new_evidence_missing",
)
