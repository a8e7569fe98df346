"""Outgoing webhooks, channels for alerts, and the queue of what is to be delivered."""

from alembic import op

from shared.migrations import protect

revision = "0008"
down_revision = "0007"

_TABLES = {
    "subscription": """
        id text PRIMARY KEY,
        tenant text NOT NULL,
        name text NOT NULL,
        url text NOT NULL,
        event_types jsonb NOT NULL,
        filter jsonb NOT NULL,
        secrets jsonb NOT NULL,
        rotated_until timestamptz,
        status text NOT NULL,
        disabled_reason text,
        delivered_at timestamptz,
        revision integer NOT NULL,
        created_at timestamptz NOT NULL
    """,
    "notification": """
        id text PRIMARY KEY,
        tenant text NOT NULL,
        target text NOT NULL,
        channel text NOT NULL,
        recipient text NOT NULL,
        alert_id text,
        event_type text,
        body jsonb NOT NULL,
        status text NOT NULL,
        attempts integer NOT NULL,
        tries integer NOT NULL,
        created_at timestamptz NOT NULL,
        next_attempt_at timestamptz,
        settled_at timestamptz,
        UNIQUE (tenant, id)
    """,
    "notification_attempt": """
        tenant text NOT NULL,
        notification_id text NOT NULL,
        number integer NOT NULL,
        at timestamptz NOT NULL,
        milliseconds integer NOT NULL,
        status integer,
        error text,
        response text NOT NULL,
        PRIMARY KEY (tenant, notification_id, number),
        FOREIGN KEY (tenant, notification_id) REFERENCES notification (tenant, id) ON DELETE CASCADE
    """,
    "alert_channel": """
        tenant text NOT NULL,
        code text NOT NULL,
        name jsonb NOT NULL,
        kind text NOT NULL,
        language text NOT NULL,
        credential jsonb NOT NULL,
        revision integer NOT NULL,
        created_at timestamptz NOT NULL,
        PRIMARY KEY (tenant, code)
    """,
}

_INDEXES = (
    "CREATE INDEX subscription_tenant ON subscription (tenant, id)",
    """CREATE INDEX notification_waiting ON notification (next_attempt_at)
       WHERE status = 'pending'""",
    "CREATE INDEX notification_target ON notification (tenant, target, id)",
    "CREATE INDEX notification_alert ON notification (tenant, alert_id)",
)


def upgrade() -> None:
    for name, columns in _TABLES.items():
        op.execute(f"CREATE TABLE {name} ({columns})")
    for index in _INDEXES:
        op.execute(index)
    for name in _TABLES:
        protect(name, queue=name == "notification")
