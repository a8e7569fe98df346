"""GitHub: issues of a repository or an organisation."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

from services.commitments.providers.signatures import content_hash, hex_hmac, is_given, parsed

NAME = "GitHub"
SIGNATURE_HEADER = "X-Hub-Signature-256"
MAPPING: Mapping[str, Any] = {
    "case_key": "{repository.full_name}#{issue.number}",
    "at": "issue.updated_at",
    "state": "issue.state",
    "department": None,
    "times": {"opened_at": "issue.created_at"},
    "attributes": {
        "action": "action",
        "state_reason": "issue.state_reason",
        "assigned_to": "issue.assignee.login",
        "type": "issue.type.name",
    },
    "only": [{"issue.number": ["*"]}],
    # A pull request is an issue too, and a comment is deleted under the same `action`.
    "never": [{"issue.pull_request.url": ["*"]}, {"comment.id": ["*"]}],
    "deleted": [{"action": ["deleted", "transferred"]}],
}
"""`ping`, `push`, stars and the like have no issue, and are of no concern."""

_FORM = "application/x-www-form-urlencoded"


def is_authentic(
    headers: Mapping[str, str], body: bytes, secrets: list[str], _at: datetime
) -> bool:
    """`X-Hub-Signature-256: sha256=<hex HMAC-SHA256 of the raw body>`."""
    expected = [f"sha256={hex_hmac('sha256', secret, body)}" for secret in secrets]
    return is_given(expected, [headers.get(SIGNATURE_HEADER.lower(), "")])


def payload(headers: Mapping[str, str], body: bytes) -> Any:
    """The JSON, or that in the form's `payload` where the hook is set to send forms."""
    if headers.get("content-type", "").startswith(_FORM):
        return parsed(_field(body).encode("utf-8", "replace"))
    return parsed(body)


def key(headers: Mapping[str, str], body: bytes, said: Any) -> str:
    """The GUID of the delivery, which a redelivery keeps."""
    return headers.get("x-github-delivery") or content_hash(body, said)


def _field(body: bytes) -> str:
    try:
        fields = parse_qs(body.decode("utf-8", "replace"), max_num_fields=10)
    except ValueError:
        return ""
    return fields.get("payload", [""])[0]
