"""Passes a request on to a service and its answer back, as streams of untouched bytes."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

import structlog
from starlette.types import Message, Receive

from gateway import headers
from gateway.headers import Headers
from gateway.requests import Reply, Request, unavailable
from gateway.upstream import (
    Connection,
    Dropped,
    Garbled,
    Head,
    Unreachable,
    Upstream,
    UpstreamFailure,
)
from shared import problems
from shared.problems import Problem

log = structlog.get_logger()

REPEATABLE = frozenset(("GET", "HEAD", "PUT", "DELETE"))
IN_HAND = 64 * 1024
"""Declared bodies up to this size are read before they are sent, so they can be sent twice."""


class ClientGone(Exception):  # noqa: N818 - not an error of this process
    """The client closed its connection."""


class Body:
    """The body of a request: bounded, and in one piece when it is small."""

    def __init__(self, request: Request, receive: Receive, limit: int) -> None:
        self._receive = receive
        self._limit = limit
        self._read = 0
        self._more = True
        declared = request.header(b"content-length")
        self.declared = int(declared) if declared is not None else None
        self.chunked = request.header(b"transfer-encoding") is not None
        self.first = b""
        """What had come when the request was sent on."""
        self.whole = False
        """Whether that is all of it; then the request can be sent again."""
        if self.declared is not None and self.declared > limit:
            raise self._too_large()

    async def begin(self) -> None:
        """Take what has come of the body."""
        small = self.declared is not None and self.declared <= IN_HAND
        self.first = await self._next()
        while small and self._more:
            self.first += await self._next()
        self.whole = not self._more

    async def rest(self) -> AsyncIterator[bytes]:
        """The body after `first`."""
        while self._more:
            if chunk := await self._next():
                yield chunk

    async def client_gone(self) -> None:
        """Returns when the client has closed its connection; the body must have been read."""
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def _next(self) -> bytes:
        message: Message = await self._receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        chunk: bytes = message.get("body", b"")
        self._read += len(chunk)
        if self._read > self._limit:
            raise self._too_large()
        self._more = message.get("more_body", False)
        return chunk

    def _too_large(self) -> Problem:
        return Problem(
            problems.PAYLOAD_TOO_LARGE,
            {
                "zh": f"请求体不得超过 {self._limit} 字节。",
                "en": f"A request body has at most {self._limit} bytes.",
            },
        )


@dataclass(frozen=True, slots=True)
class Destination:
    """Whom a request goes to; without a token, the caller's own authorization goes along.

    `max_body_bytes` is the operation's own limit, None where the usual one holds.
    """

    service: str
    method: str
    token: str | None
    max_body_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """One request on its way to a service."""

    upstream: Upstream
    method: str
    head: bytes
    body: Body
    repeatable: bool


class Exchange:
    """One attempt at a call: a connection that is fed while its answer is awaited."""

    def __init__(self, call: Call, connection: Connection) -> None:
        self.connection = connection
        self._upstream = call.upstream
        self._body = call.body
        self._sent = call.body.whole
        self._chunked = not call.body.whole and call.body.declared is None
        first = self._framed(call.body.first) if call.body.first else b""
        connection.begin(call.method, call.head + first)
        self._feeding: asyncio.Task[None] | None = asyncio.create_task(self._feed())

    def end(self) -> None:
        """Stop feeding and give the connection back; once."""
        if self._feeding is None:
            return
        self._feeding.cancel()
        self._feeding = None
        if not self._sent:
            self.connection.close()
        self._upstream.release(self.connection)

    async def _feed(self) -> None:
        """Send the rest of the body, then watch for the client to leave."""
        try:
            async for chunk in self._body.rest():
                await self.connection.write(self._framed(chunk))
            if self._chunked:
                await self.connection.write(b"0\r\n\r\n")
            self._sent = True
            await self._body.client_gone()
            self.connection.abort(ClientGone())
        except (ClientGone, Problem) as reason:
            self.connection.abort(reason)

    def _framed(self, chunk: bytes) -> bytes:
        return b"%x\r\n%b\r\n" % (len(chunk), chunk) if self._chunked else chunk


class Proxy:
    """The way to the services and back."""

    def __init__(
        self, upstreams: Mapping[str, Upstream], *, max_body_bytes: int, stall_seconds: float
    ) -> None:
        self._upstreams = upstreams
        self._max_body_bytes = max_body_bytes
        self._stall_seconds = stall_seconds

    async def forward(
        self, request: Request, to: Destination, seconds: float, receive: Receive, reply: Reply
    ) -> None:
        """Answer with what the service answers, which must begin within so many seconds.

        Raises Problem as long as nothing has been answered. An answer that breaks off is cut
        short, so that the client sees that it is incomplete.
        """
        body = Body(request, receive, to.max_body_bytes or self._max_body_bytes)
        upstream = self._upstreams[to.service]
        try:
            with upstream.admitted():
                exchange, head = await self._answered(request, to, body, seconds)
                try:
                    await self._relay(exchange, head, reply, bodiless=request.method == "HEAD")
                finally:
                    exchange.end()
        except ClientGone:
            log.debug("client_gone", service=to.service)
        except TimeoutError as error:
            raise Problem(problems.DEADLINE_EXCEEDED) from error
        except Garbled as failure:
            log.warning("upstream_broke_protocol", service=to.service, failure=str(failure))
            raise Problem(problems.BAD_GATEWAY) from failure
        except UpstreamFailure as failure:
            log.warning("upstream_unavailable", service=to.service, failure=repr(failure))
            raise unavailable(to.service) from failure

    async def _answered(
        self, request: Request, to: Destination, body: Body, seconds: float
    ) -> tuple[Exchange, Head]:
        """The exchange whose answer has begun; tried twice if the request may be repeated."""
        upstream = self._upstreams[to.service]
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        async with asyncio.timeout_at(deadline):
            await body.begin()
            left = deadline - loop.time()
            call = Call(
                upstream,
                to.method,
                _head(request, to, upstream, body, left),
                body,
                repeatable=body.whole
                and to.method in REPEATABLE
                # Had the lost attempt taken effect, its own change would fail the precondition.
                and request.header(b"if-match") is None,
            )
            try:
                return await _attempt(call, fresh=False)
            except (Unreachable, Dropped):
                if not call.repeatable:
                    raise
            return await _attempt(call, fresh=True)

    async def _relay(self, exchange: Exchange, head: Head, reply: Reply, *, bodiless: bool) -> None:
        await reply.start(head.status, headers.to_client(head.headers, head.status))
        more = not bodiless
        data = b""
        while more:
            try:
                async with asyncio.timeout(self._stall_seconds):
                    data, more = await exchange.connection.read()
            except (UpstreamFailure, TimeoutError, Problem) as failure:
                log.warning("answer_cut_short", failure=repr(failure))
                return
            if more:
                await reply.body(data, more=True)
        # Before the last message: the client may leave at once, which must not end the exchange.
        exchange.end()
        await reply.body(data, more=False)


async def _attempt(call: Call, *, fresh: bool) -> tuple[Exchange, Head]:
    exchange = Exchange(call, await call.upstream.connection(fresh=fresh))
    try:
        return exchange, await exchange.connection.head()
    except BaseException:
        exchange.end()
        raise


def _head(request: Request, to: Destination, upstream: Upstream, body: Body, left: float) -> bytes:
    """The request line and the headers that the service receives."""
    target = request.raw_path + (b"?" + request.query if request.query else b"")
    sent: Headers = [
        (b"host", upstream.host),
        *headers.to_service(request.headers, public=to.token is None),
        *headers.trace(request.headers),
        *headers.forwarded(request.client, request.scheme, request.header(b"host")),
        (b"x-request-id", request.id.encode()),
        (b"x-request-timeout", f"{max(left, 0.001):.3f}".encode()),
        *_framing(body),
    ]
    if to.token is not None:
        sent.append((b"authorization", b"Bearer " + to.token.encode()))
    lines = [b"%b %b HTTP/1.1" % (to.method.encode(), target)]
    lines += [b"%b: %b" % header for header in sent]
    return b"\r\n".join(lines) + b"\r\n\r\n"


def _framing(body: Body) -> Headers:
    if body.whole:
        sized = body.declared is not None or body.chunked
        return [(b"content-length", str(len(body.first)).encode())] if sized else []
    if body.declared is not None:
        return [(b"content-length", str(body.declared).encode())]
    return [(b"transfer-encoding", b"chunked")]
