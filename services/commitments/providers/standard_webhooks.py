"""Standard Webhooks with any JSON: for every tool that has no module of its own."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from services.commitments.providers.signatures import (
    content_hash,
    parsed,
    standard_webhook_signed,
)

NAME = "Standard Webhooks"
SIGNATURE_HEADER = "webhook-signature"
MAPPING: Mapping[str, Any] = {
    "case_key": ["data.case_key", "data.id", "case_key", "id"],
    "at": ["data.at", "timestamp", "at"],
    "state": ["data.state", "data.status", "state", "status"],
    "sequence": ["data.sequence", "sequence"],
    "priority": ["data.priority", "priority"],
    "segment": ["data.segment", "segment"],
    "department": ["data.department", "department"],
    "position": ["data.position", "position"],
    "attributes": {"type": "type"},
}
"""The payload that the specification recommends (`type`, `timestamp`, `data`), or a flat one."""


def is_authentic(headers: Mapping[str, str], body: bytes, secrets: list[str], at: datetime) -> bool:
    """`webhook-signature` over `webhook-id`, `webhook-timestamp` and body, within five minutes."""
    return standard_webhook_signed(headers, body, secrets, at)


def payload(_headers: Mapping[str, str], body: bytes) -> Any:
    return parsed(body)


def key(headers: Mapping[str, str], body: bytes, said: Any) -> str:
    return headers.get("webhook-id") or content_hash(body, said)
