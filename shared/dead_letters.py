"""Dead letters over HTTP: what a service could not apply, listed and replayed by administrators."""

from datetime import datetime
from typing import Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel
from sqlalchemy import select, update

from shared import pages, problems
from shared.http import InTransaction, router
from shared.identity import Role, require
from shared.inbox import dead_letter
from shared.pages import Cursor, Limit, Page
from shared.problems import documented


class DeadLetter(BaseModel):
    """An event that failed on its last attempt, with the reason."""

    id: str
    event_id: str
    subject: str
    body: str
    error: str
    attempts: int
    status: Literal["dead", "replay", "replayed"]
    stored_at: datetime


def dead_letters(service: str) -> APIRouter:
    """The two operations of one service: `list_<service>_dead_letters` and its replay."""
    routes = router("platform")
    path = f"/v1/{service}-dead-letters"
    administrators = [Depends(require(Role.ADMINISTRATOR))]

    async def listed(
        session: InTransaction, limit: Limit = 50, cursor: Cursor = None
    ) -> Page[DeadLetter]:
        found = pages.seek(select(dead_letter), [dead_letter.c.id], cursor, descending=True)
        rows = (await session.execute(found.limit(limit + 1))).all()
        kept, following = pages.page(rows, limit, lambda row: [row.id])
        items = [DeadLetter.model_validate(row, from_attributes=True) for row in kept]
        return Page(items=items, next_cursor=following)

    async def replayed(dead_letter_id: str, session: InTransaction) -> DeadLetter:
        marked = update(dead_letter).where(dead_letter.c.id == dead_letter_id)
        rows = await session.execute(marked.values(status="replay").returning(dead_letter))
        row = rows.one_or_none()
        if row is None:
            raise problems.not_found({"zh": "死信", "en": "dead letter"}, dead_letter_id)
        return DeadLetter.model_validate(row, from_attributes=True)

    routes.add_api_route(
        path,
        listed,
        name=f"list_{service}_dead_letters",
        summary=f"Events that {service} could not apply",
        dependencies=administrators,
    )
    routes.add_api_route(
        f"{path}/{{dead_letter_id}}/replay",
        replayed,
        methods=["POST"],
        status_code=202,
        name=f"replay_{service}_dead_letter",
        summary=f"Apply an event again that {service} could not apply",
        dependencies=administrators,
        responses=documented(problems.NOT_FOUND),
    )
    return routes
