"""Zendesk: ticket events that a webhook subscribes to, or the body that a trigger writes."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from services.commitments.providers.signatures import (
    base64_hmac,
    content_hash,
    is_given,
    parsed,
    text_at,
)

NAME = "Zendesk"
SIGNATURE_HEADER = "X-Zendesk-Webhook-Signature"
MAPPING: Mapping[str, Any] = {
    "case_key": "detail.id",
    "at": "time",
    "state": "detail.status",
    "sequence": "event.meta.sequence.position",
    "priority": "detail.priority",
    "department": "detail.group_id",
    "times": {"opened_at": "detail.created_at"},
    "attributes": {
        "event": "type",
        "assigned_to": "detail.assignee_id",
        "type": "detail.type",
        "channel": "detail.via.channel",
        "organization": "detail.organization_id",
    },
    "states": {
        "NEW": "new",
        "OPEN": "open",
        "PENDING": "pending",
        "HOLD": "hold",
        "SOLVED": "solved",
        "CLOSED": "closed",
        # What has been closed for months moves into Zendesk's archive.
        "ARCHIVED": "closed",
    },
    "only": [{"type": ["zen:event-type:ticket.*"]}],
    "deleted": [
        {
            "type": [
                "zen:event-type:ticket.soft_deleted",
                "zen:event-type:ticket.permanently_deleted",
                "zen:event-type:ticket.marked_as_spam",
            ]
        },
        # A webhook that subscribes to changes of the status alone hears of it so.
        {"detail.status": ["DELETED", "SCRUBBED"]},
    ],
}
"""Events of users, organisations and articles are of no concern."""


def is_authentic(
    headers: Mapping[str, str], body: bytes, secrets: list[str], _at: datetime
) -> bool:
    """Base64 of the HMAC-SHA256 of timestamp and body, the timestamp in a header of its own."""
    stamp = headers.get("x-zendesk-webhook-signature-timestamp", "")
    message = stamp.encode("utf-8", "replace") + body
    expected = [base64_hmac(secret.encode(), message) for secret in secrets]
    return bool(stamp) and is_given(expected, [headers.get(SIGNATURE_HEADER.lower(), "")])


def payload(_headers: Mapping[str, str], body: bytes) -> Any:
    return parsed(body)


def key(_headers: Mapping[str, str], body: bytes, said: Any) -> str:
    """The event's own id; the body of a trigger has none."""
    identifier = text_at(said, "id") if text_at(said, "zendesk_event_version") else None
    return identifier or content_hash(body, said)
