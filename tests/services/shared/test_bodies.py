"""Bodies are unfolded in little time, however they were packed."""

import gzip
import time
from os import urandom

from starlette.types import Message, Receive, Scope, Send

from shared.bodies import BodyLimit

MOST = 4 * 1024 * 1024


async def unfolded(sent: bytes) -> bytes:
    """What an app behind the limit is given of this gzip."""
    given = []

    async def app(_scope: Scope, receive: Receive, _send: Send) -> None:
        given.append((await receive())["body"])

    async def receive() -> Message:
        return {"type": "http.request", "body": sent, "more_body": False}

    async def send(message: Message) -> None:
        raise AssertionError(message)

    headers = [(b"content-encoding", b"gzip")]
    scope = {"type": "http", "method": "POST", "path": "/v1/hooks", "headers": headers}
    await BodyLimit(app, MOST)(scope, receive, send)
    return b"".join(given)


async def test_a_body_of_very_many_parts_is_unfolded_in_little_time() -> None:
    part = gzip.compress(b"")
    sent = part * ((MOST - 100) // len(part)) + gzip.compress(b"at last")
    begun = time.perf_counter()
    body = await unfolded(sent)

    assert body == b"at last"
    assert time.perf_counter() - begun < 10


async def test_parts_of_any_length_are_joined() -> None:
    said = [urandom(number * 97) for number in range(200)]

    assert await unfolded(b"".join(map(gzip.compress, said))) == b"".join(said)
