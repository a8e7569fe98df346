"""Imports: a file of events in, read like webhooks; its progress out."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import Depends, Query, Request
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException

from services.commitments.domain.tabular import Format
from services.commitments.operations import imports as operations
from services.commitments.queries import imports as queries
from services.commitments.schemas import imports as schemas
from shared import problems
from shared.http import InTransaction, router, stream_router
from shared.identity import Principal, Role, require
from shared.pages import Cursor, Limit, Page
from shared.problems import FieldError, Problem, documented, invalid

routes = stream_router("imports")
reads = router("imports")

Importer = Annotated[Principal, Depends(require(Role.ADMINISTRATOR, Role.INTEGRATION))]
ADMINISTRATORS = [Depends(require(Role.ADMINISTRATOR, Role.INTEGRATION))]
MISSING = documented(problems.NOT_FOUND)

_FORMATS: dict[str, Format] = {
    "text/csv": "csv",
    "application/csv": "csv",
    "application/vnd.ms-excel": "csv",
    "application/x-ndjson": "ndjson",
    "application/ndjson": "ndjson",
    "application/jsonl": "ndjson",
    "application/x-jsonlines": "ndjson",
}
_ENDINGS: dict[str, Format] = {"csv": "csv", "ndjson": "ndjson", "jsonl": "ndjson"}
_TEXT = {"schema": {"type": "string"}}
_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        "text/csv": {
            **_TEXT,
            "example": "number,state,sys_updated_on\nINC1,New,2016-03-01 08:05:00\n",
        },
        "application/x-ndjson": {
            **_TEXT,
            "example": '{"number": "INC1", "state": "New"}\n{"number": "INC2", "state": "New"}\n',
        },
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["file"],
                "properties": {
                    "file": {"type": "string", "format": "binary"},
                    "integration_id": {"type": "string"},
                },
            },
            "example": {"file": "incidents.csv", "integration_id": "int_01k8"},
        },
    },
}


@dataclass(frozen=True, slots=True)
class _File:
    pieces: AsyncIterator[bytes]
    content_type: str
    name: str = ""
    integration_id: str | None = None


@routes.post(
    "/v1/imports",
    status_code=201,
    summary="Import a history",
    description="CSV with a line of column names, or newline-delimited JSON; as the body, or as "
    "`file` of a form, which has the usual size. UTF-8, UTF-16 and GB18030 are recognised. Every "
    "row is a delivery of the integration, read behind the webhooks that come: a row that cannot "
    "be read is quarantined. A file that cannot be read leaves nothing behind.",
    responses=documented(
        problems.NOT_FOUND, problems.PAYLOAD_TOO_LARGE, problems.UNSUPPORTED_MEDIA_TYPE
    ),
    openapi_extra={"requestBody": _BODY},
)
async def import_history(
    request: Request,
    session: InTransaction,
    by: Importer,
    integration_id: Annotated[
        str | None, Query(max_length=100, description="Whose mapping reads the rows")
    ] = None,
    form: Annotated[
        Format | None, Query(alias="format", description="As the content type when left out")
    ] = None,
    encoding: Annotated[
        Literal["utf-8", "gb18030", "utf-16"] | None,
        Query(description="Recognised when left out; a byte order mark always counts"),
    ] = None,
) -> schemas.HistoryImport:
    file = await _received(request)
    integration_id = integration_id or file.integration_id
    if not integration_id:
        raise _missing("integration_id")
    upload = operations.Upload(file.pieces, _format(file, form), encoding)
    now = datetime.now(UTC)
    return await operations.import_history(session, integration_id, upload, by.subject, now)


@reads.get("/v1/imports", summary="Imports, newest first", dependencies=ADMINISTRATORS)
async def list_imports(
    session: InTransaction, limit: Limit = 50, cursor: Cursor = None
) -> Page[schemas.HistoryImport]:
    rows, following = await queries.listed(session, limit, cursor)
    return Page(items=await operations.shown(session, rows), next_cursor=following)


@reads.get(
    "/v1/imports/{import_id}",
    summary="One import and its progress",
    responses=MISSING,
    dependencies=ADMINISTRATORS,
)
async def get_import(import_id: str, session: InTransaction) -> schemas.HistoryImport:
    return await operations.one_import(session, import_id)


async def _received(request: Request) -> _File:
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type != "multipart/form-data":
        return _File(request.state.body, content_type)
    try:
        async with request.form(max_files=1, max_fields=10) as form:
            return await _from_form(form)
    except HTTPException as error:
        raise Problem(problems.MALFORMED_BODY) from error


async def _from_form(form: FormData) -> _File:
    file, named = form.get("file"), form.get("integration_id")
    if not isinstance(file, UploadFile):
        raise _missing("file")
    content_type = (file.content_type or "").partition(";")[0].strip().lower()
    told = named if isinstance(named, str) and named else None
    return _File(_whole(await file.read()), content_type, file.filename or "", told)


async def _whole(raw: bytes) -> AsyncIterator[bytes]:
    yield raw


def _format(file: _File, told: Format | None) -> Format:
    """As told, by content type, or by the ending of the file's name; raises a 415 problem."""
    ending = file.name.rpartition(".")[2].lower()
    form = told or _FORMATS.get(file.content_type) or _ENDINGS.get(ending)
    if form is None:
        raise operations.not_tabular()
    return form


def _missing(name: str) -> Problem:
    zh, en = f"缺少 {name}。", f"`{name}` is missing."
    return invalid(FieldError(code="missing", detail={"zh": zh, "en": en}, parameter=name))
