"""What waits to be delivered goes out many at once, so that no slow target holds up another."""

import asyncio
from collections import Counter
from datetime import UTC, datetime

from services.commitments.channels import Channels
from services.commitments.operations import delivering
from services.commitments.operations.delivering import Taken, Try
from services.commitments.queries.notifications import Room
from shared.store import Store

AT_ONCE = 32
AT_ONCE_PER_TARGET = 16

IDLE_SECONDS = 0.5
BUSY_SECONDS = 0.05


class Dispatcher:
    """The deliveries that this worker has under way; a loop of its own fills the room there is."""

    def __init__(self, channels: Channels) -> None:
        self._channels = channels
        self._under_way: dict[asyncio.Task[None], str] = {}
        self._made: list[Try] = []

    @property
    def under_way(self) -> frozenset[asyncio.Task[None]]:
        return frozenset(self._under_way)

    async def dispatch(self, store: Store) -> float:
        """Write what has come of tries, and start what there is room for; how long to rest."""
        made, self._made = self._made, []
        if made:
            await delivering.settle_all(store, made)
        used = Counter(self._under_way.values())
        full = [target for target, number in used.items() if number >= AT_ONCE_PER_TARGET]
        room = Room(AT_ONCE - len(self._under_way), AT_ONCE_PER_TARGET, full)
        taken = await delivering.take(store, datetime.now(UTC), room) if room.limit > 0 else ()
        for each in taken:
            task = asyncio.create_task(self._deliver(each))
            self._under_way[task] = each.row.target
            task.add_done_callback(self._under_way.pop)
        return BUSY_SECONDS if self._under_way or self._made else IDLE_SECONDS

    async def _deliver(self, taken: Taken) -> None:
        made = await delivering.deliver(self._channels, taken)
        # Only now: while the try went on, `dispatch` has put another list in the place of this.
        self._made.append(made)
