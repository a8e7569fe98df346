"""Which headers pass the gateway, in either direction, and which it writes itself."""

import os
import re
from collections.abc import Iterable, Sequence

Headers = list[tuple[bytes, bytes]]

_HOP_BY_HOP = frozenset(
    (
        *(b"connection", b"keep-alive", b"proxy-connection", b"te", b"trailer"),
        *(b"proxy-authenticate", b"proxy-authorization", b"transfer-encoding", b"upgrade"),
        b"http2-settings",
    )
)
# What only the gateway may say to a service, and what it says anew.
_REPLACED = frozenset(
    (
        *(b"host", b"content-length", b"expect", b"forwarded", b"x-real-ip"),
        *(b"x-request-id", b"traceparent", b"tracestate", b"x-request-timeout"),
    )
)
_INTERNAL = (b"x-see-", b"x-forwarded-")
# Callers without a token are checked by the service: by these, which integrations send.
_CREDENTIALS = frozenset((b"authorization", b"x-see-signature"))
# The server of the gateway dates every answer; the request id is the gateway's to return.
_ANSWERED_ANEW = frozenset((b"date", b"server", b"x-request-id"))

_TRACEPARENT = re.compile(
    rb"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}"
)
_LATER_TRACEPARENT = re.compile(_TRACEPARENT.pattern + rb"(-.*)?")


def first(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> bytes | None:
    """The first value of a header."""
    return next((value for key, value in headers if key == name), None)


def every(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> list[bytes]:
    """All values of a header, in order."""
    return [value for key, value in headers if key == name]


def to_service(headers: Sequence[tuple[bytes, bytes]], *, public: bool) -> Headers:
    """The headers of a request that the service receives as they were sent.

    Only public operations receive the caller's own credentials.
    """
    withheld = frozenset[bytes]() if public else _CREDENTIALS
    dropped = _HOP_BY_HOP | _REPLACED | withheld | _named_in_connection(headers)
    return [
        (name, value)
        for name, value in headers
        if name not in dropped and (name in _CREDENTIALS or not name.startswith(_INTERNAL))
    ]


def to_client(headers: Headers, status: int) -> Headers:
    """The headers of a service's answer that the client receives, repeated ones included."""
    lowered = [(name.lower(), value) for name, value in headers]
    dropped = _HOP_BY_HOP | _ANSWERED_ANEW | _named_in_connection(lowered)
    if status in (204, 304):
        # A 304 may carry the length of the body that it leaves out; servers take it for their own.
        dropped |= {b"content-length"}
    return [(name, value) for name, value in lowered if name not in dropped]


def trace(headers: Sequence[tuple[bytes, bytes]]) -> Headers:
    """The caller's W3C trace context if it is valid, else the beginning of a new trace."""
    parents = every(headers, b"traceparent")
    if len(parents) == 1 and _valid(parents[0]):
        states = every(headers, b"tracestate")
        return [(b"traceparent", parents[0]), *((b"tracestate", state) for state in states)]
    new = f"00-{os.urandom(16).hex()}-{os.urandom(8).hex()}-01"
    return [(b"traceparent", new.encode())]


def forwarded(client: tuple[str, int] | None, scheme: str, host: bytes | None) -> Headers:
    """Who spoke to the gateway, and to which address; replaces what the caller claimed."""
    peer = client[0] if client else "unknown"
    node = f'"[{peer}]"' if ":" in peer else peer
    value = f"for={node};proto={scheme}".encode()
    if host and b'"' not in host and b"\\" not in host:
        value += b';host="' + host + b'"'
    return [(b"forwarded", value), (b"via", b"1.1 see-gateway")]


def _valid(parent: bytes) -> bool:
    pattern = _TRACEPARENT if parent.startswith(b"00") else _LATER_TRACEPARENT
    return pattern.fullmatch(parent) is not None


def _named_in_connection(headers: Iterable[tuple[bytes, bytes]]) -> frozenset[bytes]:
    named = b",".join(every(headers, b"connection"))
    return frozenset(token.strip().lower() for token in named.split(b",")) - {b""}
