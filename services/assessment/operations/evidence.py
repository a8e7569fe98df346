"""Evidence is brought in, described, read and taken back."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from datetime import date, datetime
from functools import partial

import filetype
from fastapi import UploadFile
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from services.assessment import tables
from services.assessment.domain.facts import is_expired
from services.assessment.domain.file_inspection import inspect
from services.assessment.domain.file_types import FileType, RefusedFileError
from services.assessment.operations.audit import Change, note
from services.assessment.operations.refusals import conflict, forbidden
from services.assessment.queries import evidence as queries
from services.assessment.schemas import evidence as schemas
from services.assessment.schemas.claims import ClaimCheckRequest
from shared.http import require_match
from shared.identity import Principal
from shared.ids import new_id
from shared.problems import PAYLOAD_TOO_LARGE, Problem, at_pointer, invalid
from shared.store import Session, Store

CHUNK_BYTES = 256 * 1024
_LONGEST_NAME = 200


async def upload_evidence(
    session: Session, form: schemas.NewEvidence, by: Principal, at: datetime, most: int
) -> tables.Evidence:
    """Keep a file, once inspected, or a link. 413 above `most` bytes, 422 for what is refused."""
    row = _described(form, "link", by, at)
    if form.file is None:
        row.link = str(form.link)
    else:
        await _keep_file(session, row, form.file, most)
    session.add(row)
    _note(session, row, "upload_evidence", None, _said(row), by, at)
    await session.flush()
    return row


async def add_series(
    session: Session, new: schemas.NewSeries, by: Principal, at: datetime
) -> tables.Evidence:
    """A measured series as evidence; it need not have been measured yet."""
    row = _described(new, "series", by, at)
    row.series = new.series.model_dump(mode="json")
    if new.claim is not None:
        asked = ClaimCheckRequest(claim=new.claim, live=new.series)
        row.claim = asked.model_dump(mode="json")
    session.add(row)
    _note(session, row, "add_evidence_series", None, _said(row), by, at)
    await session.flush()
    return row


async def change_evidence(
    session: Session,
    id_: str,
    change: schemas.EvidenceChange,
    by: Principal,
    at: datetime,
    if_match: str | None,
) -> tables.Evidence:
    """Describe one's own evidence anew; its content never changes."""
    row = await _own(session, id_, by, if_match)
    told = change.model_dump(exclude_unset=True)
    before = {name: getattr(row, name) for name in told}
    for name, value in told.items():
        if value is not None or name in ("note", "expires_on"):
            setattr(row, name, value)
    if row.expires_on is not None and row.expires_on < row.dated_on:
        text = ("失效日期早于其自身日期。", "It expires before its own date.")
        raise invalid(at_pointer("/expires_on", "expires_before_date", *text))
    row.revision += 1
    _note(session, row, "change_evidence", before, told, by, at)
    await session.flush()
    return row


async def put_claim(
    session: Session,
    id_: str,
    claim: ClaimCheckRequest,
    by: Principal,
    at: datetime,
    if_match: str | None,
) -> tables.Evidence:
    """Say what one's own evidence is to prove."""
    row = await _own(session, id_, by, if_match)
    before, row.claim = row.claim, claim.model_dump(mode="json")
    row.revision += 1
    _note(session, row, "put_evidence_claim", {"claim": before}, {"claim": row.claim}, by, at)
    await session.flush()
    return row


async def delete_evidence(
    session: Session, id_: str, by: Principal, at: datetime, if_match: str | None
) -> None:
    """Take back one's own evidence, unless it is attached somewhere."""
    contents = await queries.lock_contents(session, [id_])
    row = await _own(session, id_, by, if_match)
    if await queries.attachments_of(session, id_):
        raise _HELD
    try:
        async with session.begin_nested():
            await session.delete(row)
    except IntegrityError as error:
        # Somebody attached it where its bringer does not see it.
        raise _HELD from error
    _note(session, row, "delete_evidence", _said(row), None, by, at)
    await queries.delete_unused_contents(session, contents)


async def content(store: Store, by: Principal, sha256: str) -> AsyncIterator[bytes]:
    """The content part by part; no connection is held while a slow caller reads."""
    number = 0
    while True:
        async with store.transaction(by.tenant, by.subject) as session:
            part = await queries.chunk(session, sha256, number)
        if part is None:
            return
        yield part
        number += 1


def _said(row: tables.Evidence) -> dict[str, object]:
    return row.model_dump(exclude={"id", "tenant", "uploaded_by", "uploaded_at", "revision"})


def _note(
    session: Session,
    row: tables.Evidence,
    action: str,
    before: object,
    after: object,
    by: Principal,
    at: datetime,
) -> None:
    """Others know of a change of evidence where they see the evidence."""
    note(session, row.id, Change(action, before, after, rater=row.uploaded_by), by, at)


def shown(row: tables.Evidence, today: date) -> schemas.Evidence:
    """The evidence as callers see it."""
    file = None
    if row.sha256 is not None:
        file = {
            "name": row.file_name,
            "media_type": row.media_type,
            "bytes": row.bytes,
            "sha256": row.sha256,
        }
    expired = is_expired(row.expires_on, today)
    return schemas.Evidence.model_validate({**row.model_dump(), "file": file, "expired": expired})


def _described(said: schemas.Described, kind: str, by: Principal, at: datetime) -> tables.Evidence:
    return tables.Evidence(
        id=new_id("evd"),
        tenant=by.tenant,
        kind=kind,
        title=said.title,
        note=said.note,
        dated_on=said.dated_on,
        expires_on=said.expires_on,
        periods=sorted(set(said.periods)),
        uploaded_by=by.subject,
        uploaded_at=at,
        revision=1,
    )


async def _keep_file(session: Session, row: tables.Evidence, file: UploadFile, most: int) -> None:
    body = await file.read()
    if len(body) > most:
        raise Problem(
            PAYLOAD_TOO_LARGE,
            {"zh": f"文件不得超过 {most} 字节。", "en": f"A file has at most {most} bytes."},
        )
    name = (file.filename or "").replace("\\", "/").rpartition("/")[2][-_LONGEST_NAME:]
    known = await _inspected(body, name, file.content_type)
    stored = tables.EvidenceContent(
        tenant=row.tenant,
        sha256=hashlib.sha256(body).hexdigest(),
        bytes=len(body),
        media_type=known.media_type,
    )
    row.kind, row.file_name = "file", _printable(name)
    row.sha256, row.bytes, row.media_type = stored.sha256, stored.bytes, stored.media_type
    await _keep_content(session, stored, body)


async def _inspected(body: bytes, name: str, declared: str | None) -> FileType:
    try:
        work = partial(inspect, body, name, declared, filetype.guess_mime)
        return await asyncio.to_thread(work)
    except RefusedFileError as error:
        faults = (at_pointer(f.pointer, f.code, f.text.zh, f.text.en) for f in error.faults)
        raise invalid(*faults) from error


async def _keep_content(session: Session, stored: tables.EvidenceContent, body: bytes) -> None:
    """Store the content unless the tenant has it already; what it has is held until the commit."""
    new = insert(tables.EvidenceContent).values(stored.model_dump()).on_conflict_do_nothing()
    while not (await session.execute(new)).rowcount:  # type: ignore[attr-defined]
        if await queries.hold_content(session, stored.sha256):
            return
        # An erasure deleted it in between.
    for number, start in enumerate(range(0, len(body), CHUNK_BYTES)):
        part = body[start : start + CHUNK_BYTES]
        told = {"tenant": stored.tenant, "sha256": stored.sha256, "number": number, "body": part}
        await session.execute(insert(tables.EvidenceChunk).values(told))


async def _own(session: Session, id_: str, by: Principal, if_match: str | None) -> tables.Evidence:
    row = await queries.evidence(session, id_, lock=True)
    if row.uploaded_by != by.subject:
        raise forbidden(
            "只有提交人可以修改此证据。", "Only who brought this evidence can change it."
        )
    require_match(if_match, row.revision)
    return row


def _printable(name: str) -> str:
    """Without what could forge a header or reverse how the name is read."""
    return "".join(character for character in name if character.isprintable())


_HELD = conflict("证据仍附于评估；须先解除。", "It is attached to an assessment; detach it first.")
