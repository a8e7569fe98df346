"""Request bodies are bounded before anything parses them, compressed ones also in ratio."""

import zlib
from collections.abc import AsyncIterator, Mapping

from starlette.formparsers import MultiPartParser
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

# Uploads are bounded before they are parsed, and the root file system is read-only: no spooling.
MultiPartParser.spool_max_size = 1024 * 1024 * 1024


class BodyLimit:
    """Reads the whole body up to a limit, unfolds gzip, and hands it on as one message.

    `uploads` gives single paths a limit of their own.
    `scope["state"]["raw_body"]` keeps the bytes as they were sent: a webhook signature covers them.
    """

    def __init__(
        self, app: ASGIApp, max_bytes: int, uploads: Mapping[str, int] | None = None
    ) -> None:
        self._app = app
        self._max_bytes = max_bytes
        self._uploads = uploads or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD", "OPTIONS"):
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        most = self._uploads.get(scope["path"], self._max_bytes)
        try:
            raw = await self._read(headers, receive, most)
            body = self._unfold(headers.get(b"content-encoding", b"identity"), raw, most)
        except Problem as problem:
            await _send_problem(problem, headers, send)
            return
        except _Disconnected:
            return
        scope.setdefault("state", {})["raw_body"] = raw
        await self._app(scope, _replayed(body, receive), send)

    async def _read(self, headers: dict[bytes, bytes], receive: Receive, most: int) -> bytes:
        declared = headers.get(b"content-length", b"0")
        if not declared.isdigit() or int(declared) > most:
            raise _too_large(most)
        body = bytearray()
        async for chunk in _chunks(receive):
            body += chunk
            if len(body) > most:
                raise _too_large(most)
        return bytes(body)

    def _unfold(self, encoding: bytes, raw: bytes, most: int) -> bytes:
        if encoding in (b"", b"identity"):
            return raw
        if encoding not in (b"gzip", b"x-gzip"):
            detail: Text = {"zh": "仅支持 gzip。", "en": "Only gzip is supported."}
            error = FieldError(code="unsupported", detail=detail, header="Content-Encoding")
            raise Problem(UNSUPPORTED_MEDIA_TYPE, errors=[error])
        limit = min(most, max(len(raw), 1024) * MAX_RATIO)
        unfolding = zlib.decompressobj(wbits=31)
        try:
            body = unfolding.decompress(raw, limit + 1)
        except zlib.error as error:
            raise Problem(MALFORMED_BODY) from error
        if len(body) > limit:
            raise _too_large(most)
        if not unfolding.eof:
            raise Problem(MALFORMED_BODY)
        return body


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


def _too_large(most: int) -> Problem:
    detail: Text = {
        "zh": f"请求体不得超过 {most} 字节。",
        "en": f"A request body has at most {most} bytes.",
    }
    return Problem(PAYLOAD_TOO_LARGE, detail)
