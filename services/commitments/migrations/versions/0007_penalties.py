"""Spot-checks, violations, penalty rules and the ledger."""

from alembic import op

from shared.migrations import protect

revision = "0007"
down_revision = "0006"

_TABLES = {
    "penalty_rule": """
        tenant text NOT NULL,
        code text NOT NULL,
        revision integer NOT NULL,
        amounts jsonb NOT NULL,
        currency text NOT NULL,
        valid_from timestamptz NOT NULL,
        created_at timestamptz NOT NULL,
        PRIMARY KEY (tenant, code, revision)
    """,
    "penalty_entry": """
        id text PRIMARY KEY,
        tenant text NOT NULL,
        rule text NOT NULL,
        rule_revision integer NOT NULL,
        bearer text NOT NULL,
        person text NOT NULL,
        process text,
        department text,
        cause text NOT NULL
            CHECK (cause IN ('violation', 'self_check', 'summary', 'change_request')),
        cause_id text NOT NULL,
        occasion text NOT NULL,
        amount numeric NOT NULL,
        currency text NOT NULL,
        occurred_at timestamptz NOT NULL,
        entered_at timestamptz NOT NULL,
        entered_by text NOT NULL,
        reverses text,
        reason text,
        UNIQUE (tenant, id),
        CHECK ((reverses IS NULL) = (amount >= 0)),
        FOREIGN KEY (tenant, person) REFERENCES person (tenant, id),
        FOREIGN KEY (tenant, reverses) REFERENCES penalty_entry (tenant, id)
    """,
    "spot_check": """
        id text PRIMARY KEY,
        tenant text NOT NULL,
        process text NOT NULL,
        scope jsonb NOT NULL,
        notes text,
        checked_at timestamptz NOT NULL,
        checked_by text NOT NULL,
        status text NOT NULL CHECK (status IN ('open', 'closed')),
        revision integer NOT NULL,
        created_at timestamptz NOT NULL,
        UNIQUE (tenant, id)
    """,
    "violation": """
        id text PRIMARY KEY,
        tenant text NOT NULL,
        process text NOT NULL,
        node text,
        requirement text NOT NULL,
        person text NOT NULL,
        department text NOT NULL,
        description text NOT NULL,
        occurred_at timestamptz NOT NULL,
        by_design boolean NOT NULL,
        found_by_department_at timestamptz,
        own_penalty jsonb,
        spot_check text,
        met_at timestamptz,
        month text NOT NULL,
        status text NOT NULL
            CHECK (status IN ('recorded', 'charged', 'waived', 'excused', 'void')),
        repeated boolean NOT NULL,
        reason text,
        revision integer NOT NULL,
        created_at timestamptz NOT NULL,
        UNIQUE (tenant, id),
        CHECK ((spot_check IS NULL) = (met_at IS NULL)),
        CHECK (num_nonnulls(found_by_department_at, spot_check) >= 1),
        FOREIGN KEY (tenant, person) REFERENCES person (tenant, id),
        FOREIGN KEY (tenant, department) REFERENCES department (tenant, code),
        FOREIGN KEY (tenant, spot_check) REFERENCES spot_check (tenant, id)
    """,
}

_INDEXES = (
    """CREATE UNIQUE INDEX penalty_entry_once
       ON penalty_entry (tenant, cause_id, rule, bearer, occasion) WHERE reverses IS NULL""",
    "CREATE UNIQUE INDEX penalty_entry_reversed ON penalty_entry (tenant, reverses)",
    "CREATE INDEX penalty_entry_person ON penalty_entry (tenant, person)",
    "CREATE INDEX spot_check_process ON spot_check (tenant, process)",
    "CREATE INDEX violation_problem ON violation (tenant, process, month)",
)


def upgrade() -> None:
    for table, columns in _TABLES.items():
        op.execute(f"CREATE TABLE {table} ({columns})")
        protect(table)
    for index in _INDEXES:
        op.execute(index)
    database = op.get_bind().engine.url.database or ""
    # A ledger is only ever added to, whatever the service asks.
    op.execute(f'REVOKE UPDATE, DELETE ON penalty_entry FROM "{database}_app"')
