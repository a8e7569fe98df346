"""The trail of everything that was changed in governance; it is only ever added to."""

from typing import Annotated

from fastapi import Query

from services.commitments.queries import history as queries
from services.commitments.routes.people import OWNERS
from services.commitments.schemas import people as schemas
from shared.http import InTransaction, router
from shared.pages import Cursor, Limit, Page
from shared.schemas import Moment

routes = router("governance")

Named = Annotated[str | None, Query(max_length=200)]


@routes.get(
    "/v1/governance-changes",
    summary="Who changed what in governance, newest first, before and after",
    dependencies=OWNERS,
)
async def list_governance_changes(
    session: InTransaction,
    kind: Named = None,
    key: Named = None,
    by: Named = None,
    operation: Named = None,
    since: Annotated[Moment | None, Query(alias="from")] = None,
    until: Annotated[Moment | None, Query(alias="to")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[schemas.TrailedChange]:
    wanted = {"kind": kind, "key": key, "by": by, "operation": operation}
    rows, following = await queries.trail(session, wanted, (since, until), limit, cursor)
    items = [
        schemas.TrailedChange.model_validate({**row.change.model_dump(), "before": row.before})
        for row in rows
    ]
    return Page(items=items, next_cursor=following)
