"""How tools sign: HMAC over the bytes as sent; every secret is tried, in constant time."""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Literal

TOLERANCE_SECONDS = 300
"""How far a signed timestamp may lie from now, as the libraries of Standard Webhooks have it."""

Algorithm = Literal["sha1", "sha256"]


def hex_hmac(algorithm: Algorithm, secret: str, message: bytes) -> str:
    return hmac.new(secret.encode(), message, algorithm).hexdigest()


def base64_hmac(key: bytes, message: bytes) -> str:
    return base64.b64encode(hmac.new(key, message, hashlib.sha256).digest()).decode()


def is_given(expected: Iterable[str], given: Iterable[str]) -> bool:
    """Whether one of the expected signatures is among the given; the time taken tells nothing."""
    told = [each.strip().encode("utf-8", "replace") for each in given]
    matches = [hmac.compare_digest(e.encode(), each) for e in expected for each in told]
    return any(matches)


def standard_webhook_signed(
    headers: Mapping[str, str], body: bytes, secrets: Iterable[str], at: datetime
) -> bool:
    """Standard Webhooks: `webhook-signature` has `v1,<base64>` over id, timestamp and body."""
    identifier, stamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not identifier or not is_recent(stamp, at):
        return False
    message = f"{identifier}.{stamp}.".encode("utf-8", "replace") + body
    expected = [f"v1,{base64_hmac(key, message)}" for s in secrets for key in _keys(s)]
    return is_given(expected, headers.get("webhook-signature", "").split(" "))


def is_recent(stamp: str, at: datetime) -> bool:
    """Whether these Unix seconds lie close to now."""
    if not stamp.isascii() or not stamp.isdecimal() or len(stamp) > 12:
        return False
    return abs(at.timestamp() - int(stamp)) <= TOLERANCE_SECONDS


def _keys(secret: str) -> list[bytes]:
    """A secret is base64, with or without `whsec_`; one that is not stands for its own bytes."""
    written = secret.removeprefix("whsec_")
    try:
        return [base64.b64decode(written, validate=True), secret.encode()]
    except (binascii.Error, ValueError):
        return [secret.encode()]


def parsed(body: bytes) -> Any:
    """The JSON in these bytes, None when there is none; `NaN` and `Infinity` are not JSON.

    Of a member that is written twice the last one counts.
    """
    try:
        return _DECODER.decode(body.decode(json.detect_encoding(body), "surrogatepass"))
    except (ValueError, RecursionError):
        return None


def _refused(constant: str) -> Any:
    raise ValueError(constant)


_DECODER = json.JSONDecoder(parse_constant=_refused)


def content_hash(body: bytes, payload: Any) -> str:
    """A hash of what the body says: member order and spacing do not change it.

    The same record is the same event, whether it was pushed or imported.
    """
    if payload is None:
        return hashlib.sha256(body).hexdigest()
    try:
        plain = json.dumps(payload, sort_keys=True, separators=(",", ":")).encode()
    except (ValueError, RecursionError):
        plain = body
    return hashlib.sha256(plain).hexdigest()


def text_at(payload: Any, *path: str) -> str | None:
    """A non-empty text or number below these members, None when there is none."""
    for step in path:
        payload = payload.get(step) if isinstance(payload, Mapping) else None
    is_plain = isinstance(payload, str | int) and not isinstance(payload, bool)
    return str(payload)[:500] if is_plain and payload != "" else None
