"""A body that is still arriving, as a file that a thread reads."""

import asyncio
import io
from collections.abc import AsyncIterator
from typing import Any


class Arriving(io.RawIOBase):
    """The pieces of a body, one after the other; `size` is how many bytes have come.

    It is made on the event loop, which fetches the pieces, and read in another thread, which waits
    for them: no more than one piece is held.
    """

    def __init__(self, pieces: AsyncIterator[bytes]) -> None:
        super().__init__()
        self.size = 0
        self._pieces = pieces
        self._loop = asyncio.get_running_loop()
        self._held = memoryview(b"")

    def begin(self, size: int) -> bytes:
        """The first bytes, up to so many; they stay to be read."""
        head = bytearray()
        while len(head) < size and (piece := self.read(size - len(head))):
            head += piece
        self._held = memoryview(bytes(head) + bytes(self._held))
        return bytes(head)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._held:
            piece = asyncio.run_coroutine_threadsafe(self._next(), self._loop).result()
            self.size += len(piece)
            self._held = memoryview(piece)
        into = memoryview(buffer)
        count = min(len(into), len(self._held))
        into[:count] = self._held[:count]
        self._held = self._held[count:]
        return count

    async def _next(self) -> bytes:
        """The next piece that is not empty, an empty one at the end."""
        async for piece in self._pieces:
            if piece:
                return piece
        return b""
