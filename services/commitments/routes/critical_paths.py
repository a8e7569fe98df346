"""Critical paths: whether node promises still fit into those made end to end."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Query

from services.commitments.domain.promise import Promise
from services.commitments.operations import critical_paths as operations
from services.commitments.queries import promises as queries
from services.commitments.routes.promises import READERS, Name
from services.commitments.schemas import critical_paths as schemas
from shared.http import InTransaction, router
from shared.pages import Cursor, Limit, Page

routes = router("promises")


@routes.get(
    "/v1/critical-paths",
    summary="Whether node promises fit into those made end to end",
    description="Of every promise for a whole process that is in force or will be. Publishing a "
    "promise or a process that breaks one is refused; a calendar that changes can break one. A "
    "page can hold fewer items than asked for where `fits` leaves some out.",
    dependencies=READERS,
)
async def list_critical_paths(
    session: InTransaction,
    process: Name = None,
    fits: Annotated[bool | None, Query()] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[schemas.CriticalPath]:
    now = datetime.now(UTC)
    wholes, following = await queries.listed_ends_to_end(session, process, now, limit, cursor)
    found = await operations.standing_paths(session, wholes, now)
    items = [_shown(whole, misfits) for whole, misfits in found if fits in (None, not misfits)]
    return Page(items=items, next_cursor=following)


def _shown(whole: Promise, misfits: list[dict[str, object]]) -> schemas.CriticalPath:
    return schemas.CriticalPath(
        promise_id=whole.id,
        promise=whole.code,
        promise_version=whole.version,
        process=whole.process,
        segment=whole.segment,
        priority=whole.priority,
        fits=not misfits,
        misfits=[schemas.PathMisfit.model_validate(misfit) for misfit in misfits],
    )
