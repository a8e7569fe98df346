"""What is to be delivered outside, every try, and the systems and channels it goes to."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, Index, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, col

from services.commitments.tables.row import Row, instant, json_column


class Subscription(Row, table=True):
    """A system that is told of events over outgoing webhooks.

    `event_types` are facts, or `*`; `filter` names members of the event and the values that pass.
    `secrets` sign, the newest first; the one before it until `rotated_until`.
    """

    __tablename__ = "subscription"

    id: str = Field(primary_key=True)
    tenant: str
    name: str
    url: str
    event_types: list[str] = json_column()
    filter: dict[str, list[str]] = json_column()
    secrets: list[str] = json_column()
    rotated_until: datetime | None = instant(nullable=True)
    status: str
    disabled_reason: str | None = None
    delivered_at: datetime | None = instant(nullable=True)
    """When something was last delivered."""
    revision: int
    created_at: datetime = instant()


Index("subscription_tenant", Subscription.tenant, Subscription.id)


class Notification(Row, table=True):
    """One message to one target, under an id that stays the same over all tries.

    `target` is the subscription or the channel; no target may keep others waiting. While a worker
    is at it, `next_attempt_at` lies ahead: if the worker dies, another one tries then.
    """

    __tablename__ = "notification"

    id: str = Field(primary_key=True)
    tenant: str
    target: str
    channel: str
    recipient: str
    alert_id: str | None = None
    event_type: str | None = None
    body: dict[str, Any] = json_column()
    status: str
    attempts: int
    """All tries, also those before it was replayed."""
    tries: int
    """Tries since it was queued or replayed; the waits between them grow with their number."""
    created_at: datetime = instant()
    next_attempt_at: datetime | None = instant(nullable=True)
    settled_at: datetime | None = instant(nullable=True)


Index(
    "notification_waiting",
    Notification.next_attempt_at,  # type: ignore[arg-type]
    postgresql_where=text("status = 'pending'"),
)
Index("notification_target", Notification.tenant, Notification.target, Notification.id)
Index("notification_alert", Notification.tenant, Notification.alert_id)  # type: ignore[arg-type]
Index(
    "notification_robot",
    *(Notification.tenant, Notification.target),
    postgresql_where=text("status = 'pending' AND channel NOT IN ('webhook', 'email')"),
)
Index(
    "notification_settled",
    func.coalesce(col(Notification.settled_at), col(Notification.created_at)),
    postgresql_where=text("status <> 'pending'"),
)


class NotificationAttempt(Row, table=True):
    """One try to deliver a notification, and what came of it."""

    __tablename__ = "notification_attempt"

    tenant: str = Field(primary_key=True)
    notification_id: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    at: datetime = instant()
    milliseconds: int
    status: int | None = None
    error: str | None = None
    response: str


class AlertChannel(Row, table=True):
    """A group robot or a messenger that alerts can go to; its credential is only ever written."""

    __tablename__ = "alert_channel"

    tenant: str = Field(primary_key=True)
    code: str = Field(primary_key=True)
    name: dict[str, str] = json_column()
    kind: str
    language: str
    credential: dict[str, str] = Field(sa_column=Column(JSONB, nullable=False), repr=False)
    revision: int
    created_at: datetime = instant()
