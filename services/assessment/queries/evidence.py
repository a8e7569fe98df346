"""Reads of evidence and attachments.

What is blind is enforced below by row security: a query returns what the caller may see.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from services.assessment.tables import (
    Evidence,
    EvidenceAttachment,
    EvidenceChunk,
    EvidenceContent,
)
from shared import pages
from shared.problems import Text, not_found
from shared.store import Session

_KIND: Text = {"zh": "证据", "en": "evidence"}
_ATTACHMENT: Text = {"zh": "证据附件", "en": "attachment"}


async def evidence(session: Session, id_: str, *, lock: bool = False) -> Evidence:
    """The evidence; raises a 404 problem."""
    query = select(Evidence).where(col(Evidence.id) == id_)
    found = (await session.scalars(query.with_for_update() if lock else query)).one_or_none()
    if found is None:
        raise not_found(_KIND, id_)
    return found


async def evidence_page(
    session: Session, named: Mapping[str, str | None], limit: int, cursor: str | None
) -> tuple[list[Evidence], str | None]:
    """One page, the newest first, of those whose columns are as named."""
    query = select(Evidence)
    for name, value in named.items():
        if value is not None:
            query = query.where(getattr(Evidence, name) == value)
    found = pages.seek(query, [col(Evidence.id)], cursor, descending=True)
    rows = (await session.scalars(found.limit(limit + 1))).all()
    return pages.page(rows, limit, lambda row: [row.id])


async def chunk(session: Session, sha256: str, number: int) -> bytes | None:
    """One part of a content; None behind the last."""
    query = select(col(EvidenceChunk.body)).where(
        col(EvidenceChunk.sha256) == sha256, col(EvidenceChunk.number) == number
    )
    return (await session.scalars(query)).one_or_none()


async def hold_content(session: Session, sha256: str) -> bool:
    """Keep a content from being deleted until the commit; whether it is there."""
    query = select(col(EvidenceContent.sha256)).where(col(EvidenceContent.sha256) == sha256)
    held = await session.execute(query.with_for_update(read=True, key_share=True))
    return held.first() is not None


async def lock_contents(session: Session, ids: Iterable[str]) -> Sequence[str]:
    """The contents of this evidence, held against whoever brings or deletes them, by checksum.

    Always before the evidence itself is locked or deleted: two who delete wait for each other here.
    """
    of = select(col(Evidence.sha256)).where(col(Evidence.id).in_(list(ids)))
    query = select(col(EvidenceContent.sha256)).where(col(EvidenceContent.sha256).in_(of))
    order = query.order_by(col(EvidenceContent.sha256))
    return (await session.scalars(order.with_for_update())).all()


async def delete_unused_contents(session: Session, contents: Iterable[str]) -> None:
    """Delete what nobody's evidence has any more, also none that this caller may not see."""
    for sha256 in contents:
        unused = delete(EvidenceContent).where(col(EvidenceContent.sha256) == sha256)
        # Row security hides others' evidence from a query; the foreign key sees it.
        with suppress(IntegrityError):
            async with session.begin_nested():
                await session.execute(unused)


async def attachments_of(session: Session, id_: str) -> Sequence[EvidenceAttachment]:
    """Where the evidence is attached, as far as the caller may see."""
    query = select(EvidenceAttachment).where(col(EvidenceAttachment.evidence) == id_)
    order = (col(EvidenceAttachment.assessment), col(EvidenceAttachment.cell))
    return (await session.scalars(query.order_by(*order))).all()


async def attachment(
    session: Session, assessment_id: str, cell: str, id_: str, subject: str
) -> EvidenceAttachment:
    """The subject's attachment, or else a common one, or another's; raises a 404 problem."""
    query = select(EvidenceAttachment).where(
        col(EvidenceAttachment.assessment) == assessment_id,
        col(EvidenceAttachment.cell) == cell,
        col(EvidenceAttachment.evidence) == id_,
    )
    own = col(EvidenceAttachment.attached_by) == subject
    order = (own.desc(), col(EvidenceAttachment.common).desc())
    found = (await session.scalars(query.order_by(*order).limit(1))).one_or_none()
    if found is None:
        raise not_found(_ATTACHMENT, f"{assessment_id} {cell} {id_}")
    return found


async def attached(
    session: Session, assessment_id: str, cell: str | None = None
) -> Sequence[tuple[EvidenceAttachment, Evidence]]:
    """What is attached to an assessment, or to one cell of it, by cell, evidence and who did it."""
    query = select(EvidenceAttachment, Evidence).join(
        Evidence,
        (col(Evidence.tenant) == col(EvidenceAttachment.tenant))
        & (col(Evidence.id) == col(EvidenceAttachment.evidence)),
    )
    query = query.where(col(EvidenceAttachment.assessment) == assessment_id)
    if cell is not None:
        query = query.where(col(EvidenceAttachment.cell) == cell)
    order = (
        col(EvidenceAttachment.cell),
        col(EvidenceAttachment.evidence),
        col(EvidenceAttachment.attached_by),
    )
    return [(told, found) for told, found in await session.execute(query.order_by(*order))]
