"""Owners of processes who no longer are what an owner has to be."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Query

from services.commitments.queries import ownership as queries
from services.commitments.routes.people import READERS
from services.commitments.schemas import ownership as schemas
from shared.http import InTransaction, router
from shared.pages import Cursor, Limit, Page

routes = router("governance")


@routes.get(
    "/v1/owner-conflicts",
    summary="Owners who are no active senior manager outside their process",
    description="An owner is refused when that is so at the appointment. What comes later, because "
    "people move or a process changes, is listed here from then on, and ends by itself once "
    "another owner is appointed or the people move on.",
    dependencies=READERS,
)
async def list_owner_conflicts(
    session: InTransaction,
    process: Annotated[str | None, Query(max_length=200)] = None,
    owner: Annotated[str | None, Query(max_length=200)] = None,
    is_open: Annotated[bool, Query(alias="open", description="Also resolved ones if false")] = True,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[schemas.OwnerConflict]:
    wanted = {"process": process, "owner": owner}
    open_at = datetime.now(UTC) if is_open else None
    rows, following = await queries.listed(session, wanted, open_at, limit, cursor)
    items = [schemas.OwnerConflict.model_validate(row) for row in rows]
    return Page(items=items, next_cursor=following)
