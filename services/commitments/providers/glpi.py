"""GLPI 11: the default payload of a webhook on tickets."""

import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from services.commitments.providers.signatures import content_hash, hex_hmac, is_given, parsed

NAME = "GLPI"
SIGNATURE_HEADER = "X-GLPI-signature"
MAPPING: Mapping[str, Any] = {
    "case_key": "item.id",
    "at": "item.date_mod",
    "state": ["item.status.id", "item.status"],
    "priority": ["item.priority.id", "item.priority"],
    "times": {"opened_at": ["item.date", "item.date_creation"]},
    "attributes": {
        "event": "event",
        "entity": ["item.entity.completename", "item.entity.name"],
        "category": ["item.category.completename", "item.category.name"],
        "type": ["item.type.id", "item.type"],
    },
    "states": {
        "1": "new",
        "2": "assigned",
        "3": "planned",
        "4": "pending",
        "5": "solved",
        "6": "closed",
    },
    "only": [{"item.id": ["*"]}],
    # Follow-ups, tasks and solutions carry the ticket that they belong to.
    "never": [{"parent_item.id": ["*"]}],
    "deleted": [{"event": ["delete"]}],
}
"""States are GLPI's numbers, whose names depend on the language of the instance."""

_CHALLENGE = b"validate_cra_challenge"


def is_authentic(
    headers: Mapping[str, str], body: bytes, secrets: list[str], _at: datetime
) -> bool:
    """`X-GLPI-signature`: hex HMAC-SHA256 of the body followed by `X-GLPI-timestamp`.

    GLPI signs when it queues, and may send hours later: there is no window.
    """
    stamp = headers.get("x-glpi-timestamp", "")
    message = body + stamp.encode("utf-8", "replace")
    expected = [hex_hmac("sha256", secret, message) for secret in secrets]
    return bool(stamp) and is_given(expected, [headers.get(SIGNATURE_HEADER.lower(), "")])


def answered(token: str, secrets: Sequence[str]) -> str | None:
    """The answer to GLPI's challenge, which it asks before it sends; None when it is not GLPI's.

    GLPI signs a fixed text and asks for the signature of that signature. Any other token is left
    alone: who could have anything signed here could sign a delivery.
    """
    asked = token.encode("utf-8", "replace")
    for secret in secrets:
        if hmac.compare_digest(hex_hmac("sha256", secret, _CHALLENGE).encode(), asked):
            return hex_hmac("sha256", secret, asked)
    return None


def payload(_headers: Mapping[str, str], body: bytes) -> Any:
    return parsed(body)


def key(_headers: Mapping[str, str], body: bytes, said: Any) -> str:
    """GLPI names no delivery: what the body says is its identity."""
    return content_hash(body, said)
