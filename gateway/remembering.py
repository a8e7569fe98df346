"""Answers that are kept for a while, asked for once however many wait, and outlive an outage."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

from gateway.recent import Recent

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Remembered(Generic[K, V]):
    """What a question was answered, for `seconds(answer)`; longer while asking fails."""

    def __init__(
        self,
        ask: Callable[[K], Awaitable[V]],
        seconds: Callable[[V], float],
        failures: tuple[type[Exception], ...],
        most: int = 10_000,
    ) -> None:
        self._ask = ask
        self._seconds = seconds
        self._failures = failures
        self._kept: Recent[K, tuple[float, V]] = Recent(most)
        self._asking: dict[K, asyncio.Task[V]] = {}

    async def __call__(self, question: K) -> V:
        """The answer. Raises one of the failures when it was never known."""
        kept = self._kept.get(question)
        if kept is not None and time.monotonic() < kept[0]:
            return kept[1]
        try:
            return await self._asked(question)
        except self._failures:
            if kept is None:
                raise
            # Asked again after a second, not with every request that comes meanwhile.
            self._keep(question, kept[1], 1.0)
            return kept[1]

    async def _asked(self, question: K) -> V:
        task = self._asking.get(question)
        if task is None:
            task = asyncio.ensure_future(self._answer(question))
            self._asking[question] = task
            task.add_done_callback(lambda _: self._asking.pop(question, None))
        return await asyncio.shield(task)

    async def _answer(self, question: K) -> V:
        answer = await self._ask(question)
        self._keep(question, answer, self._seconds(answer))
        return answer

    def _keep(self, question: K, answer: V, seconds: float) -> None:
        self._kept.keep(question, (time.monotonic() + seconds, answer))
