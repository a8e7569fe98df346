"""CloudEvents 1.0 over HTTP: structured, batched, or binary with attributes in `ce-` headers."""

import base64
import binascii
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from services.commitments.providers.signatures import (
    content_hash,
    hex_hmac,
    is_given,
    parsed,
    standard_webhook_signed,
    text_at,
)

NAME = "CloudEvents"
SIGNATURE_HEADER = "webhook-signature"
MAPPING: Mapping[str, Any] = {
    "case_key": ["subject", "data.case_key", "data.id"],
    "at": "time",
    "state": ["data.state", "data.status"],
    "sequence": ["sequence", "data.sequence"],
    "priority": "data.priority",
    "segment": "data.segment",
    "department": "data.department",
    "position": "data.position",
    "attributes": {"type": "type", "source": "source"},
    "only": [{"specversion": ["1.*"]}],
}
"""The subject is the case, `sequence` the extension of that name."""

_PREFIX = "ce-"
_BATCH = "application/cloudevents-batch"
_STRUCTURED = "application/cloudevents"
_BETWEEN = re.compile(r"[ \t\r\n,]*")
_OTHER_SIGNATURE = "x-see-signature"


def is_authentic(headers: Mapping[str, str], body: bytes, secrets: list[str], at: datetime) -> bool:
    """Signed as in Standard Webhooks, or `X-SEE-Signature: sha256=<hex HMAC of the raw body>`.

    CloudEvents has no signature of its own. Both cover the body, and thus in structured mode the
    whole event; attributes in headers stand under the protection of TLS alone.
    """
    expected = [f"sha256={hex_hmac('sha256', secret, body)}" for secret in secrets]
    plain = is_given(expected, [headers.get(_OTHER_SIGNATURE, "")])
    return standard_webhook_signed(headers, body, secrets, at) or plain


def payload(headers: Mapping[str, str], body: bytes) -> Any:
    """The event in its structured form, whichever way it came."""
    said = parsed(body)
    # The content type decides on the mode, whatever other headers there are.
    if _content_type(headers).startswith(_STRUCTURED) or "ce-specversion" not in headers:
        return _with_data(said)
    attributes = {
        name.removeprefix(_PREFIX): unquote(value)
        for name, value in headers.items()
        if name.startswith(_PREFIX)
    }
    return {**attributes, "data": said}


def key(headers: Mapping[str, str], body: bytes, said: Any) -> str:
    """Source and id, which together name an event."""
    source, identifier = text_at(said, "source"), text_at(said, "id")
    if source is None or identifier is None:
        return headers.get("webhook-id") or content_hash(body, said)
    return f"{source} {identifier}"


def unbatched(headers: Mapping[str, str], body: bytes) -> Sequence[tuple[Mapping[str, str], bytes]]:
    """Each event of a batch as a structured one, its bytes as sent; else the delivery itself."""
    if not _content_type(headers).startswith(_BATCH) or not isinstance(parsed(body), list):
        return [(headers, body)]
    # `webhook-id` names the batch, and not one of its events.
    of_each = {name: value for name, value in headers.items() if name != "webhook-id"}
    of_each["content-type"] = f"{_STRUCTURED}+json"
    text = body.decode(json.detect_encoding(body), "surrogatepass")
    events = [event.encode("utf-8", "surrogatepass") for event in _elements(text)]
    return [(of_each, event) for event in events] or [(headers, body)]


def _elements(text: str) -> Iterator[str]:
    """The text of each element of a JSON array."""
    decoder = json.JSONDecoder()
    here = _BETWEEN.match(text, text.index("[") + 1).end()  # type: ignore[union-attr]
    while text[here] != "]":
        _, end = decoder.raw_decode(text, here)
        yield text[here:end]
        here = _BETWEEN.match(text, end).end()  # type: ignore[union-attr]


def _content_type(headers: Mapping[str, str]) -> str:
    return headers.get("content-type", "").strip().lower()


def _with_data(said: Any) -> Any:
    """Data that was sent as base64 is unpacked."""
    if not isinstance(said, dict) or not isinstance(said.get("data_base64"), str):
        return said
    try:
        data = parsed(base64.b64decode(said["data_base64"], validate=True))
    except (binascii.Error, ValueError):
        data = None
    return {**said, "data": data}
