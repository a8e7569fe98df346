"""Sealing binds an assessment for ever, and verifying recomputes what it was bound to."""

import secrets
from datetime import datetime

from services.assessment import tables
from services.assessment.domain.scoring import Score
from services.assessment.domain.seal import result_hash, score_hash
from services.assessment.domain.sealing import Sealed, commitment, sealed
from services.assessment.domain.workflow import SEAL
from services.assessment.operations.announcements import announce_seal
from services.assessment.operations.assessment_scores import decided_score
from services.assessment.operations.bindings import (
    OF_DECISION,
    OF_RATING,
    Bound,
    bind,
    bound,
    heading,
    words,
    words_bound,
)
from services.assessment.operations.refusals import conflict
from services.assessment.operations.sealed_evidence import evidence_checksums, freeze_evidence
from services.assessment.operations.transitions import moved, taken
from services.assessment.queries import assessments as queries
from services.assessment.queries import consensus as consensus_queries
from services.assessment.queries.trails import heads_of_raters
from services.assessment.schemas import consensus as schemas
from shared.identity import Principal
from shared.store import Session

_HEADING = ("id", "series", "version", "unit_kind", "mode", "standard", "target", "period")


async def seal_assessment(
    session: Session, id_: str, by: Principal, at: datetime, if_match: str | None
) -> tables.Assessment:
    """Seal a confirmed assessment: ratings, decisions, model, evidence and score as one hash."""
    row = await taken(session, id_, SEAL, if_match, by)
    if row.confirmed_by is None:
        raise conflict("复核尚未确认。", "The review has not been confirmed.")
    await freeze_evidence(session, id_)
    scored = await decided_score(session, row)
    seal = tables.Seal(
        tenant=row.tenant,
        assessment=id_,
        model_hash=scored.score.model.hash,
        hash="",
        score_hash=score_hash(scored.score),
        salt=secrets.token_hex(16),
        sealed_by=by.subject,
        sealed_at=at,
    )
    await bind(session, row, seal)
    parts = await _sealed(session, row, seal, scored.score)
    seal.commitments, seal.evidence = list(parts.commitments), dict(parts.evidence)
    seal.hash = parts.hash
    session.add(seal)
    trails = await heads_of_raters(session, id_)
    # From here on the database refuses a second change of the row.
    row.sealed_at = at
    await moved(session, row, SEAL, by, at, trails=trails)
    await announce_seal(session, row, seal, scored)
    return row


async def verify_seal(session: Session, id_: str) -> schemas.SealVerification:
    """Whether the seal's hash follows from what is stored now, with the pinned model.

    Names and words that were erased enter by their commitments. Once the whole assessment was,
    all does; so it does in a seal from before names and words had commitments of their own.
    """
    row = await queries.assessment(session, id_)
    seal = await consensus_queries.seal(session, id_)
    sound = True
    if row.erased_at is not None or seal.text_commitment is None:
        recomputed = Sealed(seal.model_hash, seal.commitments, seal.evidence).hash
    else:
        score = (await decided_score(session, row)).score
        recomputed = (await _sealed(session, row, seal, score)).hash
        sound = seal.score_hash in (None, score_hash(score))
    return schemas.SealVerification(
        valid=sound and recomputed == seal.hash,
        hash=seal.hash,
        recomputed=recomputed,
        erased=row.erased_at is not None,
    )


async def _sealed(
    session: Session, row: tables.Assessment, seal: tables.Seal, score: Score
) -> Sealed:
    told, salt = await bound(session, row.id), seal.salt or ""
    commitments = [
        commitment("assessment", _heading(row, seal, told), salt),
        commitment("score", result_hash(score), salt),
        *(commitment("rating", _rating(each, told), each.salt) for each in told.ratings),
        *(commitment("decision", _decision(each, told), each.salt) for each in told.decisions),
    ]
    return sealed(score.model.hash, commitments, await evidence_checksums(session, row.id))


def _heading(row: tables.Assessment, seal: tables.Seal, told: Bound) -> dict[str, object]:
    return {
        **row.model_dump(include=set(_HEADING)),
        "words": words_bound(seal, heading(row)),
        "lead": told.party(row.lead),
        "co_leads": [told.party(each) for each in row.co_leads],
        "reviewer": told.party(row.reviewer),
        "confirmed_by": told.party(row.confirmed_by),
    }


def _rating(row: tables.Rating, told: Bound) -> dict[str, object]:
    return {
        **row.model_dump(include={"cell", "value", "na_ruling", "confidence"}),
        "words": words_bound(row, words(row, OF_RATING)),
        "rater": told.party(row.rater),
        "na_ruled_by": told.party(row.na_ruled_by),
    }


def _decision(row: tables.Decision, told: Bound) -> dict[str, object]:
    return {
        **row.model_dump(include={"cell", "value", "evidence"}),
        "words": words_bound(row, words(row, OF_DECISION)),
        "decided_by": told.party(row.decided_by),
    }
