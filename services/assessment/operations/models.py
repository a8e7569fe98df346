"""Models: which there are, which is in force, and how a customer's own becomes one of them."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from services.assessment import catalogue, tables
from services.assessment.domain.faults import InvalidModelError
from services.assessment.domain.loading import load
from services.assessment.domain.model import Model
from services.assessment.operations.audit import Change, note
from services.assessment.queries import models as queries
from services.assessment.schemas import models as schemas
from shared.identity import Principal
from shared.problems import (
    CONFLICT,
    MALFORMED_BODY,
    FieldError,
    Problem,
    at_pointer,
    invalid,
    not_found,
)
from shared.store import Session


async def find_model(session: Session, code: str, version: int | None = None) -> Model:
    """The model of this code, in the version in force unless one is named; else a 404 problem.

    A superseded or withdrawn version is found as well: what was rated against it stays readable.
    """
    shipped = catalogue.shipped_model(code, version)
    if shipped is not None:
        return shipped
    row = await _row(session, code, version)
    return catalogue.uploaded_model(row.document, row.hash, row.version)


async def find_model_in_use(session: Session, code: str, version: int | None = None) -> Model:
    """The model that something new is to be rated against; a 409 problem if it is withdrawn."""
    if catalogue.shipped_model(code, version) is None:
        row = await _row(session, code, version)
        if row.withdrawn_at is not None:
            en = f"Version {row.version} of the model {code} is withdrawn: {row.withdrawal_reason}"
            zh = f"模型 {code} 的版本 {row.version} 已撤回：{row.withdrawal_reason}"
            raise Problem(CONFLICT, {"zh": zh, "en": en})
    return await find_model(session, code, version)


async def find_document(session: Session, code: str, version: int) -> str:
    """The file of a model version as YAML, to be changed and uploaded again; else a 404 problem."""
    document = catalogue.shipped_document(code, version)
    if document is None:
        document = (await _row(session, code, version)).document
    return catalogue.written_yaml(document)


async def _row(session: Session, code: str, version: int | None) -> tables.ModelVersion:
    rows = await queries.versions(session, code)
    if not rows and code not in catalogue.shipped():
        raise _no_model(code)
    wanted = _in_force(rows) if version is None else version
    row = next((row for row in rows if row.version == wanted), None)
    if row is None:
        raise _no_version(code, wanted)
    return row


async def list_models(
    session: Session, limit: int, cursor: str | None
) -> tuple[list[schemas.ModelSummary], str | None]:
    """One page of models by code, each in its version in force."""
    shipped = [(code, model.version) for code, model in catalogue.shipped().items()]
    page, following = await queries.codes(session, shipped, limit, cursor)
    uploaded = await queries.headings(session, [row.code for row in page])
    found = {
        code: _uploaded(versions)[0]
        for code, group in groupby(uploaded, key=lambda row: str(row.code))
        if (versions := list(group))
    }
    found |= {code: _shipped(model) for code, model in catalogue.shipped().items()}
    return [found[row.code] for row in page], following


async def list_versions(session: Session, code: str) -> list[schemas.ModelSummary]:
    """Every version of a model, the one in force first, then the newest; else a 404 problem."""
    shipped = [model for (c, _), model in catalogue.shipped_versions().items() if c == code]
    if shipped:
        return [_shipped(model) for model in sorted(shipped, key=lambda m: -m.version)]
    rows = await queries.headings(session, [code])
    if not rows:
        raise _no_model(code)
    return _uploaded(rows)


async def upload_model(
    session: Session, content: bytes, json: bool, by: Principal, at: datetime
) -> tuple[schemas.ModelSummary, bool]:
    """Keep an uploaded model, and say whether it is new.

    The same content is the version that it was. Other content is the version that the file
    states, which must be above every one there is (else a 409 problem), or the next. A 422 problem
    lists every fault, golden examples that do not reproduce among them.
    """
    # A large file takes a while, and other requests go on meanwhile.
    document, model = await asyncio.to_thread(_read, content, json)
    if model.code in catalogue.shipped():
        raise invalid(at_pointer("/code", "reserved", *_RESERVED))
    await queries.lock_code(session, model.code)
    known = await queries.headings(session, [model.code])
    new = all(row.hash != model.hash for row in known)
    if new:
        row = tables.ModelVersion(
            tenant=by.tenant,
            code=model.code,
            version=_number(document, max((row.version for row in known), default=0)),
            hash=model.hash,
            document=document,
            uploaded_by=by.subject,
            uploaded_at=at,
        )
        session.add(row)
        told = {"version": row.version, "hash": row.hash}
        note(session, row.code, Change("upload_model", after=told), by, at)
        await session.flush()
        known = await queries.headings(session, [model.code])
    return next(each for each in _uploaded(known) if each.hash == model.hash), new


async def withdraw_model(
    session: Session, code: str, version: int, reason: str, by: Principal, at: datetime
) -> schemas.ModelSummary:
    """Let nothing new be rated against a version; it stays readable. Once withdrawn, it stays so.

    A 409 problem for a shipped model.
    """
    if catalogue.shipped_model(code, version) is not None:
        raise Problem(CONFLICT, {"zh": "随产品提供的模型不能撤回。", "en": _SHIPPED_STAYS})
    await queries.lock_code(session, code)
    rows = await queries.versions(session, code)
    row = next((row for row in rows if row.version == version), None)
    if row is None:
        raise _no_version(code, version)
    if row.withdrawn_at is None:
        row.withdrawn_by, row.withdrawn_at, row.withdrawal_reason = by.subject, at, reason
        told = {"version": version, "reason": reason}
        note(session, code, Change("withdraw_model", after=told), by, at)
        await session.flush()
    summaries = _uploaded(await queries.headings(session, [code]))
    return next(each for each in summaries if each.version == version)


def _read(content: bytes, json: bool) -> tuple[dict[str, Any], Model]:
    try:
        document: Any = catalogue.read_json(content) if json else catalogue.read_yaml(content)
        return document, load(document)
    except InvalidModelError as error:
        raise _refused(error) from error


def _number(document: Mapping[str, Any], newest: int) -> int:
    """The version of other content than every version up to `newest` has; 0 is none."""
    stated = document.get("version")
    if stated is None:
        return newest + 1
    if stated <= newest:
        en = f"Version {newest} exists, with other content: state a higher version, or none."
        zh = f"版本 {newest} 已存在且内容不同：请写更高的版本号，或不写。"
        raise Problem(CONFLICT, errors=[at_pointer("/version", "version_taken", zh, en)])
    return int(stated)


def _in_force(versions: Sequence[Any]) -> int:
    """The newest version that is not withdrawn, or else the newest."""
    standing = [row.version for row in versions if row.withdrawn_at is None]
    newest: int = max(standing or [row.version for row in versions])
    return newest


def _shipped(model: Model) -> schemas.ModelSummary:
    newest = catalogue.shipped()[model.code].version
    said = {
        **_heading(model),
        "origin": "shipped",
        "status": "in_force" if model.version == newest else "superseded",
        "uploaded_by": None,
        "uploaded_at": None,
        "withdrawal": None,
    }
    return schemas.ModelSummary.model_validate(said)


def _heading(model: Model) -> dict[str, object]:
    heading = schemas.ModelHeading.model_validate(model, from_attributes=True)
    return heading.model_dump()


def _uploaded(versions: Sequence[Any]) -> list[schemas.ModelSummary]:
    """The versions of one uploaded model, the one in force first, then the newest."""
    in_force = _in_force(versions)
    ordered = sorted(versions, key=lambda row: (row.version != in_force, -row.version))
    return [_summary(row._mapping, in_force) for row in ordered]


def _summary(row: Mapping[str, Any], in_force: int) -> schemas.ModelSummary:
    withdrawal, status = None, "in_force" if row["version"] == in_force else "superseded"
    if row["withdrawn_at"] is not None:
        status = "withdrawn"
        withdrawal = {
            "by": row["withdrawn_by"],
            "at": row["withdrawn_at"],
            "reason": row["withdrawal_reason"],
        }
    return schemas.ModelSummary.model_validate(
        {**row, "origin": "uploaded", "status": status, "withdrawal": withdrawal}
    )


def _no_model(code: str) -> Problem:
    return not_found({"zh": "模型", "en": "model"}, code)


def _no_version(code: str, version: int) -> Problem:
    return not_found({"zh": "模型版本", "en": "model version"}, f"{code} {version}")


def _refused(error: InvalidModelError) -> Problem:
    errors: list[FieldError] = [
        at_pointer(fault.pointer, fault.code, fault.text.zh, fault.text.en)
        for fault in error.faults
    ]
    if any(fault.code in catalogue.UNREADABLE for fault in error.faults):
        return Problem(MALFORMED_BODY, errors=errors)
    return invalid(*errors)


_RESERVED = (
    "此代码属于随产品提供的模型，请另取代码。",
    "This code is that of a shipped model; choose another.",
)
_SHIPPED_STAYS = "A shipped model cannot be withdrawn."
