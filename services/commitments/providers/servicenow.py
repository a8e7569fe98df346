"""ServiceNow: a business rule posts the record as JSON and signs it with a shared secret."""

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

NAME = "ServiceNow"
SIGNATURE_HEADER = "X-SEE-Signature"
MAPPING: Mapping[str, Any] = {
    "case_key": "number",
    "at": "sys_updated_on",
    "state": ["incident_state", "state"],
    "sequence": "sys_mod_count",
    "priority": "priority",
    "department": "assignment_group",
    "position": None,
    "times": {"opened_at": "opened_at"},
    "deleted": [{"operation": ["delete"]}],
}
"""The business rule adds `operation`, which ServiceNow names insert, update or delete."""


def is_authentic(
    headers: Mapping[str, str], body: bytes, secrets: list[str], _at: datetime
) -> bool:
    """`X-SEE-Signature: sha256=<hex HMAC-SHA256 of the raw body>`, set by the business rule."""
    expected = [f"sha256={hex_hmac('sha256', secret, body)}" for secret in secrets]
    return is_given(expected, [headers.get(SIGNATURE_HEADER.lower(), "")])


def payload(_headers: Mapping[str, str], body: bytes) -> Any:
    return parsed(body)


def key(_headers: Mapping[str, str], body: bytes, said: Any) -> str:
    """Record, modification count and a hash of the record.

    Real audit logs hold two different events of one record under one count, so that record and
    count alone would drop one of them.
    """
    record = text_at(said, "sys_id") or text_at(said, "number") or ""
    return f"{record}:{text_at(said, 'sys_mod_count') or ''}:{content_hash(body, said)}"
