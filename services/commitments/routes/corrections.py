"""Corrections by hand, and the erasure of personal data, of one case."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import Depends, Request

from services.commitments.operations import corrections as operations
from services.commitments.operations import payloads
from services.commitments.queries import corrections as queries
from services.commitments.schemas import corrections as schemas
from services.commitments.settings import Settings
from shared import problems
from shared.http import InTransaction, router
from shared.identity import Principal, Role, require
from shared.pages import Cursor, Limit, Page
from shared.problems import documented

routes = router("corrections")

READERS = [Depends(require())]
Administrator = Annotated[Principal, Depends(require(Role.ADMINISTRATOR))]
Owner = Annotated[Principal, Depends(require(Role.PROCESS_OWNER))]
MISSING = documented(problems.NOT_FOUND)


@routes.post(
    "/v1/cases/{case_id}/corrections",
    status_code=201,
    summary="Correct a case by hand",
    description="The correction is an event of the case like any other: it changes what is told "
    "of the case from its own instant on, and nothing else.",
    responses=MISSING,
)
async def correct_case(
    case_id: str,
    body: schemas.NewCorrection,
    session: InTransaction,
    by: Owner,
    request: Request,
) -> schemas.Correction:
    settings: Settings = request.app.state.settings
    now = datetime.now(UTC)
    alerts_since = now - timedelta(seconds=settings.alert_max_age_seconds)
    row = await operations.correct_case(session, case_id, body, by.subject, now, alerts_since)
    return schemas.Correction.model_validate(row)


@routes.get(
    "/v1/cases/{case_id}/corrections",
    summary="Corrections of a case, with who and why",
    dependencies=READERS,
)
async def list_corrections(
    case_id: str, session: InTransaction, limit: Limit = 50, cursor: Cursor = None
) -> Page[schemas.Correction]:
    rows, following = await queries.corrections(session, case_id, limit, cursor)
    items = [schemas.Correction.model_validate(row) for row in rows]
    return Page(items=items, next_cursor=following)


@routes.post(
    "/v1/cases/{case_id}/erasures",
    status_code=201,
    summary="Erase the personal data in a case's payloads",
    description="Removes the raw payloads and the attributes that no condition asks for. The "
    "events, their identities and every clock stay as they are.",
    responses=MISSING,
)
async def erase_personal_data(
    case_id: str, body: schemas.NewErasure, session: InTransaction, by: Administrator
) -> schemas.Erasure:
    now = datetime.now(UTC)
    row = await payloads.erase_personal_data(session, case_id, body, by.subject, now)
    return schemas.Erasure.model_validate(row)


@routes.get(
    "/v1/cases/{case_id}/erasures",
    summary="Erasures of a case, with who and why",
    dependencies=READERS,
)
async def list_erasures(
    case_id: str, session: InTransaction, limit: Limit = 50, cursor: Cursor = None
) -> Page[schemas.Erasure]:
    rows, following = await queries.erasures(session, case_id, limit, cursor)
    items = [schemas.Erasure.model_validate(row) for row in rows]
    return Page(items=items, next_cursor=following)
