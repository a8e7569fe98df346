"""What an assessment comes to: from one's own ratings while blind, from the decisions after."""

from dataclasses import asdict
from datetime import date

from services.assessment import tables
from services.assessment.domain.consistency import Evidence
from services.assessment.domain.modes import Mode
from services.assessment.domain.ratings import Rating
from services.assessment.domain.report import ScoreReport, as_json, report
from services.assessment.domain.seal import score_hash
from services.assessment.domain.workflow import Status
from services.assessment.operations.attachments import proven_facts
from services.assessment.operations.consensus import decided_rating
from services.assessment.operations.pinned import pinned
from services.assessment.operations.rating import rating_of
from services.assessment.operations.refusals import conflict, forbidden
from services.assessment.queries import assessments as queries
from services.assessment.queries import consensus as consensus_queries
from services.assessment.queries import ratings as rating_queries
from services.assessment.schemas import consensus as schemas
from shared.identity import Principal
from shared.store import Session


async def assessment_score(
    session: Session, id_: str, by: Principal, today: date
) -> schemas.AssessmentScore:
    """The score as the caller may know it; before consensus a 403 problem for who does not rate.

    Evidence counts as of the day of the seal, or of today.
    """
    row = await queries.assessment(session, id_)
    if row.erased_at is not None:
        raise conflict("个人内容已删除。", "What was personal has been erased.")
    own = row.status in (Status.DRAFT, Status.RATING)
    proven = None
    if row.mode == "evidence":
        proven = await proven_facts(session, id_, row.sealed_at.date() if row.sealed_at else today)
    scored = await (_own(session, row, by, proven) if own else decided_score(session, row, proven))
    return schemas.AssessmentScore.model_validate(
        {
            **as_json(scored),
            "assessment": id_,
            "status": row.status,
            "mode": row.mode,
            "basis": "own_ratings" if own else "decisions",
            "label": asdict(Mode(row.mode).label),
            "score_hash": score_hash(scored.score),
        }
    )


async def decided_score(
    session: Session, row: tables.Assessment, proven: Evidence | None = None
) -> ScoreReport:
    """The score of what has been decided; proven facts bring warnings and change no number."""
    rows = await consensus_queries.decisions(session, row.id)
    return await _report(session, row, {each.cell: decided_rating(each) for each in rows}, proven)


async def _own(
    session: Session, row: tables.Assessment, by: Principal, proven: Evidence | None
) -> ScoreReport:
    if await queries.find_rater(session, row.id, by.subject) is None:
        raise forbidden(
            "独立评分期间只能看到自己的评分。",
            "While rating is independent, only raters see a score, and only of their own ratings.",
        )
    rows = await rating_queries.sheet(session, row.id, by.subject)
    return await _report(session, row, {each.cell: rating_of(each) for each in rows}, proven)


async def _report(
    session: Session,
    row: tables.Assessment,
    ratings: dict[str, Rating],
    proven: Evidence | None,
) -> ScoreReport:
    used = await pinned(session, row)
    return report(used.model, used.by_cell(ratings), row.target, proven)
