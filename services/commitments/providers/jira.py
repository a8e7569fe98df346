"""Jira and Jira Service Management: issues, from Cloud or Data Center."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from services.commitments.providers.signatures import content_hash, hex_hmac, is_given, parsed

NAME = "Jira"
SIGNATURE_HEADER = "X-Hub-Signature"
MAPPING: Mapping[str, Any] = {
    "case_key": "issue.key",
    "at": ["timestamp", "issue.fields.updated"],
    "state": "issue.fields.status.name",
    "priority": "issue.fields.priority.name",
    "times": {"opened_at": "issue.fields.created"},
    "attributes": {
        "action": "issue_event_type_name",
        "assigned_to": ["issue.fields.assignee.accountId", "issue.fields.assignee.name"],
        "type": "issue.fields.issuetype.name",
        "project": "issue.fields.project.key",
    },
    "only": [{"webhookEvent": ["jira:issue_*"]}],
    "deleted": [{"webhookEvent": ["jira:issue_deleted"]}],
}
"""Comments, worklogs, sprints and versions are events of their own, and of no concern."""


def is_authentic(
    headers: Mapping[str, str], body: bytes, secrets: list[str], _at: datetime
) -> bool:
    """`X-Hub-Signature: sha256=<hex HMAC-SHA256 of the raw body>`."""
    expected = [f"sha256={hex_hmac('sha256', secret, body)}" for secret in secrets]
    return is_given(expected, [headers.get(SIGNATURE_HEADER.lower(), "")])


def payload(_headers: Mapping[str, str], body: bytes) -> Any:
    return parsed(body)


def key(headers: Mapping[str, str], body: bytes, said: Any) -> str:
    """The identifier of the webhook, unchanged across retries; Data Center sends none."""
    return headers.get("x-atlassian-webhook-identifier") or content_hash(body, said)
