"""Targets of what goes outside: they keep what they get and answer what they are told."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from services.commitments.channels import Channels
from services.commitments.dispatcher import BUSY_SECONDS, Dispatcher
from tests.conftest import ServiceUnderTest, served

Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]


@dataclass
class Request:
    """What came: its path with the query, its headers and its body."""

    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Receiver:
    """An HTTP target that answers `status` and `answer`, as slowly as it is told."""

    status: int = 204
    answer: bytes = b""
    headers: tuple[tuple[bytes, bytes], ...] = ()
    seconds: float = 0
    judge: Callable[[Request], bytes] | None = None
    """Says what to answer to a request, in the place of `answer`."""
    requests: list[Request] = field(default_factory=list)
    url: str = ""

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body, more = body + message.get("body", b""), message.get("more_body", False)
        path = scope["path"] + ("?" + scope["query_string"].decode()).rstrip("?")
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        request = Request(path, headers, body)
        self.requests.append(request)
        answer = self.judge(request) if self.judge else self.answer
        await asyncio.sleep(self.seconds)
        start = {"type": "http.response.start", "status": self.status, "headers": self.headers}
        await send(start)
        await send({"type": "http.response.body", "body": answer})


@asynccontextmanager
async def receiving(receiver: Receiver) -> AsyncIterator[Receiver]:
    """The receiver behind a real listener of this machine."""
    async with served(receiver) as url:
        receiver.url = url
        yield receiver


async def dispatch(commitments: ServiceUnderTest, channels: Channels | None = None) -> None:
    """Deliver what is due now, as a worker does, until nothing is under way."""
    used = channels or Channels(allow_private=True)
    dispatcher = Dispatcher(used)
    while await dispatcher.dispatch(commitments.store) == BUSY_SECONDS:
        if dispatcher.under_way:
            await asyncio.wait(
                dispatcher.under_way, timeout=BUSY_SECONDS, return_when=asyncio.FIRST_COMPLETED
            )
    if channels is None:
        await used.close()


async def due_again(commitments: ServiceUnderTest) -> None:
    """Let what waits for its next try be due now."""
    await commitments.rows(
        "UPDATE notification SET next_attempt_at = now() WHERE status = 'pending'"
    )
