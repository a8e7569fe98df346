"""People, positions, departments, appointments, and the history of what governs processes."""

from alembic import op

from shared.migrations import protect

revision = "0002"
down_revision = "0001"

_TABLES = {
    "person": """
        id text PRIMARY KEY,
        tenant text NOT NULL,
        name text NOT NULL,
        subject text,
        language text NOT NULL,
        time_zone text NOT NULL,
        is_senior_manager boolean NOT NULL,
        active boolean NOT NULL,
        addresses jsonb NOT NULL,
        deputy text,
        absences jsonb NOT NULL,
        revision integer NOT NULL,
        created_at timestamptz NOT NULL,
        UNIQUE (tenant, id),
        FOREIGN KEY (tenant, deputy) REFERENCES person (tenant, id)
    """,
    "department": """
        tenant text NOT NULL,
        code text NOT NULL,
        name jsonb NOT NULL,
        revision integer NOT NULL,
        created_at timestamptz NOT NULL,
        PRIMARY KEY (tenant, code)
    """,
    "position": """
        tenant text NOT NULL,
        code text NOT NULL,
        name jsonb NOT NULL,
        department text NOT NULL,
        revision integer NOT NULL,
        created_at timestamptz NOT NULL,
        PRIMARY KEY (tenant, code),
        FOREIGN KEY (tenant, department) REFERENCES department (tenant, code)
    """,
    "unit_name": """
        tenant text NOT NULL,
        kind text NOT NULL CHECK (kind IN ('department', 'position')),
        name text NOT NULL,
        code text NOT NULL,
        PRIMARY KEY (tenant, kind, name)
    """,
    "appointment": """
        id text PRIMARY KEY,
        tenant text NOT NULL,
        office text NOT NULL
            CHECK (office IN ('holder', 'head', 'administrator', 'owner', 'supervisor')),
        of text NOT NULL,
        person text,
        position text,
        since timestamptz NOT NULL,
        until timestamptz,
        appointed_by text NOT NULL,
        created_at timestamptz NOT NULL,
        UNIQUE (tenant, id),
        CHECK (num_nonnulls(person, position) = 1),
        CHECK (until IS NULL OR until >= since),
        FOREIGN KEY (tenant, person) REFERENCES person (tenant, id),
        FOREIGN KEY (tenant, position) REFERENCES position (tenant, code)
    """,
    "process_governance": """
        tenant text NOT NULL,
        process text NOT NULL,
        level integer,
        parent text,
        department text,
        rating jsonb NOT NULL,
        revision integer NOT NULL,
        roles_revision integer NOT NULL,
        created_at timestamptz NOT NULL,
        PRIMARY KEY (tenant, process),
        FOREIGN KEY (tenant, parent) REFERENCES process_governance (tenant, process),
        FOREIGN KEY (tenant, department) REFERENCES department (tenant, code)
    """,
    "governance_settings": """
        tenant text PRIMARY KEY,
        planning_department text,
        time_zone text NOT NULL,
        currency text NOT NULL,
        revision integer NOT NULL,
        created_at timestamptz NOT NULL,
        FOREIGN KEY (tenant, planning_department) REFERENCES department (tenant, code)
    """,
    "governance_change": """
        id text PRIMARY KEY,
        tenant text NOT NULL,
        kind text NOT NULL,
        key text NOT NULL,
        revision integer NOT NULL,
        operation text NOT NULL,
        by text NOT NULL,
        at timestamptz NOT NULL,
        body jsonb NOT NULL
    """,
}

_INDEXES = (
    "CREATE UNIQUE INDEX person_subject ON person (tenant, subject)",
    "CREATE INDEX unit_name_code ON unit_name (tenant, kind, code)",
    "CREATE INDEX appointment_office ON appointment (tenant, office, of)",
    "CREATE INDEX appointment_person ON appointment (tenant, person)",
    """CREATE UNIQUE INDEX appointment_once ON appointment (tenant, office, of)
       WHERE until IS NULL AND office <> 'holder'""",
    """CREATE UNIQUE INDEX governance_change_of
       ON governance_change (tenant, kind, key, revision)""",
)


def upgrade() -> None:
    for table, columns in _TABLES.items():
        op.execute(f'CREATE TABLE "{table}" ({columns})')
        protect(table)
    for index in _INDEXES:
        op.execute(index)
    database = op.get_bind().engine.url.database or ""
    # A history that could be rewritten would prove nothing.
    op.execute(f'REVOKE UPDATE, DELETE ON governance_change FROM "{database}_app"')
