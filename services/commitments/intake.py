"""The intake stores webhooks of many requests in one transaction and answers each after it.

While one transaction commits, the next requests gather; under load a commit is shared by many.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby

from services.commitments.operations.storing import NewDelivery, store_deliveries
from shared.problems import UNAVAILABLE, Problem
from shared.store import Store

MAX_BATCH = 500
MAX_WAITING = 5_000


@dataclass(frozen=True, slots=True)
class Accepted:
    """The answer to one delivery: where it is kept, and whether it was known already."""

    delivery_id: str
    duplicate: bool


@dataclass(frozen=True, slots=True)
class _Waiting:
    deliveries: Sequence[NewDelivery]
    answer: asyncio.Future[list[Accepted]]


class Intake:
    """Gathers deliveries and stores them; `run` is its only writer."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._queue: asyncio.Queue[_Waiting] = asyncio.Queue(MAX_WAITING)

    async def accept(self, deliveries: Sequence[NewDelivery]) -> list[Accepted]:
        """What a request brought, of one tenant: returns when all of it is committed.

        Raises a 503 problem when too many requests wait.
        """
        waiting = _Waiting(deliveries, asyncio.get_running_loop().create_future())
        try:
            self._queue.put_nowait(waiting)
        except asyncio.QueueFull:
            raise Problem(UNAVAILABLE, headers={"retry-after": "1"}) from None
        return await waiting.answer

    async def run(self) -> None:
        """Store what gathers, batch by batch, until cancelled."""
        while True:
            batch = [await self._queue.get()]
            held = len(batch[0].deliveries)
            with suppress(asyncio.QueueEmpty):
                while held < MAX_BATCH:
                    batch.append(self._queue.get_nowait())
                    held += len(batch[-1].deliveries)
            batch.sort(key=_tenant)
            for tenant, group in groupby(batch, key=_tenant):
                await self._store_group(tenant, list(group))

    async def _store_group(self, tenant: str, group: list[_Waiting]) -> None:
        try:
            async with self._store.transaction(tenant) as session:
                brought = [new for each in group for new in each.deliveries]
                kept = await store_deliveries(session, brought)
        except Exception as error:  # noqa: BLE001 - every waiting request must hear of it
            for each in group:
                if not each.answer.done():
                    each.answer.set_exception(error)
            return
        for each in group:
            if not each.answer.done():
                ids = [(kept[new.identity], new.id) for new in each.deliveries]
                each.answer.set_result([Accepted(kept, kept != new) for kept, new in ids])


def _tenant(waiting: _Waiting) -> str:
    return waiting.deliveries[0].tenant
