"""Campaigns, the reminders that the worker takes, and delegations."""

from alembic import op

from shared.migrations import protect

revision = "0008"
down_revision = "0007"

_TABLES = {
    "campaign": """
        id text NOT NULL,
        tenant text NOT NULL,
        title text NOT NULL,
        model_code text NOT NULL,
        model_version integer NOT NULL,
        mode text NOT NULL,
        period text NOT NULL,
        deadline timestamptz NOT NULL,
        remind_days jsonb NOT NULL,
        status text NOT NULL,
        created_by text NOT NULL,
        created_at timestamptz NOT NULL,
        revision integer NOT NULL,
        PRIMARY KEY (tenant, id)
    """,
    "campaign_unit": """
        tenant text NOT NULL,
        campaign text NOT NULL,
        unit_kind text NOT NULL,
        unit text NOT NULL,
        assessment text NOT NULL,
        PRIMARY KEY (tenant, campaign, unit_kind, unit),
        UNIQUE (tenant, assessment),
        FOREIGN KEY (tenant, campaign) REFERENCES campaign (tenant, id),
        FOREIGN KEY (tenant, assessment) REFERENCES assessment (tenant, id)
    """,
    "campaign_reminder": """
        tenant text NOT NULL,
        campaign text NOT NULL,
        days_left integer NOT NULL,
        due_at timestamptz NOT NULL,
        PRIMARY KEY (tenant, campaign, days_left),
        FOREIGN KEY (tenant, campaign) REFERENCES campaign (tenant, id)
    """,
    "campaign_delegation": """
        id text NOT NULL,
        tenant text NOT NULL,
        campaign text NOT NULL,
        assessment text NOT NULL,
        delegated_from text NOT NULL,
        delegated_to text NOT NULL,
        by text NOT NULL,
        at timestamptz NOT NULL,
        PRIMARY KEY (tenant, id),
        FOREIGN KEY (tenant, campaign) REFERENCES campaign (tenant, id),
        FOREIGN KEY (tenant, assessment) REFERENCES assessment (tenant, id)
    """,
}


def upgrade() -> None:
    for name, columns in _TABLES.items():
        op.execute(f"CREATE TABLE {name} ({columns})")
        protect(name, queue=name == "campaign_reminder")
    op.execute("CREATE INDEX campaign_reminder_due ON campaign_reminder (due_at)")
