"""Unit costs of processes, scorecards of suppliers."""

from alembic import op

from shared.migrations import protect

revision = "0017"
down_revision = "0016"

_TABLES = {
    "unit_costs": """
        tenant text NOT NULL,
        process text NOT NULL,
        currency text NOT NULL,
        type_attribute text NOT NULL,
        channel_attribute text NOT NULL,
        nodes jsonb NOT NULL,
        channels jsonb NOT NULL,
        revision integer NOT NULL,
        changed_at timestamptz NOT NULL,
        PRIMARY KEY (tenant, process)
    """,
    "supplier_scorecard": """
        id text PRIMARY KEY,
        tenant text NOT NULL,
        agreement text NOT NULL,
        agreement_version integer NOT NULL,
        supplier text NOT NULL,
        service text NOT NULL,
        period_from timestamptz NOT NULL,
        period_to timestamptz NOT NULL,
        figures jsonb NOT NULL,
        status text NOT NULL,
        due_on date NOT NULL,
        rating text,
        findings text,
        actions jsonb NOT NULL,
        drawn_at timestamptz NOT NULL,
        reviewed_by text,
        reviewed_at timestamptz,
        revision integer NOT NULL
    """,
}


def upgrade() -> None:
    for name, columns in _TABLES.items():
        op.execute(f"CREATE TABLE {name} ({columns})")
    op.execute(
        "CREATE INDEX supplier_scorecard_period ON supplier_scorecard (tenant, period_to, id)"
    )
    for name in _TABLES:
        protect(name)
