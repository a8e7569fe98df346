"""The bus is one NATS JetStream stream that keeps every fact; this module alone speaks NATS."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import nats
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js import JetStreamContext, api
from nats.js.errors import APIError, NotFoundError

log = structlog.get_logger()

Message = Msg

STREAM = "SEE"
MAX_ATTEMPTS = 8
ACK_WAIT_SECONDS = 60.0
WATCH_SECONDS = 30.0

Unreachable = (NatsError, APIError, OSError, asyncio.TimeoutError)
"""What a call raises while the broker is away or has lost its store."""


@dataclass(frozen=True, slots=True)
class Published:
    """The stream's acknowledgement: where the event stands, in which life of the stream."""

    incarnation: str
    sequence: int


@dataclass(frozen=True, slots=True)
class StreamState:
    """What the stream holds now; `incarnation` changes when it was created anew."""

    incarnation: str
    first_sequence: int
    last_sequence: int
    deleted: tuple[int, ...]


class Bus:
    """A connection that never gives up, to one stream that every fact goes through."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._js: JetStreamContext = client.jetstream(timeout=5)
        self._incarnation: str | None = None

    @classmethod
    async def connect(cls, url: str, name: str) -> "Bus":
        """Wait for the broker for as long as it takes; cancel to give up."""

        async def quiet(error: Exception) -> None:
            log.debug("bus_connection", error=repr(error))

        while True:
            try:
                client = await nats.connect(
                    url,
                    name=name,
                    max_reconnect_attempts=-1,
                    reconnect_time_wait=1,
                    error_cb=quiet,
                )
                return cls(client)
            except Unreachable as error:
                log.warning("bus_unreachable", error=repr(error))
                await asyncio.sleep(1)

    @property
    def connected(self) -> bool:
        return bool(self._client.is_connected)

    async def ensure_stream(self, replicas: int) -> StreamState:
        """Create the stream if it is not there; what it holds."""
        try:
            info = await self._js.stream_info(STREAM)
        except NotFoundError:
            config = api.StreamConfig(
                name=STREAM,
                subjects=["see.>"],
                storage=api.StorageType.FILE,
                discard=api.DiscardPolicy.NEW,
                num_replicas=replicas,
                duplicate_window=120,
                allow_direct=True,
            )
            await self._js.add_stream(config)
            log.info("stream_created", stream=STREAM)
            # Several processes create it at once; only what is read back is the same for all.
            info = await self._js.stream_info(STREAM)
        state = _state(info)
        self._incarnation = state.incarnation
        return state

    async def look(self) -> StreamState:
        """What the stream holds; raises one of `Unreachable`, also while there is no stream."""
        return _state(await self._js.stream_info(STREAM))

    async def publish(
        self, subject: str, body: bytes, event_id: str, headers: Mapping[str, str]
    ) -> Published:
        """Publish once per event id; raises one of `Unreachable` when it is not acknowledged."""
        if self._incarnation is None:
            raise ConnectionError("the stream has not been looked at yet")
        incarnation = self._incarnation
        ack = await self._js.publish(
            subject, body, timeout=5, stream=STREAM, headers={**headers, "Nats-Msg-Id": event_id}
        )
        return Published(incarnation, ack.seq)

    async def subscribe(self, durable: str, subjects: Sequence[str]) -> "Subscription":
        """The shared place of all replicas of this consumer in the stream, created when missing."""
        config = api.ConsumerConfig(
            durable_name=durable,
            filter_subjects=sorted(subjects),
            ack_policy=api.AckPolicy.EXPLICIT,
            deliver_policy=api.DeliverPolicy.ALL,
            ack_wait=ACK_WAIT_SECONDS,
            max_deliver=-1,
            max_ack_pending=1000,
        )
        await self._js.add_consumer(STREAM, config)
        return Subscription(await self._js.pull_subscribe_bind(durable, stream=STREAM))

    async def unacknowledged(self, durable: str) -> tuple[int, datetime | None]:
        """How many messages this consumer has not acknowledged, and when the oldest was recorded.

        Raises one of `Unreachable`, also while there is no such consumer.
        """
        info = await self._js.consumer_info(STREAM, durable)
        waiting = (info.num_pending or 0) + (info.num_ack_pending or 0)
        floor = info.ack_floor.stream_seq if info.ack_floor else 0
        times = []
        for subject in (info.config.filter_subjects or ()) if waiting else ():
            try:
                found = await self._js.get_msg(STREAM, seq=floor + 1, subject=subject, next=True)
            except NotFoundError:
                continue
            if found.headers and "ce-time" in found.headers:
                times.append(datetime.fromisoformat(found.headers["ce-time"]))
        return waiting, min(times, default=None)

    async def watch(self, subjects: Sequence[str], after: int) -> "Subscription":
        """A reader of its own, of what stands after that place in the stream.

        Nothing is acknowledged, and the broker forgets the reader soon after its last fetch.
        """
        config = api.ConsumerConfig(
            filter_subjects=sorted(subjects),
            ack_policy=api.AckPolicy.NONE,
            deliver_policy=api.DeliverPolicy.BY_START_SEQUENCE,
            opt_start_seq=after + 1,
            inactive_threshold=WATCH_SECONDS,
            mem_storage=True,
            num_replicas=1,
        )
        info = await self._js.add_consumer(STREAM, config)
        return Subscription(await self._js.pull_subscribe_bind(info.name, stream=STREAM))

    async def close(self) -> None:
        await self._client.drain()


class Subscription:
    """Pulls messages; whoever takes one acknowledges it, delays it or terminates it."""

    def __init__(self, pull: JetStreamContext.PullSubscription) -> None:
        self._pull = pull

    async def fetch(self, batch: int, wait_seconds: float) -> list[Msg]:
        """Up to `batch` messages; none when none came in that time."""
        try:
            return list(await self._pull.fetch(batch, timeout=wait_seconds))
        except TimeoutError:
            return []

    async def exists(self) -> bool:
        """Whether the broker still knows this consumer; a lost store forgets it."""
        try:
            await self._pull.consumer_info()
        except NotFoundError:
            return False
        return True

    async def close(self) -> None:
        await self._pull.unsubscribe()


def _state(info: api.StreamInfo) -> StreamState:
    incarnation = info.created.isoformat() if info.created else ""
    state = info.state
    return StreamState(incarnation, state.first_seq, state.last_seq, tuple(state.deleted or ()))


def place(message: Msg) -> int:
    """Where this message stands in the stream."""
    return int(message.metadata.sequence.stream)


def attempt(message: Msg) -> int:
    """How often this message has been delivered, this time included."""
    return int(message.metadata.num_delivered)


def delay_seconds(attempts: int) -> float:
    """How long a message rests after that many failed attempts."""
    return float(min(2**attempts, 300))
