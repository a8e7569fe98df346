"""ServiceNow: a business rule posts the record as JSON and signs it with a shared secret."""

import hashlib
from collections.abc import Mapping
from typing import Any

from shared.webhooks import is_signed

SIGNATURE_HEADER = "X-SEE-Signature"


def is_authentic(headers: Mapping[str, str], body: bytes, secrets: list[str]) -> bool:
    """`X-SEE-Signature: sha256=<hex HMAC-SHA256 of the raw body>`, set by the business rule."""
    return is_signed(body, headers.get(SIGNATURE_HEADER.lower(), ""), secrets)


def key(_headers: Mapping[str, str], body: bytes, _payload: Any) -> str:
    """A hash of the body, which holds the record and its modification count.

    Real audit logs hold two different events of one record under one count, so that record and
    count alone would drop one of them.
    """
    return hashlib.sha256(body).hexdigest()
