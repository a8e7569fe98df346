"""Tenants, users, the organisation tree, KPIs and their readings."""

from alembic import op

from shared.migrations import create_plumbing, protect

revision = "0001"
down_revision = None

_TABLES = {
    "tenant": """
        tenant text NOT NULL,
        code text NOT NULL,
        name jsonb NOT NULL,
        status text NOT NULL,
        revision integer NOT NULL,
        created_at timestamptz NOT NULL,
        PRIMARY KEY (tenant, code)
    """,
    "platform_user": """
        tenant text NOT NULL,
        subject text NOT NULL,
        name text NOT NULL,
        language text NOT NULL,
        roles jsonb NOT NULL,
        revision integer NOT NULL,
        created_at timestamptz NOT NULL,
        PRIMARY KEY (tenant, subject)
    """,
    "organisation_unit": """
        tenant text NOT NULL,
        code text NOT NULL,
        kind text NOT NULL,
        name jsonb NOT NULL,
        parent text,
        revision integer NOT NULL,
        created_at timestamptz NOT NULL,
        PRIMARY KEY (tenant, code),
        FOREIGN KEY (tenant, parent) REFERENCES organisation_unit (tenant, code)
    """,
    "kpi": """
        tenant text NOT NULL,
        code text NOT NULL,
        name jsonb NOT NULL,
        unit text NOT NULL,
        organisation_unit text,
        red_flag numeric NOT NULL,
        target numeric NOT NULL,
        challenge numeric,
        binding jsonb NOT NULL,
        revision integer NOT NULL,
        created_at timestamptz NOT NULL,
        PRIMARY KEY (tenant, code),
        FOREIGN KEY (tenant, organisation_unit) REFERENCES organisation_unit (tenant, code)
    """,
    "kpi_reading": """
        tenant text NOT NULL,
        kpi text NOT NULL,
        period text NOT NULL,
        revision integer NOT NULL,
        numerator integer NOT NULL,
        denominator integer NOT NULL,
        source text NOT NULL,
        recorded_at timestamptz NOT NULL,
        PRIMARY KEY (tenant, kpi, period, revision),
        FOREIGN KEY (tenant, kpi) REFERENCES kpi (tenant, code)
    """,
    "attainment_copy": """
        tenant text NOT NULL,
        process text NOT NULL,
        node text NOT NULL,
        level text NOT NULL,
        department text NOT NULL,
        month text NOT NULL,
        revision integer NOT NULL,
        completed_normal integer NOT NULL,
        completed integer NOT NULL,
        event_id text NOT NULL,
        PRIMARY KEY (tenant, process, node, level, department, month)
    """,
}


def upgrade() -> None:
    create_plumbing()
    for name, columns in _TABLES.items():
        op.execute(f"CREATE TABLE {name} ({columns})")
        protect(name)
