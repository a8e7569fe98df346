"""Each ticketing tool as a storyteller: its real payloads, told at other times and signed."""

import base64
import copy
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

PAYLOADS = Path(__file__).parents[2] / "fixtures" / "payloads"
SECRET = "the-secret-in-use-now"
NEXT_SECRET = "the-secret-that-comes-next"
BEGUN = datetime(2025, 3, 3, 1, tzinfo=UTC)

Headers = dict[str, str]
Sign = Callable[[bytes, str, datetime], Headers]
Change = Callable[[dict[str, Any], str, datetime], None]


def sample(provider: str, name: str) -> Any:
    """A payload as it is kept."""
    return json.loads((PAYLOADS / provider / f"{name}.json").read_text("utf-8"))


def encoded(payload: Any) -> bytes:
    return json.dumps(payload, ensure_ascii=False).encode()


@dataclass(frozen=True)
class Story:
    """One tool: how it signs, and how it says that a ticket changed its state.

    `files` has the payload of every step; `change` sets state and time in it. `identity` names
    the header of the delivery's identity, where there is one. `tool` names who sends, where that
    is one of several that send by the provider's rules, and `mapping` what it needs for that.
    """

    provider: str
    files: Mapping[str, str]
    states: Mapping[str, str]
    change: Change
    sign: Sign
    irrelevant: Mapping[str, Headers]
    identity: str | None = None
    signature: str = ""
    headers: Mapping[str, str] = ()  # type: ignore[assignment]
    tool: str = ""
    mapping: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.tool or self.provider

    @property
    def open_states(self) -> list[str]:
        return sorted({self.states["opened"], self.states["reopened"]})

    def told(self, step: str, hours: float) -> Any:
        """The payload of a step so many hours after the ticket was opened."""
        payload = copy.deepcopy(sample(self.provider, self.files[step]))
        payload = payload[0] if isinstance(payload, list) else payload
        self.change(payload, step, BEGUN + timedelta(hours=hours))
        return payload

    def delivery(
        self, payload: Any, at: datetime | None = None, secret: str = SECRET
    ) -> tuple[bytes, Headers]:
        """Body and headers of a delivery; the same payload is the same delivery."""
        body = payload if isinstance(payload, bytes) else encoded(payload)
        named = hashlib.sha256(body).hexdigest()[:32]
        headers = {"content-type": "application/json", **dict(self.headers or {})}
        if self.identity:
            headers[self.identity] = named
        signed = self.sign(body, secret, at or datetime.now(UTC))
        return body, {**headers, **signed}


def _hex(algorithm: str, secret: str, message: bytes) -> str:
    return hmac.new(secret.encode(), message, algorithm).hexdigest()


def prefixed(header: str, prefix: str, algorithm: str = "sha256") -> Sign:
    return lambda body, secret, _: {header: f"{prefix}{_hex(algorithm, secret, body)}"}


def _zendesk_signed(body: bytes, secret: str, at: datetime) -> Headers:
    stamp = at.strftime("%Y-%m-%dT%H:%M:%SZ")
    digest = hmac.new(secret.encode(), stamp.encode() + body, hashlib.sha256).digest()
    return {
        "x-zendesk-webhook-signature": base64.b64encode(digest).decode(),
        "x-zendesk-webhook-signature-timestamp": stamp,
    }


def _glpi_signed(body: bytes, secret: str, at: datetime) -> Headers:
    stamp = str(int(at.timestamp()))
    return {
        "x-glpi-signature": _hex("sha256", secret, body + stamp.encode()),
        "x-glpi-timestamp": stamp,
    }


def standard_signed(body: bytes, secret: str, at: datetime) -> Headers:
    """Standard Webhooks, as its specification has it; the id is a hash of the body."""
    identifier, stamp = f"msg_{hashlib.sha256(body).hexdigest()[:24]}", str(int(at.timestamp()))
    message = f"{identifier}.{stamp}.".encode() + body
    digest = hmac.new(secret.encode(), message, hashlib.sha256).digest()
    return {
        "webhook-id": identifier,
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }


def _stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _github(payload: dict[str, Any], step: str, at: datetime) -> None:
    payload["issue"].update(state=_GITHUB[step], updated_at=_stamp(at))
    payload["action"] = step


_GITHUB = dict.fromkeys(("opened", "edited", "reopened", "deleted"), "open") | {"closed": "closed"}


def _gitlab(payload: dict[str, Any], step: str, at: datetime) -> None:
    action = {"opened": "open", "closed": "close", "reopened": "reopen"}.get(step, "update")
    state = "closed" if step == "closed" else "opened"
    told = _stamp(at) if step == "opened" else at.strftime("%Y-%m-%d %H:%M:%S UTC")
    payload["object_attributes"].update(state=state, action=action, updated_at=told)


def _jira(payload: dict[str, Any], step: str, at: datetime) -> None:
    payload["timestamp"] = int(at.timestamp() * 1000)
    payload["webhookEvent"], payload["issue_event_type_name"] = _JIRA[step]
    payload["issue"]["fields"]["status"]["name"] = "Done" if step == "closed" else "To Do"


_JIRA = {
    "opened": ("jira:issue_created", "issue_created"),
    "edited": ("jira:issue_updated", "issue_generic"),
    "closed": ("jira:issue_updated", "issue_resolved"),
    "reopened": ("jira:issue_updated", "issue_reopened"),
    "deleted": ("jira:issue_deleted", None),
}


def _zendesk(payload: dict[str, Any], step: str, at: datetime) -> None:
    payload["time"] = at.strftime("%Y-%m-%dT%H:%M:%S.987654321Z")
    payload["id"] = f"{step}-{at:%H%M}"
    kind, payload["detail"]["status"] = _ZENDESK[step]
    payload["type"] = f"zen:event-type:ticket.{kind}"


_ZENDESK = {
    "opened": ("created", "NEW"),
    "edited": ("priority_changed", "OPEN"),
    "closed": ("status_changed", "SOLVED"),
    "reopened": ("status_changed", "OPEN"),
    "deleted": ("soft_deleted", "DELETED"),
    "restored": ("undeleted", "OPEN"),
}


def _zammad(payload: dict[str, Any], step: str, at: datetime) -> None:
    payload["ticket"].update(updated_at=_stamp(at), state=_ZAMMAD[step])


_ZAMMAD = dict.fromkeys(("opened", "edited", "reopened"), "open") | {
    "closed": "closed",
    "deleted": "removed",
}


def _glpi(payload: dict[str, Any], step: str, at: datetime) -> None:
    payload["item"]["date_mod"] = at.isoformat()
    payload["item"]["status"]["id"] = {"opened": 1, "closed": 5, "deleted": 1}.get(step, 2)
    payload["event"] = {"opened": "new", "deleted": "delete"}.get(step, "update")


def _pagerduty(payload: dict[str, Any], step: str, at: datetime) -> None:
    payload["event"]["occurred_at"] = at.strftime("%Y-%m-%dT%H:%M:%S.169Z")
    payload["event"]["id"] = f"01{step}{at:%H%M}"
    payload["event"]["event_type"] = f"incident.{_PAGERDUTY[step]}"
    payload["event"]["data"]["status"] = "resolved" if step == "closed" else "triggered"


_PAGERDUTY = {
    "opened": "triggered",
    "edited": "priority_updated",
    "closed": "resolved",
    "reopened": "reopened",
}


def _servicenow(payload: dict[str, Any], step: str, at: datetime) -> None:
    payload.update(
        number="INC0010012",
        sys_updated_on=at.strftime("%Y-%m-%d %H:%M:%S"),
        opened_at=BEGUN.strftime("%Y-%m-%d %H:%M:%S"),
        sys_mod_count=f"{at:%H}",
        incident_state="Closed" if step == "closed" else "New",
    )


def _standard(payload: dict[str, Any], step: str, at: datetime) -> None:
    payload["timestamp"] = _stamp(at)
    payload["type"] = f"ticket.{step}"
    payload["data"]["state"] = "closed" if step == "closed" else "open"


def _incident_io(payload: dict[str, Any], step: str, at: datetime) -> None:
    (said,) = (said for member, said in payload.items() if member != "event_type")
    incident = said.get("incident", said)
    incident["updated_at"] = at.strftime("%Y-%m-%dT%H:%M:%S.801578Z")
    incident["incident_status"]["category"] = "closed" if step == "closed" else "triage"


def _at_incident(path: str) -> list[str]:
    """Where incident.io tells this of an incident, by its kinds of event."""
    kinds = ("created_v2", "updated_v2", "status_updated_v2/incident")
    return [f"/public_incident.incident_{kind}/{path}" for kind in kinds]


INCIDENT_IO: Mapping[str, Any] = {
    "case_key": _at_incident("reference"),
    "at": _at_incident("updated_at"),
    "state": _at_incident("incident_status/category"),
    "priority": _at_incident("severity/name"),
    "times": {"opened_at": _at_incident("created_at")},
    "attributes": {"event": "event_type"},
    "only": [{"event_type": ["public_incident.incident_*"]}],
}
"""The mapping by which an administrator reads incident.io's Standard Webhooks."""


def _cloudevents(payload: dict[str, Any], step: str, at: datetime) -> None:
    payload.update(time=_stamp(at), id=f"{step}-{at:%H%M}")
    payload["data"]["state"] = "closed" if step == "closed" else "open"


def _steps(opened: str, closed: str, deleted: str | None = None) -> dict[str, str]:
    steps = {"opened": opened, "edited": opened, "closed": closed, "reopened": opened}
    return {**steps, "deleted": deleted} if deleted else steps


def _states(opened: str, closed: str, reopened: str | None = None) -> dict[str, str]:
    return {"opened": opened, "closed": closed, "reopened": reopened or opened}


_CE = {"content-type": "application/cloudevents+json"}

STORIES: Mapping[str, Story] = {
    story.name: story
    for story in (
        Story(
            "github",
            _steps("issue_opened", "issue_edited", "issue_deleted"),
            _states("open", "closed"),
            _github,
            prefixed("x-hub-signature-256", "sha256="),
            {
                "ping": {"x-github-event": "ping"},
                "star_created": {"x-github-event": "star"},
                "comment_created": {"x-github-event": "issue_comment"},
            },
            identity="x-github-delivery",
            signature="x-hub-signature-256",
        ),
        Story(
            "gitlab",
            {
                "opened": "issue_opened",
                "edited": "issue_edited",
                "closed": "issue_closed",
                "reopened": "issue_reopened",
            },
            _states("opened", "closed"),
            _gitlab,
            lambda _, secret, __: {"x-gitlab-token": secret},
            {
                "note": {"x-gitlab-event": "Note Hook"},
                "push": {"x-gitlab-event": "Push Hook"},
                "merge_request_opened": {"x-gitlab-event": "Merge Request Hook"},
            },
            identity="idempotency-key",
            signature="x-gitlab-token",
        ),
        Story(
            "jira",
            _steps("issue_created", "issue_updated", "issue_deleted"),
            _states("To Do", "Done"),
            _jira,
            prefixed("x-hub-signature", "sha256="),
            {"comment_created": {}},
            identity="x-atlassian-webhook-identifier",
            signature="x-hub-signature",
        ),
        Story(
            "zendesk",
            {
                **_steps("ticket_created", "status_changed", "soft_deleted"),
                "restored": "status_changed",
            },
            _states("new", "solved", "open"),
            _zendesk,
            _zendesk_signed,
            {"user_created": {}},
            signature="x-zendesk-webhook-signature",
        ),
        Story(
            "zammad",
            _steps("ticket_open", "ticket_closed", "ticket_open"),
            _states("open", "closed"),
            _zammad,
            prefixed("x-hub-signature", "sha1=", "sha1"),
            {},
            identity="x-zammad-delivery",
            signature="x-hub-signature",
        ),
        Story(
            "glpi",
            _steps("ticket_new", "ticket_solved", "ticket_deleted"),
            _states("new", "solved", "assigned"),
            _glpi,
            _glpi_signed,
            {"followup_new": {}},
            signature="x-glpi-signature",
        ),
        Story(
            "pagerduty",
            _steps("incident_triggered", "incident_resolved"),
            _states("triggered", "resolved"),
            _pagerduty,
            prefixed("x-pagerduty-signature", "v1="),
            {"incident_annotated": {}, "ping": {}},
            signature="x-pagerduty-signature",
        ),
        Story(
            "servicenow",
            _steps("incident_updates", "incident_updates", "incident_deleted"),
            _states("New", "Closed"),
            _servicenow,
            prefixed("x-see-signature", "sha256="),
            {},
            signature="x-see-signature",
        ),
        Story(
            "standard_webhooks",
            _steps("ticket_opened", "ticket_opened"),
            _states("open", "closed"),
            _standard,
            standard_signed,
            {},
            signature="webhook-signature",
        ),
        Story(
            "standard_webhooks",
            {
                "opened": "incident_io_created",
                "edited": "incident_io_updated",
                "closed": "incident_io_status_updated",
                "reopened": "incident_io_status_updated",
            },
            _states("triage", "closed"),
            _incident_io,
            standard_signed,
            {"incident_io_action_created": {}, "incident_io_private_created": {}},
            signature="webhook-signature",
            tool="incident_io",
            mapping=INCIDENT_IO,
        ),
        Story(
            "cloudevents",
            _steps("structured", "structured"),
            _states("open", "closed"),
            _cloudevents,
            standard_signed,
            {},
            signature="webhook-signature",
            headers=_CE,
        ),
    )
}
