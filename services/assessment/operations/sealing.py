"""Sealing binds an assessment for ever, and verifying recomputes what it was bound to."""

import secrets
from collections.abc import Iterable
from datetime import datetime

from services.assessment import tables
from services.assessment.domain.seal import score_hash
from services.assessment.domain.sealing import Sealed, commitment, sealed
from services.assessment.domain.workflow import SEAL
from services.assessment.operations.announcements import announce_seal
from services.assessment.operations.assessment_scores import decided_score
from services.assessment.operations.models import find_model
from services.assessment.operations.refusals import conflict
from services.assessment.operations.sealed_evidence import evidence_checksums, freeze_evidence
from services.assessment.operations.transitions import moved, taken
from services.assessment.queries import assessments as queries
from services.assessment.queries import consensus as consensus_queries
from services.assessment.queries import ratings as rating_queries
from services.assessment.schemas import consensus as schemas
from shared.identity import Principal
from shared.store import Session

_HEADING = (
    *("id", "series", "version", "title", "unit_kind", "unit", "mode", "standard", "target"),
    *("period", "lead", "reviewer", "confirmed_by"),
)
_RATING = (
    *("rater", "cell", "value", "na_reason", "na_ruling", "na_ruled_by"),
    *("comment", "confidence"),
)
_DECISION = ("cell", "value", "na_reason", "rationale", "evidence", "decided_by")


async def seal_assessment(
    session: Session, id_: str, by: Principal, at: datetime, if_match: str | None
) -> tables.Assessment:
    """Seal a confirmed assessment: ratings, decisions, model, evidence and score as one hash."""
    row = await taken(session, id_, SEAL, if_match, by)
    if row.confirmed_by is None:
        raise conflict("复核尚未确认。", "The review has not been confirmed.")
    await freeze_evidence(session, id_)
    scored = await decided_score(session, row)
    salt, score = secrets.token_hex(16), score_hash(scored.score)
    bound = await _bound(session, row, score, salt)
    seal = tables.Seal(
        tenant=row.tenant,
        assessment=id_,
        model_hash=bound.model,
        commitments=list(bound.commitments),
        evidence=dict(bound.evidence),
        hash=bound.hash,
        score_hash=score,
        salt=salt,
        sealed_by=by.subject,
        sealed_at=at,
    )
    session.add(seal)
    row.sealed_at = at
    await moved(session, row, SEAL, by, at)
    await announce_seal(session, row, seal, scored)
    return row


async def verify_seal(session: Session, id_: str) -> schemas.SealVerification:
    """Whether the seal's hash follows from what is stored now, with the pinned model."""
    row = await queries.assessment(session, id_)
    seal = await consensus_queries.seal(session, id_)
    if row.erased_at is not None or seal.salt is None:
        recomputed = Sealed(seal.model_hash, seal.commitments, seal.evidence).hash
    else:
        score = score_hash((await decided_score(session, row)).score)
        recomputed = (await _bound(session, row, score, seal.salt)).hash
    return schemas.SealVerification(
        valid=recomputed == seal.hash,
        hash=seal.hash,
        recomputed=recomputed,
        erased=row.erased_at is not None,
    )


async def _bound(session: Session, row: tables.Assessment, score: str, salt: str) -> Sealed:
    model = await find_model(session, row.model_code, row.model_version)
    ratings = await rating_queries.all_ratings(session, row.id)
    decisions = await consensus_queries.decisions(session, row.id)
    commitments = [
        commitment("assessment", _heading(row), salt),
        commitment("score", score, salt),
        *(commitment("rating", _content(each, _RATING), each.salt) for each in ratings),
        *(commitment("decision", _content(each, _DECISION), each.salt) for each in decisions),
    ]
    return sealed(model.hash, commitments, await evidence_checksums(session, row.id))


def _heading(row: tables.Assessment) -> dict[str, object]:
    """Seals are older than co-leads: who has none is bound as ever."""
    co_leads = {"co_leads": row.co_leads} if row.co_leads else {}
    return _content(row, _HEADING) | co_leads


def _content(row: tables.Row, names: Iterable[str]) -> dict[str, object]:
    return row.model_dump(include=set(names))
