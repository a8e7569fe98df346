"""ServiceNow: a business rule posts the record as JSON and signs it with a shared secret."""

import hashlib
from collections.abc import Mapping
from typing import Any

from shared.webhooks import is_signed

SIGNATURE_HEADER = "X-SEE-Signature"


def is_authentic(headers: Mapping[str, str], body: bytes, secrets: list[str]) -> bool:
    """`X-SEE-Signature: sha256=<hex HMAC-SHA256 of the raw body>`, set by the business rule."""
    return is_signed(body, headers.get(SIGNATURE_HEADER.lower(), ""), secrets)


def key(_headers: Mapping[str, str], body: bytes, payload: Any) -> str:
    """Record, modification count and a hash of the body.

    Real audit logs hold two different events of one record under one count, so that the count
    alone would drop one of them.
    """
    digest = hashlib.sha256(body).hexdigest()
    if not isinstance(payload, dict):
        return digest
    record = payload.get("sys_id") or payload.get("number") or ""
    return f"{record}/{payload.get('sys_mod_count', '')}/{digest}"
