"""Imports, corrections by hand, erasures, and how long raw payloads stay."""

from alembic import op

from shared.migrations import protect

revision = "0005"
down_revision = "0004"

_TABLES = {
    "history_import": """
        id text PRIMARY KEY,
        tenant text NOT NULL,
        integration_id text NOT NULL,
        format text NOT NULL,
        encoding text NOT NULL,
        bytes bigint NOT NULL,
        rows integer NOT NULL,
        duplicates integer NOT NULL,
        imported_by text NOT NULL,
        created_at timestamptz NOT NULL,
        UNIQUE (tenant, id),
        FOREIGN KEY (tenant, integration_id) REFERENCES integration (tenant, id)
    """,
    "correction": """
        id text PRIMARY KEY,
        tenant text NOT NULL,
        case_id text NOT NULL,
        event_id text NOT NULL,
        kind text NOT NULL,
        at timestamptz NOT NULL,
        department text,
        position text,
        reason text NOT NULL,
        corrected_by text NOT NULL,
        recorded_at timestamptz NOT NULL,
        FOREIGN KEY (tenant, case_id) REFERENCES service_case (tenant, id)
    """,
    "erasure": """
        id text PRIMARY KEY,
        tenant text NOT NULL,
        case_id text NOT NULL,
        reason text NOT NULL,
        erased_by text NOT NULL,
        erased_at timestamptz NOT NULL,
        payloads integer NOT NULL,
        attributes jsonb NOT NULL,
        FOREIGN KEY (tenant, case_id) REFERENCES service_case (tenant, id)
    """,
}

_STATEMENTS = (
    "ALTER TABLE integration ADD COLUMN payload_days integer",
    "ALTER TABLE delivery ADD COLUMN case_key text",
    "ALTER TABLE delivery ADD COLUMN import_id text",
    "ALTER TABLE delivery ADD COLUMN import_row integer",
    "ALTER TABLE delivery ADD COLUMN payload_removed_at timestamptz",
    """CREATE INDEX delivery_import ON delivery (tenant, import_id, status)
       WHERE import_id IS NOT NULL""",
    "CREATE INDEX delivery_case ON delivery (tenant, case_key) WHERE case_key IS NOT NULL",
    """CREATE INDEX delivery_payload ON delivery (received_at)
       WHERE payload_removed_at IS NULL AND status <> 'pending'""",
    "CREATE INDEX correction_case ON correction (tenant, case_id, at)",
    "CREATE INDEX erasure_case ON erasure (tenant, case_id)",
)


def upgrade() -> None:
    for name, columns in _TABLES.items():
        op.execute(f"CREATE TABLE {name} ({columns})")
    for statement in _STATEMENTS:
        op.execute(statement)
    for name in _TABLES:
        protect(name)
