"""HTTP in: parse, call one operation, return."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path as FilePath
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Header, Path, Response

from services.reporting import queries, schemas, tables
from services.reporting.operations import reports as operations
from shared import problems
from shared.dead_letters import dead_letters
from shared.http import InTransaction, router
from shared.identity import require
from shared.pages import Cursor, Limit, Page
from shared.problems import documented

READERS = [Depends(require())]
MISSING = documented(problems.NOT_FOUND)
ENDED = documented(problems.NOT_FOUND, problems.CONFLICT)

_ETAG = {"schema": {"type": "string"}, "description": "The SHA-256 of the content"}
_HELD: dict[str, Any] = {"description": "The caller has this content"}
_SCHEMA = (FilePath(__file__).parent / "schema" / "attainment.json").read_bytes()
_SCHEMA_TYPE = "application/schema+json"

IfNoneMatch = Annotated[
    str | None,
    Header(alias="If-None-Match", description="ETags of the content that the caller has"),
]
FileFormat = Annotated[
    str, Path(alias="format", json_schema_extra={"enum": [*schemas.MEDIA_TYPES]}, examples=["pdf"])
]

reports = router("reports")
documents = APIRouter(tags=["reports"], dependencies=READERS)


@reports.post(
    "/v1/reports",
    status_code=202,
    summary="Ask for a report",
    responses={202: {"headers": {"Location": {"schema": {"type": "string"}}}}},
    dependencies=READERS,
)
async def request_report(
    body: schemas.NewReport, session: InTransaction, response: Response
) -> schemas.Report:
    row = await operations.request_report(session, body, _now())
    response.headers["location"] = f"/v1/reports/{row.id}"
    return operations.shown(row)


@reports.get("/v1/reports", summary="Reports, newest first", dependencies=READERS)
async def list_reports(
    session: InTransaction, limit: Limit = 50, cursor: Cursor = None
) -> Page[schemas.Report]:
    rows, following = await queries.reports(session, limit, cursor)
    return Page(items=[operations.shown(row) for row in rows], next_cursor=following)


@reports.get(
    "/v1/reports/{report_id}",
    summary="One report, and how far it is",
    responses=MISSING,
    dependencies=READERS,
)
async def get_report(report_id: str, session: InTransaction) -> schemas.Report:
    return operations.shown(await queries.report(session, report_id))


@reports.post(
    "/v1/reports/{report_id}/cancel",
    summary="Give up a report that is not made yet",
    responses=ENDED,
    dependencies=READERS,
)
async def cancel_report(report_id: str, session: InTransaction) -> schemas.Report:
    return operations.shown(await operations.cancel_report(session, report_id, _now()))


@reports.get(
    "/v1/reports/{report_id}/files/{format}",
    summary="A finished report as PDF, HTML or JSON",
    response_class=Response,
    responses={
        **ENDED,
        200: {
            "description": "The file",
            "headers": {"ETag": _ETAG},
            "content": {
                media_type.partition(";")[0]: {"schema": {"type": "string", "format": "binary"}}
                for media_type in schemas.MEDIA_TYPES.values()
            },
        },
        304: _HELD,
    },
    dependencies=READERS,
)
async def download_report_file(
    report_id: str, wanted: FileFormat, session: InTransaction, if_none_match: IfNoneMatch = None
) -> Response:
    row, file = await operations.finished_file(session, report_id, wanted)
    headers = {"etag": f'"{file["sha256"]}"', "cache-control": "private, no-cache"}
    if _is_held(headers["etag"], if_none_match):
        return Response(status_code=304, headers=headers)
    headers["content-disposition"] = _attachment(row, wanted)
    headers["x-content-type-options"] = "nosniff"
    headers["content-type"] = schemas.MEDIA_TYPES[file["format"]]
    return Response(await queries.file_body(session, file["sha256"]), headers=headers)


@reports.get(
    "/v1/report-sources",
    summary="What reports are made from, and how old it is",
    dependencies=READERS,
)
async def list_report_sources(session: InTransaction) -> Page[schemas.ReportSource]:
    heard = await queries.heard(session)
    return Page(
        items=[operations.source(each, heard[each.code], _now()) for each in queries.ORIGINS]
    )


@documents.get(
    "/v1/report-documents/attainment/schema",
    summary="JSON Schema of the attainment report's data document",
    response_class=Response,
    responses={
        200: {
            "headers": {"ETag": _ETAG},
            "content": {_SCHEMA_TYPE: {"schema": {"type": "object"}}},
        },
        304: _HELD,
    },
)
async def get_report_document_schema(if_none_match: IfNoneMatch = None) -> Response:
    tag = f'"{hashlib.sha256(_SCHEMA).hexdigest()}"'
    headers = {"etag": tag, "cache-control": "private, no-cache", "content-type": _SCHEMA_TYPE}
    if _is_held(tag, if_none_match):
        return Response(status_code=304, headers=headers)
    return Response(_SCHEMA, headers=headers)


ROUTERS: list[APIRouter] = [reports, documents, dead_letters("reporting")]


def _is_held(tag: str, if_none_match: str | None) -> bool:
    held = {each.strip().removeprefix("W/") for each in (if_none_match or "").split(",")}
    return not held.isdisjoint((tag, "*"))


def _attachment(row: tables.Report, wanted: str) -> str:
    """RFC 6266: a plain name for every client, and one in the report's language."""
    plain = f"attainment-{row.process}-{row.first_month}-{row.last_month}-{row.language}.{wanted}"
    if row.language == "en":
        return f'attachment; filename="{plain}"'
    chinese = f"承诺达成报告-{row.process}-{row.first_month}至{row.last_month}.{wanted}"
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(chinese)}"


def _now() -> datetime:
    return datetime.now(UTC)
