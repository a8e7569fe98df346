"""Alerts of whole cases, alerts that are historic, answered or withdrawn; rules and escalations."""

from alembic import op

from shared.migrations import protect

revision = "0004"
down_revision = "0003"

_ALERT = """
    ADD COLUMN level text NOT NULL DEFAULT 'run',
    ADD COLUMN segment text,
    ADD COLUMN promise_code text,
    ADD COLUMN priority text,
    ADD COLUMN historic boolean NOT NULL DEFAULT false,
    ADD COLUMN state text NOT NULL DEFAULT 'open',
    ADD COLUMN raised integer NOT NULL DEFAULT 1,
    ADD COLUMN revision integer NOT NULL DEFAULT 1,
    ADD COLUMN withdrawn_at timestamptz,
    ADD COLUMN acknowledged_at timestamptz,
    ADD COLUMN acknowledged_by text,
    ADD COLUMN handled_at timestamptz,
    ADD COLUMN handled_by text,
    ADD COLUMN handling jsonb
"""

_TABLES = {
    "escalation": """
        tenant text NOT NULL,
        alert_id text NOT NULL,
        step integer NOT NULL,
        at timestamptz NOT NULL,
        PRIMARY KEY (tenant, alert_id)
    """,
    "alert_rule": """
        id text PRIMARY KEY,
        tenant text NOT NULL,
        name jsonb NOT NULL,
        process text,
        node text,
        segment text,
        priority text,
        promise text,
        thresholds jsonb NOT NULL,
        steps jsonb NOT NULL,
        calendar text,
        revision integer NOT NULL,
        created_at timestamptz NOT NULL
    """,
}

_INDEXES = (
    "CREATE INDEX alert_case ON alert (tenant, case_id)",
    "CREATE INDEX alert_passed ON alert (tenant, passed_at, id)",
    "CREATE INDEX alert_due ON alert (tenant, due_at, id)",
    "CREATE INDEX escalation_at ON escalation (at)",
    "CREATE INDEX alert_rule_tenant ON alert_rule (tenant, id)",
)


def upgrade() -> None:
    op.execute(f"ALTER TABLE alert {_ALERT}")
    for name, columns in _TABLES.items():
        op.execute(f"CREATE TABLE {name} ({columns})")
    for index in _INDEXES:
        op.execute(index)
    protect("escalation", queue=True)
    protect("alert_rule")
