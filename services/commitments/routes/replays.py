"""Replays: what a mended mapping can read is read again."""

from fastapi import Depends

from services.commitments.operations import replays as operations
from services.commitments.schemas import replays as schemas
from shared import problems
from shared.http import InTransaction, router
from shared.identity import Role, require
from shared.problems import documented

routes = router("webhooks")


@routes.post(
    "/v1/deliveries/replay",
    status_code=202,
    summary="Read many quarantined or ignored deliveries again",
    description="Oldest first and a bounded number at a time, so that live webhooks are not held "
    "up: repeat it with `after` until `next_after` is null. What still cannot be read is "
    "quarantined again, and is not met twice.",
    responses=documented(problems.NOT_FOUND),
    dependencies=[Depends(require(Role.ADMINISTRATOR, Role.INTEGRATION))],
)
async def replay_deliveries(body: schemas.ReplayRequest, session: InTransaction) -> schemas.Replay:
    return await operations.replay_deliveries(session, body)
