"""What concerns a person is erased, and the seal goes on to verify without it."""

import secrets
from dataclasses import replace
from datetime import datetime

import structlog

from services.assessment import tables
from services.assessment.domain.traces import ERASED, Traces
from services.assessment.operations.audit import Change, note
from services.assessment.operations.leading import leads_of
from services.assessment.operations.refusals import conflict, forbidden
from services.assessment.queries import assessments as queries
from services.assessment.queries import erasure as erasure_queries
from services.assessment.queries.consensus import find_seal
from services.assessment.queries.traces import erase_traces
from services.assessment.schemas import erasure as schemas
from shared.http import require_match
from shared.identity import Principal
from shared.ids import new_id
from shared.store import Session, Store

log = structlog.get_logger()

BATCH = 20
RETENTION = "retention"
"""The subject that erases what is due."""


async def erase_assessment(
    session: Session, id_: str, reason: str, by: Principal, at: datetime, if_match: str | None
) -> None:
    """Erase an assessment of a person in all its versions, as that person or as the lead."""
    await erasure_queries.serialise(session)
    row = await queries.assessment_for_update(session, id_)
    require_match(if_match, row.revision)
    if row.unit_kind != "person" or row.erased_at is not None:
        raise conflict("没有可删除的个人内容。", "There is nothing personal to erase.")
    if by.subject not in (row.unit, *leads_of(row)):
        raise forbidden(
            "只有本人或主评估师可以删除。", "Only the person or the lead assessor erases this."
        )
    for each in await erasure_queries.of_person(session, row.unit):
        await erasure_queries.erasing(session, each)
        version = await queries.assessment_for_update(session, each)
        if version.series == row.series:
            await _erase(session, version, reason, by, at)


async def erase_person(
    session: Session, told: schemas.PersonErasure, by: Principal, at: datetime
) -> None:
    """Erase every assessment of a person, and the person from everything else that tells of them.

    None of it is shown to who asks for it. What others sealed goes on to verify: names and words
    in it become commitments that nothing opens.
    """
    traces = Traces(told.person, tuple(told.names), f"{ERASED}-{secrets.token_hex(8)}")
    by = replace(by, subject=traces.named(by.subject))
    await erasure_queries.serialise(session)
    for id_ in await erasure_queries.of_person(session, told.person):
        await erasure_queries.erasing(session, id_)
        row = await queries.assessment_for_update(session, id_)
        await _erase(session, row, traces.in_text(told.reason), by, at)
    await erasure_queries.erasing(session, erasure_queries.EVERYTHING)
    for id_ in await erasure_queries.take_out(session, told.person):
        note(session, id_, Change("remove_rater", before={"subject": traces.pseudonym}), by, at)
    await erasure_queries.delete_unattached(session, told.person)
    await erasure_queries.close_words(session, await erase_traces(session, traces))
    await erasure_queries.rewrite_answers(session, traces)
    _record(session, traces.in_text(told.reason), by, at)
    await session.flush()
    await erasure_queries.erasing(session, "")


async def erase_due(store: Store, at: datetime) -> int:
    """Erase what has been kept for its time; how many were due."""
    async with store.queue() as session:
        found = await erasure_queries.due(session, at, BATCH)
        due = [(each.tenant, each.assessment) for each in found]
    erased = 0
    for tenant, id_ in due:
        async with store.transaction(tenant) as session:
            erased += await _erase_kept(session, tenant, id_, at)
    if due:
        log.info("erasures_due", erased=erased)
    return erased


async def _erase_kept(session: Session, tenant: str, id_: str, at: datetime) -> bool:
    """Erase one assessment, unless somebody else has done so; whether it was there."""
    await erasure_queries.serialise(session)
    if not await erasure_queries.is_due(session, id_):
        return False
    await erasure_queries.erasing(session, id_)
    row = await queries.assessment_for_update(session, id_)
    await _erase(session, row, RETENTION, Principal(RETENTION, tenant, frozenset()), at)
    return True


async def _erase(
    session: Session, row: tables.Assessment, reason: str, by: Principal, at: datetime
) -> None:
    """Rows, texts and salts go; commitments, hashes, and who changed what when remain."""
    await erasure_queries.erasing(session, row.id)
    seal = await find_seal(session, row.id)
    if seal is not None:
        seal.salt = seal.text_salt = seal.score_hash = None
    person, row.title, row.unit = row.unit, ERASED, ERASED
    row.line, row.reason = [], None
    row.readers = sorted({*leads_of(row), row.reviewer or row.lead})
    row.target = None
    row.erased_at, row.revision = at, row.revision + 1
    await session.flush()
    gone = await erasure_queries.delete_personal(session, row.id)
    name = f"{ERASED}-{secrets.token_hex(8)}"
    await erasure_queries.rename(session, row.id, person, name)
    await erasure_queries.withdraw_answers(session, [row.id, *gone])
    if by.subject == person:
        by = replace(by, subject=name)
    note(session, row.id, Change("erase_assessment", after={"reason": reason}), by, at)
    await session.flush()
    await erasure_queries.erasing(session, "")


def _record(session: Session, reason: str, by: Principal, at: datetime) -> None:
    """Keep that somebody was erased, whether or not there was anything to erase."""
    session.add(
        tables.PersonErasure(
            id=new_id("ers"), tenant=by.tenant, reason=reason, by=by.subject, at=at
        )
    )
