"""Request bodies are bounded before anything parses them, compressed ones also in ratio."""

import zlib
from collections.abc import AsyncIterator

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.problems import (
    MALFORMED_BODY,
    PAYLOAD_TOO_LARGE,
    UNSUPPORTED_MEDIA_TYPE,
    FieldError,
    Problem,
    Text,
    render,
)

MAX_RATIO = 100
"""A compressed body may unfold to this many times its size."""


class BodyLimit:
    """Reads the whole body up to a limit, unfolds gzip, and hands it on as one message.

    `scope["state"]["raw_body"]` keeps the bytes as they were sent: a webhook signature covers them.
    """

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        self._app = app
        self._max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD", "OPTIONS"):
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        try:
            raw = await self._read(headers, receive)
            body = self._unfold(headers.get(b"content-encoding", b"identity"), raw)
        except Problem as problem:
            await _send_problem(problem, headers, send)
            return
        except _Disconnected:
            return
        scope.setdefault("state", {})["raw_body"] = raw
        await self._app(scope, _replayed(body, receive), send)

    async def _read(self, headers: dict[bytes, bytes], receive: Receive) -> bytes:
        declared = headers.get(b"content-length", b"0")
        if not declared.isdigit() or int(declared) > self._max_bytes:
            raise self._too_large()
        body = bytearray()
        async for chunk in _chunks(receive):
            body += chunk
            if len(body) > self._max_bytes:
                raise self._too_large()
        return bytes(body)

    def _unfold(self, encoding: bytes, raw: bytes) -> bytes:
        if encoding in (b"", b"identity"):
            return raw
        if encoding not in (b"gzip", b"x-gzip"):
            detail: Text = {"zh": "仅支持 gzip。", "en": "Only gzip is supported."}
            error = FieldError(code="unsupported", detail=detail, header="Content-Encoding")
            raise Problem(UNSUPPORTED_MEDIA_TYPE, errors=[error])
        limit = min(self._max_bytes, max(len(raw), 1024) * MAX_RATIO)
        unfolding = zlib.decompressobj(wbits=31)
        try:
            body = unfolding.decompress(raw, limit + 1)
        except zlib.error as error:
            raise Problem(MALFORMED_BODY) from error
        if len(body) > limit:
            raise self._too_large()
        if not unfolding.eof:
            raise Problem(MALFORMED_BODY)
        return body

    def _too_large(self) -> Problem:
        detail: Text = {
            "zh": f"请求体不得超过 {self._max_bytes} 字节。",
            "en": f"A request body has at most {self._max_bytes} bytes.",
        }
        return Problem(PAYLOAD_TOO_LARGE, detail)


class _Disconnected(Exception):  # noqa: N818 - not an error of this process
    """The client went away while sending."""


async def _chunks(receive: Receive) -> AsyncIterator[bytes]:
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _Disconnected
        yield message.get("body", b"")
        more = message.get("more_body", False)


def _replayed(body: bytes, receive: Receive) -> Receive:
    sent = False

    async def replay() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


async def _send_problem(problem: Problem, headers: dict[bytes, bytes], send: Send) -> None:
    status, answered, body = render(problem, headers.get(b"accept-language", b"").decode("latin-1"))
    raw = [(name.encode(), value.encode()) for name, value in answered.items()]
    raw.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body})
