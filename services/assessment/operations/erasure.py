"""What concerns a person is erased, and the seal goes on to verify without it."""

from dataclasses import replace
from datetime import datetime

import structlog

from services.assessment import tables
from services.assessment.operations.audit import Change, note
from services.assessment.operations.leading import leads_of
from services.assessment.operations.refusals import conflict, forbidden
from services.assessment.queries import assessments as queries
from services.assessment.queries import erasure as erasure_queries
from services.assessment.queries.consensus import find_seal
from shared.http import require_match
from shared.identity import Principal
from shared.store import Session, Store, enter

log = structlog.get_logger()

BATCH = 20
RETENTION = "retention"
"""The subject that erases what is due."""
ERASED = "erased"
"""Stands for the person where a name must stay."""


async def erase_assessment(
    session: Session, id_: str, reason: str, by: Principal, at: datetime, if_match: str | None
) -> None:
    """Erase an assessment of a person, as that person or as the lead."""
    row = await queries.assessment_for_update(session, id_)
    require_match(if_match, row.revision)
    if row.unit_kind != "person" or row.erased_at is not None:
        raise conflict("没有可删除的个人内容。", "There is nothing personal to erase.")
    if by.subject not in (row.unit, *leads_of(row)):
        raise forbidden(
            "只有本人或主评估师可以删除。", "Only the person or the lead assessor erases this."
        )
    await _erase(session, row, reason, by, at)


async def erase_person(
    session: Session, person: str, reason: str, by: Principal, at: datetime
) -> None:
    """Erase every assessment of a person, none of which is shown to who asks for it."""
    for id_ in await erasure_queries.of_person(session, person):
        await erasure_queries.erasing(session, id_)
        await _erase(session, await queries.assessment_for_update(session, id_), reason, by, at)


async def erase_due(store: Store, at: datetime) -> int:
    """Erase what has been kept for its time; how many were due."""
    async with store.queue() as session:
        due = await erasure_queries.due(session, at, BATCH)
        for each in due:
            await enter(session, each.tenant)
            await erasure_queries.erasing(session, each.assessment)
            row = await queries.assessment_for_update(session, each.assessment)
            by = Principal(RETENTION, each.tenant, frozenset())
            await _erase(session, row, "retention", by, at)
    if due:
        log.info("erasures_due", erased=len(due))
    return len(due)


async def _erase(
    session: Session, row: tables.Assessment, reason: str, by: Principal, at: datetime
) -> None:
    """Rows, texts and salts go; commitments, hashes, and who changed what when remain."""
    await erasure_queries.erasing(session, row.id)
    seal = await find_seal(session, row.id)
    if seal is not None:
        seal.salt = seal.score_hash = None
    person, row.title, row.unit = row.unit, ERASED, ERASED
    row.line, row.reason = [], None
    row.readers = sorted({*leads_of(row), row.reviewer or row.lead})
    row.target = None
    row.erased_at, row.revision = at, row.revision + 1
    await session.flush()
    await erasure_queries.delete_personal(session, row.id)
    await erasure_queries.rename_in_trail(session, row.id, person, ERASED)
    if by.subject == person:
        by = replace(by, subject=ERASED)
    note(session, row.id, Change("erase_assessment", after={"reason": reason}), by, at)
    await session.flush()
    await erasure_queries.erasing(session, "")
