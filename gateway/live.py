"""The live stream (Server-Sent Events): a tenant's facts, as they come to stand in the bus."""

import asyncio
import hashlib
import json
import re
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from urllib.parse import parse_qsl

import structlog
from starlette.types import Receive

from gateway.requests import Reply, Request, unavailable
from shared import problems
from shared.bus import Bus, Message, StreamState, Subscription, Unreachable, place
from shared.contracts.event import Event
from shared.contracts.schemas import contracts
from shared.identity import PEOPLE, Principal, Role
from shared.problems import FieldError, Problem, Text, invalid

log = structlog.get_logger()

BATCH = 100
WAIT_SECONDS = 1.0
QUIET_SECONDS = 15.0
"""How long a stream may be silent; proxies close connections that are silent for longer."""

TOPICS = {f"{each.SERVICE}.{each.FACT}": each for each in contracts()}
"""What a client can ask for by name: every fact that a service publishes."""

_ID = re.compile(r"([0-9a-f]{8})-(\d{1,18})")
_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]


class Live:
    """Opens a stream for each client that asks, at most `most` at once.

    A stream ends after `seconds`; its client opens the next one where this one ended, with a token
    that is checked anew.
    """

    def __init__(self, nats_url: str, most: int, seconds: float) -> None:
        self._nats_url = nats_url
        self._most = most
        self._seconds = seconds
        self._open = 0
        self._bus: Bus | None = None

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[None]:
        """While inside, there is a connection to the bus, or one is being sought."""
        connecting = asyncio.create_task(self._connect())
        try:
            yield
        finally:
            connecting.cancel()
            await asyncio.wait((connecting,))
            if self._bus is not None:
                with suppress(*Unreachable):
                    await self._bus.close()

    async def stream(
        self,
        request: Request,
        caller: Principal,
        receive: Receive,
        reply: Reply,
        ending: Callable[[], bool],
    ) -> None:
        """Send the caller's facts until it leaves, its time is over, or the process is `ending`.

        Raises a problem before the first byte: 403, 422, or 503 while the bus is away.
        """
        if not caller.may(PEOPLE):
            raise Problem(problems.FORBIDDEN)
        subjects = _subjects(request, caller)
        if request.method == "HEAD":
            await reply.start(200, _HEADERS)
            await reply.body(b"", more=False)
            return
        if self._bus is None or self._open >= self._most:
            raise unavailable("stream", 2)
        self._open += 1
        leaving = asyncio.create_task(_left(receive))
        until = time.monotonic() + self._seconds
        reader = _Reader(self._bus, subjects)
        try:
            await reader.open(_last_event(request))
            await reply.start(200, _HEADERS)
            while not (leaving.done() or ending() or time.monotonic() > until):
                if text := await reader.read():
                    await reply.body(text.encode(), more=True)
            await reply.body(b"", more=False)
        finally:
            self._open -= 1
            leaving.cancel()
            await reader.close()

    async def _connect(self) -> None:
        self._bus = await Bus.connect(self._nats_url, "gateway")


class _Reader:
    """Reads one client's facts off the bus, and finds its place again after an outage."""

    def __init__(self, bus: Bus, subjects: Sequence[str]) -> None:
        self._bus = bus
        self._subjects = subjects
        self._life = ""
        self._after = 0
        self._greeting = ""
        self._said_at = time.monotonic()
        self._subscription: Subscription | None = None

    async def open(self, last: tuple[str, int] | None) -> None:
        """Stand behind the event that the client had last, else read from now on."""
        try:
            self._stand(await self._bus.look(), last)
            self._subscription = await self._bus.watch(self._subjects, self._after)
        except Unreachable as error:
            raise unavailable("stream", 2) from error

    async def close(self) -> None:
        subscription, self._subscription = self._subscription, None
        if subscription is not None:
            with suppress(*Unreachable):
                await subscription.close()

    async def read(self) -> str:
        """What there is to say now: facts, a sign of life, or nothing yet."""
        said, self._greeting = self._greeting, ""
        try:
            if self._subscription is None:
                self._stand(await self._bus.look(), (self._life, self._after))
                said += self._greeting
                self._greeting = ""
                self._subscription = await self._bus.watch(self._subjects, self._after)
            for message in await self._subscription.fetch(BATCH, WAIT_SECONDS):
                self._after = place(message)
                said += _event(self._id(), message)
            if not said and time.monotonic() - self._said_at > QUIET_SECONDS:
                said = ": quiet\n\n"
                if not await self._subscription.exists():
                    await self.close()
        except Unreachable as error:
            log.debug("stream_interrupted", error=repr(error))
            await self.close()
            await asyncio.sleep(WAIT_SECONDS)
        if said:
            self._said_at = time.monotonic()
        return said

    def _stand(self, state: StreamState, last: tuple[str, int] | None) -> None:
        """Where to read from, and the greeting that tells it; `reset` when facts were missed."""
        self._life = hashlib.sha256(state.incarnation.encode()).hexdigest()[:8]
        known = last is not None and last[0] == self._life
        if (
            last is not None
            and known
            and state.first_sequence <= last[1] + 1 <= state.last_sequence + 1
        ):
            self._after, kind = last[1], "ready"
        else:
            self._after, kind = state.last_sequence, "ready" if last is None else "reset"
        self._greeting = f"id: {self._id()}\nevent: {kind}\nretry: 2000\ndata: {{}}\n\n"

    def _id(self) -> str:
        return f"{self._life}-{self._after}"


def _event(identity: str, message: Message) -> str:
    headers = message.headers or {}
    fact = {
        "specversion": "1.0",
        "id": headers.get("ce-id"),
        "source": headers.get("ce-source"),
        "type": headers.get("ce-type"),
        "subject": headers.get("ce-subject"),
        "time": headers.get("ce-time"),
        "data": json.loads(message.data),
    }
    topic = ".".join(message.subject.split(".")[2:4])
    return f"id: {identity}\nevent: {topic}\ndata: {json.dumps(fact, ensure_ascii=False)}\n\n"


def _subjects(request: Request, caller: Principal) -> list[str]:
    """What the caller asks for, or all that they may see; 403 for a topic that they may not."""
    asked = [value for name, value in parse_qsl(request.query.decode("latin-1")) if name == "topic"]
    wanted = {topic for each in asked for topic in each.split(",") if topic}
    if unknown := sorted(wanted - TOPICS.keys()):
        raise invalid(*(_unknown(topic) for topic in unknown))
    seen = {topic for topic, contract in TOPICS.items() if _may_see(caller, contract)}
    if hidden := sorted(wanted - seen):
        raise Problem(problems.FORBIDDEN, _hidden(hidden[0]))
    return [TOPICS[topic].subject(caller.tenant) for topic in sorted(wanted or seen)]


def _may_see(caller: Principal, contract: type[Event]) -> bool:
    return caller.may([Role(name) for name in contract.READ_BY] or PEOPLE)


def _hidden(topic: str) -> Text:
    roles = ", ".join(TOPICS[topic].READ_BY)
    return {
        "zh": f"主题 {topic} 需要以下角色之一：{roles}。",
        "en": f"One of these roles is needed to see {topic}: {roles}.",
    }


def _unknown(topic: str) -> FieldError:
    known = ", ".join(TOPICS)
    detail: Text = {
        "zh": f"没有主题 {topic[:100]}；可用：{known}。",
        "en": f"There is no topic {topic[:100]}; there are {known}.",
    }
    return FieldError(code="unknown_topic", detail=detail, parameter="topic")


def _last_event(request: Request) -> tuple[str, int] | None:
    """The life of the stream and the place in it that the client saw last; None of a new client."""
    raw = request.header(b"last-event-id")
    if not raw:
        return None
    found = _ID.fullmatch(raw.decode("latin-1"))
    # An id that this platform never gave names no place: the client is told to start afresh.
    return (found[1], int(found[2])) if found else ("", 0)


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
