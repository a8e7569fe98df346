"""Zammad: the default payload of a trigger's webhook."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from services.commitments.providers.signatures import content_hash, hex_hmac, is_given, parsed

NAME = "Zammad"
SIGNATURE_HEADER = "X-Hub-Signature"
MAPPING: Mapping[str, Any] = {
    "case_key": "ticket.number",
    "at": "ticket.updated_at",
    "state": ["ticket.state.name", "ticket.state"],
    "priority": ["ticket.priority.name", "ticket.priority"],
    "department": ["ticket.group.name", "ticket.group"],
    "times": {"opened_at": "ticket.created_at"},
    "attributes": {
        "assigned_to": ["ticket.owner.login", "ticket.owner"],
        "organization": ["ticket.organization.name", "ticket.organization"],
        "channel": "ticket.create_article_type",
        "trigger": "header:X-Zammad-Trigger",
    },
    "only": [{"ticket.number": ["*"]}],
    "deleted": [{"ticket.state": ["removed"]}, {"ticket.state.name": ["removed"]}],
    "unknown": ["", "-"],
}
"""A ticket that is merged into another takes the state `merged`."""


def is_authentic(
    headers: Mapping[str, str], body: bytes, secrets: list[str], _at: datetime
) -> bool:
    """`X-Hub-Signature: sha1=<hex HMAC-SHA1 of the raw body>`."""
    expected = [f"sha1={hex_hmac('sha1', secret, body)}" for secret in secrets]
    return is_given(expected, [headers.get(SIGNATURE_HEADER.lower(), "")])


def payload(_headers: Mapping[str, str], body: bytes) -> Any:
    return parsed(body)


def key(headers: Mapping[str, str], body: bytes, said: Any) -> str:
    return headers.get("x-zammad-delivery") or content_hash(body, said)
