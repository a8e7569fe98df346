"""What is due for erasure, and the statements that erase it."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import delete, exists, select, text, update
from sqlmodel import col

from services.assessment.domain.traces import Traces
from services.assessment.queries.evidence import delete_unused_contents, lock_contents
from services.assessment.queries.traces import Changed
from services.assessment.tables import (
    Assessment,
    AssessmentRater,
    AuditEntry,
    CampaignSealMember,
    CampaignUnit,
    Decision,
    Delegation,
    DiscussionNote,
    ErasureDue,
    Evidence,
    EvidenceAttachment,
    RoadMap,
    RoadMapStep,
    Seal,
    SealParty,
    Snapshot,
)
from shared import idempotency
from shared.problems import NOT_FOUND, Problem, render
from shared.store import Session

EVERYTHING = "*"

# Deleting a rater deletes their ratings.
_PERSONAL = (
    *(RoadMapStep, RoadMap, AssessmentRater, Decision, DiscussionNote, Snapshot),
    *(EvidenceAttachment, ErasureDue, Delegation, SealParty, CampaignSealMember),
)


async def erasing(session: Session, assessment_id: str) -> None:
    """Let this transaction see and change this one assessment, sealed or not; "" ends that.

    With `EVERYTHING` all that the tenant has can be seen and changed.
    """
    begun = text("SELECT set_config('see.erasing', :id, true)")
    await session.execute(begun, {"id": assessment_id})


async def due(session: Session, at: datetime, most: int) -> Sequence[ErasureDue]:
    """What is due across tenants, longest first."""
    query = select(ErasureDue).where(col(ErasureDue.due_at) <= at).order_by(col(ErasureDue.due_at))
    return (await session.scalars(query.limit(most))).all()


async def is_due(session: Session, assessment_id: str) -> bool:
    """Whether the assessment still holds something personal."""
    query = select(ErasureDue).where(col(ErasureDue.assessment) == assessment_id)
    return (await session.scalars(query)).first() is not None


async def of_person(session: Session, person: str) -> Sequence[str]:
    """The assessments of a person that still hold something personal."""
    query = select(col(ErasureDue.assessment)).where(col(ErasureDue.person) == person)
    return (await session.scalars(query.order_by(col(ErasureDue.assessment)))).all()


async def keep_due(session: Session, old: str, new: str) -> None:
    """Let a new version of an assessment of a person go when the old one does."""
    row = await session.get(ErasureDue, (session.info["tenant"], old))
    if row is not None:
        session.add(ErasureDue(**{**row.model_dump(), "assessment": new}))


async def delete_personal(session: Session, assessment_id: str) -> list[str]:
    """Delete every personal row of the assessment, and evidence that speaks for nothing else.

    The ids of the notes and the evidence that went.
    """
    attached = select(col(EvidenceAttachment.evidence)).where(
        col(EvidenceAttachment.assessment) == assessment_id
    )
    said = select(col(DiscussionNote.id)).where(col(DiscussionNote.assessment) == assessment_id)
    evidence = (await session.scalars(attached)).all()
    notes = (await session.scalars(said)).all()
    contents = await lock_contents(session, evidence)
    for table in _PERSONAL:
        await session.execute(delete(table).where(col(table.assessment) == assessment_id))
    elsewhere = exists().where(
        col(EvidenceAttachment.tenant) == col(Evidence.tenant),
        col(EvidenceAttachment.evidence) == col(Evidence.id),
    )
    gone = delete(Evidence).where(col(Evidence.id).in_(evidence), ~elsewhere)
    deleted = (await session.scalars(gone.returning(col(Evidence.id)))).all()
    emptied = update(AuditEntry).where(col(AuditEntry.about).in_([assessment_id, *deleted]))
    await session.execute(emptied.values(before=None, after=None))
    await delete_unused_contents(session, contents)
    return [*notes, *deleted]


async def rename(session: Session, assessment_id: str, person: str, name: str) -> None:
    """The trail keeps that something was done, not that this person did it; nor does a grid."""
    own = update(AuditEntry).where(
        col(AuditEntry.assessment) == assessment_id, col(AuditEntry.by) == person
    )
    await session.execute(own.values(by=name))
    place = update(CampaignUnit).where(col(CampaignUnit.assessment) == assessment_id)
    await session.execute(place.values(unit=name))


async def withdraw_answers(session: Session, ids: Iterable[str]) -> None:
    """Answer repetitions of what made or changed these as if nothing had been there."""
    status, headers, body = render(Problem(NOT_FOUND))
    gone = idempotency.Answer(status, headers, body)
    await idempotency.rewrite_answers(session, ids, lambda _: gone)


async def serialise(session: Session) -> None:
    """Wait for whoever else erases something in this tenant, or needs that nothing is erased.

    Always first, before any row is locked.
    """
    locked = text("SELECT pg_advisory_xact_lock(hashtextextended('erasure/' || :tenant, 0))")
    await session.execute(locked, {"tenant": session.info["tenant"]})


async def take_out(session: Session, person: str) -> Sequence[str]:
    """Take a person out of everything that is being rated, with their ratings; what it was."""
    rated = select(col(AssessmentRater.assessment)).where(col(AssessmentRater.subject) == person)
    open_ = select(col(Assessment.id)).where(
        col(Assessment.consensus_opened_at).is_(None), col(Assessment.id).in_(rated)
    )
    # Whoever rates holds the assessment before the sheet: so does this.
    held = await session.scalars(open_.order_by(col(Assessment.id)).with_for_update())
    mine = delete(AssessmentRater).where(
        col(AssessmentRater.subject) == person, col(AssessmentRater.assessment).in_(held.all())
    )
    left = (await session.scalars(mine.returning(col(AssessmentRater.assessment)))).all()
    changed = update(Assessment).where(col(Assessment.id).in_(left))
    await session.execute(changed.values(revision=col(Assessment.revision) + 1))
    return left


async def delete_unattached(session: Session, person: str) -> None:
    """Delete what the person brought and attached nowhere: nobody else has ever seen it."""
    attached = exists().where(
        col(EvidenceAttachment.tenant) == col(Evidence.tenant),
        col(EvidenceAttachment.evidence) == col(Evidence.id),
    )
    loose = (col(Evidence.uploaded_by) == person, ~attached)
    ids = (await session.scalars(select(col(Evidence.id)).where(*loose))).all()
    contents = await lock_contents(session, ids)
    await session.execute(delete(Evidence).where(*loose))
    await delete_unused_contents(session, contents)


async def close_words(session: Session, changed: Mapping[str, Sequence[Changed]]) -> None:
    """Let seals bind by their commitments alone what is not as it was any more."""
    headed = _those(changed["assessment"], "id", {"title", "unit"})
    heading = update(Seal).where(col(Seal.assessment).in_(headed))
    await session.execute(heading.values(text_salt=None))
    reasons = _those(changed["decision"], "assessment", {"na_reason"})
    scored = update(Seal).where(col(Seal.assessment).in_(reasons))
    await session.execute(scored.values(score_hash=None))
    links = _those(changed["evidence"], "id", {"link"})
    attached = update(EvidenceAttachment).where(col(EvidenceAttachment.evidence).in_(links))
    await session.execute(attached.values(text_salt=None))


async def rewrite_answers(session: Session, traces: Traces) -> None:
    """Let stored answers tell of the person no more, and forget those that the person was given."""

    def without(told: idempotency.Answer) -> idempotency.Answer:
        said = traces.in_json(json.loads(told.body))
        return told._replace(body=json.dumps(said, ensure_ascii=False).encode())

    await idempotency.forget_subject(session, traces.subject)
    await idempotency.rewrite_answers(session, traces.needles, without)


def _those(changed: Iterable[Changed], key: str, names: set[str]) -> list[str]:
    return [each[key] for each in changed if names & each[""]]
