"""The intake stores webhooks of many requests in one transaction and answers each after it.

While one transaction commits, the next requests gather; under load a commit is shared by many.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby

from services.commitments.operations.deliveries import NewDelivery, store_deliveries
from shared.problems import UNAVAILABLE, Problem
from shared.store import Store

MAX_BATCH = 500
MAX_WAITING = 5_000


@dataclass(frozen=True, slots=True)
class Accepted:
    """The answer to one webhook: where it is kept, and whether it was known already."""

    delivery_id: str
    duplicate: bool


@dataclass(frozen=True, slots=True)
class _Waiting:
    delivery: NewDelivery
    answer: asyncio.Future[Accepted]


class Intake:
    """Gathers deliveries and stores them; `run` is its only writer."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._queue: asyncio.Queue[_Waiting] = asyncio.Queue(MAX_WAITING)

    async def accept(self, delivery: NewDelivery) -> Accepted:
        """Returns when the delivery is committed; raises a 503 problem when too many wait."""
        waiting = _Waiting(delivery, asyncio.get_running_loop().create_future())
        try:
            self._queue.put_nowait(waiting)
        except asyncio.QueueFull:
            raise Problem(UNAVAILABLE, headers={"retry-after": "1"}) from None
        return await waiting.answer

    async def run(self) -> None:
        """Store what gathers, batch by batch, until cancelled."""
        while True:
            batch = [await self._queue.get()]
            with suppress(asyncio.QueueEmpty):
                while len(batch) < MAX_BATCH:
                    batch.append(self._queue.get_nowait())
            batch.sort(key=_tenant)
            for tenant, group in groupby(batch, key=_tenant):
                await self._store_group(tenant, list(group))

    async def _store_group(self, tenant: str, group: list[_Waiting]) -> None:
        try:
            async with self._store.transaction(tenant) as session:
                kept = await store_deliveries(session, [each.delivery for each in group])
        except Exception as error:  # noqa: BLE001 - every waiting request must hear of it
            for each in group:
                if not each.answer.done():
                    each.answer.set_exception(error)
            return
        for each in group:
            if not each.answer.done():
                identifier = kept[each.delivery.identity]
                each.answer.set_result(Accepted(identifier, identifier != each.delivery.id))


def _tenant(waiting: _Waiting) -> str:
    return waiting.delivery.tenant
