"""What waits to be delivered goes out many at once, so that no slow target holds up another."""

import asyncio
from collections import Counter
from datetime import UTC, datetime
from typing import Any

from services.commitments.channels import Channels
from services.commitments.operations import delivering
from services.commitments.queries.notifications import Room
from shared.store import Store

AT_ONCE = 64
AT_ONCE_PER_TARGET = 8

IDLE_SECONDS = 0.5
BUSY_SECONDS = 0.05


class Dispatcher:
    """The deliveries that this worker has under way; a loop of its own fills the room there is."""

    def __init__(self, channels: Channels) -> None:
        self._channels = channels
        self._under_way: dict[asyncio.Task[None], str] = {}

    async def dispatch(self, store: Store) -> float:
        """Start what there is room for; how long to rest."""
        used = Counter(self._under_way.values())
        full = [target for target, number in used.items() if number >= AT_ONCE_PER_TARGET]
        free = AT_ONCE - len(self._under_way)
        if free <= 0:
            return BUSY_SECONDS
        room = Room(free, AT_ONCE_PER_TARGET, full)
        taken = await delivering.take(store, datetime.now(UTC), room)
        for each in taken:
            task = asyncio.create_task(self._deliver(store, each))
            self._under_way[task] = each.target
            task.add_done_callback(self._under_way.pop)
        return BUSY_SECONDS if taken else IDLE_SECONDS

    async def _deliver(self, store: Store, taken: Any) -> None:
        await delivering.deliver(store, self._channels, taken)
