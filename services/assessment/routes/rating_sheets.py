"""Sheets for rating off line."""

from typing import Annotated, Any, Literal

from fastapi import File, Response, UploadFile

from services.assessment.operations import rating_sheets as operations
from services.assessment.routes.assessments import CHANGING, MISSING, now
from services.assessment.routes.ratings import Rater
from services.assessment.schemas import ratings as schemas
from shared.http import IfMatch, InTransaction, etag, router

routes = router("ratings")

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_WORKBOOK: dict[str, Any] = {
    "description": "The workbook",
    "content": {_XLSX: {"schema": {"type": "string", "format": "binary"}}},
}


@routes.get(
    "/v1/assessments/{assessment_id}/rating-sheet",
    summary="One's own sheet for rating off line, as XLSX",
    response_class=Response,
    responses={**MISSING, 200: _WORKBOOK},
)
async def download_rating_sheet(
    assessment_id: str, session: InTransaction, by: Rater, language: Literal["zh", "en"] = "zh"
) -> Response:
    content = await operations.rating_sheet(session, assessment_id, by, language)
    headers = {
        "content-disposition": f'attachment; filename="{assessment_id}-{language}.xlsx"',
        "cache-control": "private, no-store",
        "x-content-type-options": "nosniff",
    }
    return Response(content, media_type=_XLSX, headers=headers)


@routes.put(
    "/v1/assessments/{assessment_id}/rating-sheet",
    summary="Rate by a sheet that was filled in off line",
    responses=CHANGING,
    openapi_extra={
        "requestBody": {
            "content": {"multipart/form-data": {"example": {"file": "(the workbook's bytes)"}}}
        }
    },
)
async def upload_rating_sheet(
    assessment_id: str,
    file: Annotated[UploadFile, File(description="The workbook, as it was downloaded")],
    session: InTransaction,
    by: Rater,
    response: Response,
    if_match: IfMatch = None,
) -> schemas.Sheet:
    content, name = await file.read(), file.filename or "sheet.xlsx"
    sheet = await operations.upload_rating_sheet(
        session, assessment_id, content, name, by, now(), if_match
    )
    response.headers["etag"] = etag(sheet.revision)
    return sheet
