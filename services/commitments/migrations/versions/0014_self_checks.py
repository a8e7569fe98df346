"""Self-checks, department summaries, change requests and their deadlines."""

from alembic import op

from shared.migrations import protect

revision = "0014"
down_revision = "0013"

_QUEUES = ("governance_deadline",)

_TABLES = {
    "self_check": """
        id text PRIMARY KEY,
        tenant text NOT NULL,
        process text NOT NULL,
        month text NOT NULL,
        department text,
        status text NOT NULL CHECK (status IN ('open', 'submitted', 'excused')),
        due_at timestamptz NOT NULL,
        execution text,
        violations jsonb,
        design_faults jsonb,
        figures jsonb,
        incomplete jsonb NOT NULL,
        submitted_at timestamptz,
        submitted_by text,
        reason text,
        revision integer NOT NULL,
        created_at timestamptz NOT NULL,
        UNIQUE (tenant, id),
        CHECK ((status = 'submitted') = (figures IS NOT NULL)),
        FOREIGN KEY (tenant, department) REFERENCES department (tenant, code)
    """,
    "department_summary": """
        id text PRIMARY KEY,
        tenant text NOT NULL,
        department text NOT NULL,
        month text NOT NULL,
        status text NOT NULL CHECK (status IN ('open', 'submitted', 'excused')),
        due_at timestamptz NOT NULL,
        analysis text,
        measures jsonb,
        signed_by text,
        submitted_at timestamptz,
        submitted_by text,
        reason text,
        revision integer NOT NULL,
        created_at timestamptz NOT NULL,
        UNIQUE (tenant, id),
        FOREIGN KEY (tenant, department) REFERENCES department (tenant, code),
        FOREIGN KEY (tenant, signed_by) REFERENCES person (tenant, id)
    """,
    "change_request": """
        id text PRIMARY KEY,
        tenant text NOT NULL,
        process text NOT NULL,
        department text NOT NULL,
        departments jsonb NOT NULL,
        spot_check text,
        violation text,
        demand text,
        title text,
        proposal text,
        status text NOT NULL CHECK (status IN ('found', 'filed', 'approved', 'rejected',
            'changed', 'published', 'withdrawn')),
        steps jsonb NOT NULL,
        revision integer NOT NULL,
        created_at timestamptz NOT NULL,
        UNIQUE (tenant, id),
        FOREIGN KEY (tenant, department) REFERENCES department (tenant, code),
        FOREIGN KEY (tenant, spot_check) REFERENCES spot_check (tenant, id),
        FOREIGN KEY (tenant, violation) REFERENCES violation (tenant, id)
    """,
    "governance_deadline": """
        tenant text NOT NULL,
        rule text NOT NULL,
        cause_id text NOT NULL,
        cause text NOT NULL,
        process text,
        department text,
        due_at timestamptz,
        next_at timestamptz NOT NULL,
        PRIMARY KEY (tenant, rule, cause_id)
    """,
}

_INDEXES = (
    "CREATE UNIQUE INDEX self_check_month ON self_check (tenant, process, month)",
    """CREATE UNIQUE INDEX department_summary_month
       ON department_summary (tenant, department, month)""",
    "CREATE INDEX change_request_process ON change_request (tenant, process)",
    "CREATE INDEX change_request_violation ON change_request (tenant, violation)",
    "CREATE INDEX governance_deadline_next ON governance_deadline (next_at)",
)


def upgrade() -> None:
    for table, columns in _TABLES.items():
        op.execute(f"CREATE TABLE {table} ({columns})")
        protect(table, queue=table in _QUEUES)
    for index in _INDEXES:
        op.execute(index)
