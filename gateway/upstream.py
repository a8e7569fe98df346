"""HTTP/1.1 towards a service: connections that are kept, fed and read as streams of raw bytes."""

import asyncio
import select
import ssl
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple, cast
from urllib.parse import urlsplit

import httptools

from gateway.headers import Headers

MAX_HEAD = 64 * 1024
HIGH_WATER = 64 * 1024


class UpstreamFailure(Exception):  # noqa: N818 - its kinds say what happened
    """The exchange with the service failed."""


class Unreachable(UpstreamFailure):
    """No connection: nothing was sent."""


class Dropped(UpstreamFailure):
    """The service closed the connection before the first byte of an answer."""


class Garbled(UpstreamFailure):
    """What the service sent is no HTTP, or ended in the middle."""


class Overloaded(UpstreamFailure):
    """As many requests are under way as the service may be asked at once."""


class Head(NamedTuple):
    """How an answer begins; header names as the service wrote them."""

    status: int
    headers: Headers


class Connection(asyncio.Protocol):
    """One connection; it carries one exchange at a time."""

    def __init__(self) -> None:
        self.since = 0.0
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport
        self._writable = asyncio.Event()
        self._writable.set()
        self._lost = False
        self._paused = False
        self._reset("GET")

    def _reset(self, method: str) -> None:
        self._method = method
        self._parser = httptools.HttpResponseParser(self)
        self._headers: Headers = []
        self._head: Head | None = None
        self._received = 0
        self._body = bytearray()
        self._complete = False
        self._keep = False
        self._failure: BaseException | None = None
        self._waiter: asyncio.Future[None] | None = None

    def begin(self, method: str, request: bytes) -> None:
        """Start an exchange with the head of a request, and its body if it is at hand."""
        self._reset(method)
        if self._lost:
            self._failure = Dropped("the kept connection was closed")
        else:
            self._transport.write(request)

    async def write(self, data: bytes) -> None:
        """Send more of the request; waits while the service does not read."""
        await self._writable.wait()
        if not self._lost:
            self._transport.write(data)

    async def head(self) -> Head:
        """Wait for the answer to begin."""
        while self._head is None:
            await self._more()
        return self._head

    async def read(self) -> tuple[bytes, bool]:
        """What has come of the body since, and whether more is to come."""
        while not self._body and not self._complete:
            await self._more()
        data = bytes(self._body)
        self._body.clear()
        if self._paused and not self._transport.is_closing():
            self._paused = False
            self._transport.resume_reading()
        return data, not self._complete

    def abort(self, reason: BaseException) -> None:
        """End the exchange; whoever waits for the answer gets the reason."""
        if self._failure is None and not self._complete:
            self._failure = reason
            self._wake()
        self.close()

    def close(self) -> None:
        if not self._lost:
            self._transport.abort()

    @property
    def reusable(self) -> bool:
        return self._complete and self._keep and not self._lost and not self._paused

    @property
    def silent(self) -> bool:
        """Whether nothing waits to be read: on an idle connection that would be its end."""
        waiting = select.poll()
        waiting.register(self._transport.get_extra_info("socket").fileno(), select.POLLIN)
        return not waiting.poll(0)

    async def _more(self) -> None:
        if self._failure is not None:
            raise self._failure
        self._waiter = self._loop.create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are no subclasses of asyncio's.
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._lost = True
        self._writable.set()
        if self._ends_with_connection and exc is None:
            self._complete = True
        elif not self._complete and self._failure is None:
            ended = Garbled("the answer ended in the middle")
            self._failure = ended if self._received else Dropped("closed before an answer")
        self._wake()

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def data_received(self, data: bytes) -> None:
        self._received += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._keep = False
            self.abort(Garbled(str(error)))
        if self._head is None and self._received > MAX_HEAD:
            self.abort(Garbled("the head of the answer is too long"))
        if len(self._body) > HIGH_WATER and not self._paused and not self._transport.is_closing():
            self._paused = True
            self._transport.pause_reading()
        self._wake()

    # httptools' callbacks

    def on_message_begin(self) -> None:
        if self._complete:
            # More than was asked for: what follows cannot be trusted to belong to a request.
            self._keep = False
        self._headers = []

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if self._complete or status < 200:
            return
        self._head = Head(status, self._headers)
        if self._method == "HEAD":
            self._finish()

    def on_body(self, data: bytes) -> None:
        if not self._complete:
            self._body += data

    def on_message_complete(self) -> None:
        if self._head is not None and not self._complete:
            self._finish()

    def _finish(self) -> None:
        self._complete = True
        self._keep = self._parser.should_keep_alive()

    @property
    def _ends_with_connection(self) -> bool:
        """Whether the end of the connection is the end of the answer (RFC 9112, 6.3, last rule)."""
        if self._head is None or self._complete or self._failure is not None:
            return False
        names = {name.lower() for name, _ in self._head.headers}
        return names.isdisjoint((b"content-length", b"transfer-encoding"))


class Breaker:
    """Stops asking a service that several times in a row could not be reached, for a moment."""

    def __init__(self, failures: int = 5, seconds: float = 1.0) -> None:
        self._limit = failures
        self._seconds = seconds
        self._failures = 0
        self._open_until = 0.0

    def check(self, now: float) -> None:
        """Raises Unreachable while open."""
        if now < self._open_until:
            raise Unreachable("could not be reached just now")

    def succeeded(self) -> None:
        self._failures = 0

    def failed(self, now: float) -> None:
        self._failures += 1
        if self._failures >= self._limit:
            self._open_until = now + self._seconds


class Upstream:
    """One service: its address, its idle connections and how many requests are under way."""

    def __init__(
        self, address: str, *, connect_seconds: float, idle_seconds: float, max_in_flight: int
    ) -> None:
        parts = urlsplit(address)
        self.host = parts.netloc.encode()
        self._secure = parts.scheme == "https"
        self._name = parts.hostname or ""
        self._port = parts.port or (443 if self._secure else 80)
        self._connect_seconds = connect_seconds
        self._idle_seconds = idle_seconds
        self._max_in_flight = max_in_flight
        self._in_flight = 0
        self._idle: deque[Connection] = deque()
        self._breaker = Breaker()

    @contextmanager
    def admitted(self) -> Iterator[None]:
        """Counts a request as under way. Raises Overloaded."""
        if self._in_flight >= self._max_in_flight:
            raise Overloaded
        self._in_flight += 1
        try:
            yield
        finally:
            self._in_flight -= 1

    async def connection(self, *, fresh: bool) -> Connection:
        """A connection for one exchange, kept or new. Raises Unreachable."""
        loop = asyncio.get_running_loop()
        while self._idle and not fresh:
            kept = self._idle.pop()
            fits = kept.reusable and loop.time() - kept.since < self._idle_seconds
            if fits and kept.silent:
                return kept
            kept.close()
        self._breaker.check(loop.time())
        try:
            async with asyncio.timeout(self._connect_seconds):
                _, connection = await loop.create_connection(
                    Connection,
                    self._name,
                    self._port,
                    ssl=ssl.create_default_context() if self._secure else None,
                )
        except (OSError, TimeoutError) as error:
            self._breaker.failed(loop.time())
            raise Unreachable(str(error)) from error
        self._breaker.succeeded()
        return connection

    def release(self, connection: Connection) -> None:
        """Keep the connection if its exchange ended well, else close it."""
        if not connection.reusable:
            connection.close()
            return
        now = asyncio.get_running_loop().time()
        connection.since = now
        self._idle.append(connection)
        while now - self._idle[0].since >= self._idle_seconds:
            self._idle.popleft().close()

    def close(self) -> None:
        while self._idle:
            self._idle.pop().close()
