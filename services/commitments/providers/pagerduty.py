"""PagerDuty: incidents, from a V3 webhook subscription."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from services.commitments.providers.signatures import (
    content_hash,
    hex_hmac,
    is_given,
    parsed,
    text_at,
)

NAME = "PagerDuty"
SIGNATURE_HEADER = "X-PagerDuty-Signature"
MAPPING: Mapping[str, Any] = {
    "case_key": "event.data.id",
    "at": "event.occurred_at",
    "state": "event.data.status",
    "priority": ["event.data.priority.summary", "event.data.urgency"],
    "department": ["event.data.teams.0.summary", "event.data.escalation_policy.summary"],
    "times": {"opened_at": "event.data.created_at"},
    "attributes": {
        "event": "event.event_type",
        "assigned_to": "event.data.assignees.0.summary",
        "service": "event.data.service.summary",
        "urgency": "event.data.urgency",
    },
    "only": [{"event.data.type": ["incident"]}],
}
"""Notes, responders, status updates, services and `pagey.ping` are of no concern."""


def is_authentic(
    headers: Mapping[str, str], body: bytes, secrets: list[str], _at: datetime
) -> bool:
    """`v1=<hex HMAC-SHA256 of the raw body>`, several by comma while PagerDuty rotates."""
    expected = [f"v1={hex_hmac('sha256', secret, body)}" for secret in secrets]
    return is_given(expected, headers.get(SIGNATURE_HEADER.lower(), "").split(","))


def payload(_headers: Mapping[str, str], body: bytes) -> Any:
    return parsed(body)


def key(_headers: Mapping[str, str], body: bytes, said: Any) -> str:
    return text_at(said, "event", "id") or content_hash(body, said)
