"""Reads of decisions, discussion notes and seals."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlmodel import col

from services.assessment.tables import Decision, DiscussionNote, Seal, SealParty
from shared.problems import not_found
from shared.store import Session


async def decisions(session: Session, assessment_id: str) -> Sequence[Decision]:
    """Everything that was decided, by cell."""
    query = select(Decision).where(col(Decision.assessment) == assessment_id)
    return (await session.scalars(query.order_by(col(Decision.cell)))).all()


async def find_decision(session: Session, assessment_id: str, cell: str) -> Decision | None:
    """What was decided of a cell, or None."""
    query = select(Decision).where(
        col(Decision.assessment) == assessment_id, col(Decision.cell) == cell
    )
    return (await session.scalars(query)).one_or_none()


async def notes(
    session: Session, assessment_id: str, cell: str | None = None
) -> Sequence[DiscussionNote]:
    """What was said in consensus, of one cell if it is named, in order."""
    query = select(DiscussionNote).where(col(DiscussionNote.assessment) == assessment_id)
    if cell is not None:
        query = query.where(col(DiscussionNote.cell) == cell)
    return (await session.scalars(query.order_by(col(DiscussionNote.id)))).all()


async def find_seal(session: Session, assessment_id: str) -> Seal | None:
    """The seal, or None."""
    query = select(Seal).where(col(Seal.assessment) == assessment_id)
    return (await session.scalars(query)).one_or_none()


async def parties(session: Session, assessment_id: str) -> Sequence[SealParty]:
    """Everybody whom the seal names."""
    query = select(SealParty).where(col(SealParty.assessment) == assessment_id)
    return (await session.scalars(query)).all()


async def seal(session: Session, assessment_id: str) -> Seal:
    """The seal; raises a 404 problem for what is not sealed."""
    found = await find_seal(session, assessment_id)
    if found is None:
        raise not_found({"zh": "封印，评估", "en": "seal of assessment"}, assessment_id)
    return found
