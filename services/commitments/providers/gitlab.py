"""GitLab: issues, incidents and work items of a project or a group."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from services.commitments.providers.signatures import (
    content_hash,
    is_given,
    parsed,
    standard_webhook_signed,
)

NAME = "GitLab"
SIGNATURE_HEADER = "X-Gitlab-Token"
MAPPING: Mapping[str, Any] = {
    "case_key": "{project.path_with_namespace}#{object_attributes.iid}",
    "at": "object_attributes.updated_at",
    "state": "object_attributes.state",
    "priority": "object_attributes.severity",
    "times": {"opened_at": "object_attributes.created_at"},
    "attributes": {
        "action": "object_attributes.action",
        "type": "object_attributes.type",
        "assigned_to": ["assignees.0.username", "assignee.username"],
    },
    "only": [{"object_kind": ["issue", "work_item"]}],
    "unknown": ["", "unknown"],
}
"""Comments (`note`), pushes and pipelines are of no concern."""


def is_authentic(headers: Mapping[str, str], body: bytes, secrets: list[str], at: datetime) -> bool:
    """The signing token as in Standard Webhooks, or the secret token itself in its header."""
    signed = standard_webhook_signed(headers, body, secrets, at)
    return is_given(secrets, [headers.get(SIGNATURE_HEADER.lower(), "")]) or signed


def payload(_headers: Mapping[str, str], body: bytes) -> Any:
    return parsed(body)


def key(headers: Mapping[str, str], body: bytes, said: Any) -> str:
    """The idempotency key, the same for every attempt; GitLab sends it from 17.4 on."""
    given = headers.get("idempotency-key") or headers.get("webhook-id")
    return given or content_hash(body, said)
