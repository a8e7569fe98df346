"""Request bodies are bounded before anything parses them, compressed ones also in ratio."""

import zlib
from collections.abc import AsyncIterator, Iterator, Mapping

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
_SLICE = 4096

# Uploads are bounded before they are parsed, and the root file system is read-only: no spooling.
MultiPartParser.spool_max_size = 1024 * 1024 * 1024


class BodyLimit:
    """Reads the whole body up to a limit, unfolds gzip, and hands it on as one message.

    `uploads` gives single paths a limit of their own, and so does `streams`, whose bodies are
    handed on piece by piece as they come, forms excepted: those are read like any other body.
    `scope["state"]["raw_body"]` keeps the bytes as they were sent: a webhook signature covers them.
    """

    def __init__(
        self,
        app: ASGIApp,
        max_bytes: int,
        uploads: Mapping[str, int] | None = None,
        streams: Mapping[str, int] | None = None,
    ) -> None:
        self._app = app
        self._max_bytes = max_bytes
        self._uploads = uploads or {}
        self._streams = streams or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD", "OPTIONS"):
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        try:
            most = self._streams.get(scope["path"])
            if most is not None and not is_form(headers.get(b"content-type", b"")):
                receive = _Passing(receive, headers, most).receive
            else:
                most = self._uploads.get(scope["path"], self._max_bytes)
                raw, body = await _read(receive, headers, most)
                scope.setdefault("state", {})["raw_body"] = raw
                receive = _replayed(body, receive)
        except Problem as problem:
            await _send_problem(problem, headers, send)
            return
        except _Disconnected:
            return
        await self._app(scope, receive, send)


def is_form(content_type: bytes) -> bool:
    """Whether a body of this type is a form with files."""
    return content_type.strip().lower().startswith(b"multipart/")


async def _read(receive: Receive, headers: Mapping[bytes, bytes], most: int) -> tuple[bytes, bytes]:
    """The whole body, as it was sent and unfolded."""
    _check_declared(headers, most)
    packing = _packing(headers, most)
    raw = bytearray()
    async for chunk in _chunks(receive):
        raw += chunk
        if len(raw) > most:
            raise _too_large(most)
    sent = bytes(raw)
    if packing is None:
        return sent, sent
    body = packing.unfold(sent)
    packing.end()
    return sent, body


class _Passing:
    """Passes a body on as it comes, unfolded, and raises a problem where it goes too far."""

    def __init__(self, receive: Receive, headers: Mapping[bytes, bytes], most: int) -> None:
        _check_declared(headers, most)
        self._receive = receive
        self._most = most
        self._packing = _packing(headers, most)
        self._read = 0

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] != "http.request":
            return message
        body: bytes = message.get("body", b"")
        self._read += len(body)
        if self._read > self._most:
            raise _too_large(self._most)
        if self._packing is not None:
            body = self._packing.unfold(body)
            if not message.get("more_body", False):
                self._packing.end()
        return {**message, "body": body}


class _Gzip:
    """Unfolds gzip piece by piece, up to a size and to a ratio of what has come so far."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._taken = self._given = 0
        self._member = zlib.decompressobj(wbits=31)

    def unfold(self, raw: bytes) -> bytes:
        self._taken += len(raw)
        limit = min(self._most, max(self._taken, 1024) * MAX_RATIO)
        # Every member copies what is behind it: a large piece of tiny ones would take minutes.
        slices = (raw[start : start + _SLICE] for start in range(0, len(raw), _SLICE))
        return b"".join(piece for each in slices for piece in self._pieces(each, limit))

    def _pieces(self, raw: bytes, limit: int) -> Iterator[bytes]:
        while raw:
            if self._member.eof:
                # A file may be packed in parts, one behind the other.
                self._member = zlib.decompressobj(wbits=31)
            try:
                piece = self._member.decompress(raw, limit - self._given + 1)
            except zlib.error as error:
                raise Problem(MALFORMED_BODY) from error
            self._given += len(piece)
            if self._given > limit:
                raise _too_large(self._most)
            yield piece
            raw = self._member.unused_data

    def end(self) -> None:
        """Raises a problem when something is missing."""
        if not self._member.eof:
            raise Problem(MALFORMED_BODY)


def _packing(headers: Mapping[bytes, bytes], most: int) -> _Gzip | None:
    encoding = headers.get(b"content-encoding", b"identity").strip().lower()
    if encoding in (b"", b"identity"):
        return None
    if encoding in (b"gzip", b"x-gzip"):
        return _Gzip(most)
    detail: Text = {"zh": "仅支持 gzip。", "en": "Only gzip is supported."}
    error = FieldError(code="unsupported", detail=detail, header="Content-Encoding")
    raise Problem(UNSUPPORTED_MEDIA_TYPE, errors=[error])


def _check_declared(headers: Mapping[bytes, bytes], most: int) -> None:
    declared = headers.get(b"content-length", b"0")
    if not declared.isdigit() or int(declared) > most:
        raise _too_large(most)


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
