"""What waits to be delivered goes out many at once, so that no slow target holds up another."""

import asyncio
from collections import Counter
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any

from services.commitments.channels import Channels
from services.commitments.operations import delivering, robots
from services.commitments.operations.delivering import Taken, Try
from services.commitments.operations.robots import Digest, Saying
from services.commitments.queries.notifications import Room
from shared.store import Store

AT_ONCE = 128
AT_ONCE_PER_TARGET = 16
AT_ONCE_WHEN_FAILING = 2
"""Of a target whose last try failed, so that many dead ones leave room for those that live."""
ROBOTS_AT_ONCE = 32

LOOK_EVERY = timedelta(seconds=0.25)
"""How often robots are looked at: none may say more than one thing in that time."""
IDLE_SECONDS = 0.5
BUSY_SECONDS = 0.05


class Dispatcher:
    """The deliveries that this worker has under way; a loop of its own fills the room there is."""

    def __init__(self, channels: Channels) -> None:
        self._channels = channels
        self._under_way: dict[asyncio.Task[None], str] = {}
        self._speaking: dict[asyncio.Task[None], tuple[str, str]] = {}
        self._failing: set[str] = set()
        self._made: list[Try] = []
        self._said: list[Saying] = []
        self._look_at = datetime.min.replace(tzinfo=UTC)

    @property
    def under_way(self) -> frozenset[asyncio.Task[None]]:
        return frozenset((*self._under_way, *self._speaking))

    async def dispatch(self, store: Store) -> float:
        """Write what has come of tries, and start what there is room for; how long to rest."""
        await self._settle(store)
        now = datetime.now(UTC)
        room = self._room()
        for each in await delivering.take(store, now, room) if room.limit > 0 else ():
            self._start(self._deliver(each), self._under_way, each.row.target)
        if now >= self._look_at:
            self._look_at = now + LOOK_EVERY
            await self._speak(store, now)
        return BUSY_SECONDS if self.under_way or self._made or self._said else IDLE_SECONDS

    async def _speak(self, store: Store, now: datetime) -> None:
        free = ROBOTS_AT_ONCE - len(self._speaking)
        busy = set(self._speaking.values())
        for digest in await robots.take_digests(store, now, free, busy) if free > 0 else ():
            self._start(self._say(digest), self._speaking, (digest.tenant, digest.target))

    async def _settle(self, store: Store) -> None:
        made, self._made = self._made, []
        if made:
            await delivering.settle_all(store, made)
        said, self._said = self._said, []
        for saying in said:
            await robots.settle_digest(store, saying)

    def _room(self) -> Room:
        used = Counter(self._under_way.values())
        most = dict.fromkeys(self._failing, AT_ONCE_WHEN_FAILING)
        left = {name: most.get(name, AT_ONCE_PER_TARGET) - used[name] for name in {*used, *most}}
        return Room(AT_ONCE - len(self._under_way), AT_ONCE_PER_TARGET, left)

    def _start(self, work: Coroutine[Any, Any, None], of: dict[Any, Any], target: Any) -> None:
        task = asyncio.create_task(work)
        of[task] = target
        task.add_done_callback(of.pop)

    async def _deliver(self, taken: Taken) -> None:
        made = await delivering.deliver(self._channels, taken)
        is_well = made.outcome.delivered or made.outcome.refused
        (self._failing.discard if is_well else self._failing.add)(taken.row.target)
        # Only now: while the try went on, `dispatch` has put another list in the place of this.
        self._made.append(made)

    async def _say(self, digest: Digest) -> None:
        self._said.append(await robots.say(self._channels, digest))
