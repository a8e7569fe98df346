"""What owners of processes did for their duties, and which duties wait."""

from datetime import UTC, date, datetime
from typing import Annotated

from fastapi import Query, Response

from services.commitments import tables
from services.commitments.domain.duties import Duty
from services.commitments.operations import duties as operations
from services.commitments.queries import governance as queries
from services.commitments.routes.acting import Acting, Changing
from services.commitments.routes.people import (
    MISSING,
    OWNERS,
    READERS,
    STALE_OR_TAKEN,
    changes_of,
)
from services.commitments.schemas import duties as schemas
from services.commitments.schemas.people import GovernanceChange
from shared.http import InTransaction, etag, router
from shared.pages import Cursor, Limit, Page

routes = router("governance")


@routes.post(
    "/v1/duty-records",
    status_code=201,
    summary="Record what the owner of a process did for a duty",
    description="For the owner of the process, or their deputy, to do: rolling it out, training "
    "those who work in it, improving it.",
)
async def record_duty(
    body: schemas.NewDutyRecord, session: InTransaction, act: Acting, response: Response
) -> schemas.DutyRecord:
    row = await operations.record_duty(session, body, act)
    response.headers["etag"] = etag(row.revision)
    return schemas.DutyRecord.model_validate(row)


@routes.get(
    "/v1/duty-records",
    summary="What owners did for their duties, what was done last first",
    dependencies=READERS,
)
async def list_duty_records(
    session: InTransaction,
    process: Annotated[str | None, Query(max_length=200)] = None,
    duty: Annotated[Duty | None, Query()] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[schemas.DutyRecord]:
    wanted = {"process": process, "duty": duty}
    rows, following = await queries.listed(session, tables.DutyRecord, wanted, limit, cursor)
    items = [schemas.DutyRecord.model_validate(row) for row in rows]
    return Page(items=items, next_cursor=following)


@routes.get(
    "/v1/duty-records/{record_id}",
    summary="One record of a duty",
    responses=MISSING,
    dependencies=READERS,
)
async def get_duty_record(
    record_id: str, session: InTransaction, response: Response
) -> schemas.DutyRecord:
    row = await queries.one(session, tables.DutyRecord, record_id)
    response.headers["etag"] = etag(row.revision)
    return schemas.DutyRecord.model_validate(row)


@routes.post(
    "/v1/duty-records/{record_id}/void",
    summary="Say that it was not done after all",
    responses=STALE_OR_TAKEN,
)
async def void_duty_record(
    record_id: str, body: schemas.DutyVoid, session: InTransaction, change: Changing
) -> schemas.DutyRecord:
    row = await operations.void_duty_record(session, record_id, body, change.if_match, change.act)
    change.tag(row.revision)
    return schemas.DutyRecord.model_validate(row)


@routes.get(
    "/v1/duty-records/{record_id}/history",
    summary="Every change of a record of a duty",
    responses=MISSING,
    dependencies=OWNERS,
)
async def list_duty_record_changes(
    record_id: str, session: InTransaction, limit: Limit = 50, cursor: Cursor = None
) -> Page[GovernanceChange]:
    row = await queries.one(session, tables.DutyRecord, record_id)
    return await changes_of(session, "duty_record", row.id, limit, cursor)


@routes.get(
    "/v1/owner-duties",
    summary="When the owner of each process last attended to each duty",
    dependencies=READERS,
)
async def list_owner_duties(
    session: InTransaction,
    idle_since: Annotated[
        date | None,
        Query(description="Only processes of which some duty was not attended to since this day"),
    ] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[schemas.OwnerDuties]:
    now = datetime.now(UTC)
    items, following = await operations.owner_duties(session, idle_since, now, limit, cursor)
    return Page(items=items, next_cursor=following)
