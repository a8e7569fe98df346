"""Services, agreements and requirements; promises, calendars and processes by version."""

from alembic import op

from shared.migrations import protect

revision = "0003"
down_revision = "0002"

_TABLES = {
    "service": """
        tenant text NOT NULL,
        code text NOT NULL,
        name jsonb NOT NULL,
        description jsonb,
        segments jsonb NOT NULL,
        provider text NOT NULL,
        owner text,
        status text NOT NULL,
        revision integer NOT NULL,
        created_at timestamptz NOT NULL,
        PRIMARY KEY (tenant, code)
    """,
    "agreement": """
        id text PRIMARY KEY,
        tenant text NOT NULL,
        code text NOT NULL,
        version integer NOT NULL,
        status text NOT NULL,
        kind text NOT NULL,
        name jsonb NOT NULL,
        party jsonb NOT NULL,
        service text NOT NULL,
        owner text NOT NULL,
        terms jsonb,
        first_review_on date NOT NULL,
        review_months integer NOT NULL,
        revision integer NOT NULL,
        valid_from timestamptz NOT NULL,
        valid_until timestamptz,
        created_at timestamptz NOT NULL,
        published_at timestamptz,
        UNIQUE (tenant, id),
        FOREIGN KEY (tenant, service) REFERENCES service (tenant, code)
    """,
    "service_level_requirement": """
        id text PRIMARY KEY,
        tenant text NOT NULL,
        service text NOT NULL,
        segment text NOT NULL,
        priority text,
        statement jsonb NOT NULL,
        asked_by text NOT NULL,
        wanted_seconds bigint,
        bearable_seconds bigint,
        calendar text,
        status text NOT NULL,
        reason text,
        revision integer NOT NULL,
        recorded_at timestamptz NOT NULL,
        UNIQUE (tenant, id),
        FOREIGN KEY (tenant, service) REFERENCES service (tenant, code)
    """,
    "agreement_requirement": """
        tenant text NOT NULL,
        agreement_id text NOT NULL,
        requirement_id text NOT NULL,
        PRIMARY KEY (tenant, agreement_id, requirement_id),
        FOREIGN KEY (tenant, agreement_id) REFERENCES agreement (tenant, id),
        FOREIGN KEY (tenant, requirement_id) REFERENCES service_level_requirement (tenant, id)
    """,
}

_CHANGES = (
    "CREATE UNIQUE INDEX agreement_code ON agreement (tenant, code, version)",
    "CREATE INDEX agreement_service ON agreement (tenant, service)",
    """CREATE INDEX service_level_requirement_service
       ON service_level_requirement (tenant, service)""",
    """CREATE INDEX agreement_requirement_requirement
       ON agreement_requirement (tenant, requirement_id)""",
    """ALTER TABLE promise
       ADD COLUMN service text, ADD COLUMN agreement text,
       ADD COLUMN objective text, ADD COLUMN no_objective_reason text,
       ADD COLUMN below_floor_reason text, ADD COLUMN customer_agreement jsonb,
       ADD COLUMN expected_attainment jsonb, ADD COLUMN compensation jsonb,
       ADD COLUMN revision integer NOT NULL DEFAULT 1,
       ALTER COLUMN commitment_seconds DROP NOT NULL,
       ALTER COLUMN tolerance_seconds DROP NOT NULL,
       ALTER COLUMN valid_from DROP NOT NULL,
       ADD FOREIGN KEY (tenant, service) REFERENCES service (tenant, code)""",
    "CREATE INDEX promise_agreement ON promise (tenant, agreement)",
    "ALTER TABLE calendar_version ADD COLUMN valid_from timestamptz NOT NULL DEFAULT '1970-01-01Z'",
    "ALTER TABLE process_version ADD COLUMN valid_from timestamptz NOT NULL DEFAULT '1970-01-01Z'",
    "ALTER TABLE clock_version ADD COLUMN promise_code text",
)

# Rows of every tenant change here, which forced row security hides from their owner.
_REWRITTEN = {
    "promise": """UPDATE promise SET calendar = split_part(calendar, '@', 1),
                  tolerance_calendar = split_part(tolerance_calendar, '@', 1)""",
    "clock_version": """UPDATE clock_version c SET promise_code = p.code, promise_id = p.id
                        FROM promise p WHERE (p.tenant, p.code, p.version)
                        = (c.tenant, c.promise_id, c.promise_version)""",
    "alert": """UPDATE alert a SET promise_id = p.id
                FROM promise p WHERE (p.tenant, p.code, p.version)
                = (a.tenant, a.promise_id, a.promise_version)""",
}


def upgrade() -> None:
    for name, columns in _TABLES.items():
        op.execute(f"CREATE TABLE {name} ({columns})")
    for change in _CHANGES:
        op.execute(change)
    for name in _TABLES:
        protect(name)
    for name in _REWRITTEN:
        op.execute(f"ALTER TABLE {name} NO FORCE ROW LEVEL SECURITY")
    for statement in _REWRITTEN.values():
        op.execute(statement)
    for name in _REWRITTEN:
        op.execute(f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY")
