"""What is due for erasure, and the statements that erase it."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, exists, select, text, update
from sqlmodel import col

from services.assessment.queries.evidence import delete_unused_contents, lock_contents
from services.assessment.tables import (
    AssessmentRater,
    AuditEntry,
    Decision,
    DiscussionNote,
    ErasureDue,
    Evidence,
    EvidenceAttachment,
    RoadMap,
    RoadMapStep,
    Snapshot,
)
from shared.store import Session

# Deleting a rater deletes their ratings.
_PERSONAL = (
    *(RoadMapStep, RoadMap, AssessmentRater, Decision, DiscussionNote, Snapshot),
    *(EvidenceAttachment, ErasureDue),
)


async def erasing(session: Session, assessment_id: str) -> None:
    """Let this transaction see and change this one assessment, sealed or not; "" ends that."""
    begun = text("SELECT set_config('see.erasing', :id, true)")
    await session.execute(begun, {"id": assessment_id})


async def due(session: Session, at: datetime, most: int) -> Sequence[ErasureDue]:
    """What is due across tenants, held against other workers."""
    query = select(ErasureDue).where(col(ErasureDue.due_at) <= at).order_by(col(ErasureDue.due_at))
    return (await session.scalars(query.limit(most).with_for_update(skip_locked=True))).all()


async def of_person(session: Session, person: str) -> Sequence[str]:
    """The assessments of a person that still hold something personal."""
    query = select(col(ErasureDue.assessment)).where(col(ErasureDue.person) == person)
    return (await session.scalars(query.order_by(col(ErasureDue.assessment)))).all()


async def delete_personal(session: Session, assessment_id: str) -> None:
    """Delete every personal row of the assessment, and evidence that speaks for nothing else."""
    attached = select(col(EvidenceAttachment.evidence)).where(
        col(EvidenceAttachment.assessment) == assessment_id
    )
    evidence = (await session.scalars(attached)).all()
    contents = await lock_contents(session, evidence)
    for table in _PERSONAL:
        await session.execute(delete(table).where(col(table.assessment) == assessment_id))
    emptied = update(AuditEntry).where(col(AuditEntry.assessment) == assessment_id)
    await session.execute(emptied.values(before=None, after=None))
    elsewhere = exists().where(
        col(EvidenceAttachment.tenant) == col(Evidence.tenant),
        col(EvidenceAttachment.evidence) == col(Evidence.id),
    )
    gone = delete(Evidence).where(col(Evidence.id).in_(evidence), ~elsewhere)
    await session.execute(gone)
    await delete_unused_contents(session, contents)


async def rename_in_trail(session: Session, assessment_id: str, person: str, name: str) -> None:
    """The trail keeps that something was done, not that this person did it."""
    own = update(AuditEntry).where(
        col(AuditEntry.assessment) == assessment_id, col(AuditEntry.by) == person
    )
    await session.execute(own.values(by=name))
