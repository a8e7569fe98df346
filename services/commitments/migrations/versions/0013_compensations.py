"""The ledger of compensation."""

from alembic import op

from shared.migrations import protect

revision = "0013"
down_revision = "0012"

_TABLES = {
    "compensation": """
        id text PRIMARY KEY,
        tenant text NOT NULL,
        run_id text NOT NULL,
        case_id text NOT NULL,
        case_key text NOT NULL,
        process text NOT NULL,
        node text,
        visit integer NOT NULL,
        promise_id text NOT NULL,
        promise_code text NOT NULL,
        promise_version integer NOT NULL,
        status text NOT NULL,
        currency text NOT NULL,
        accrued numeric NOT NULL,
        paid numeric NOT NULL,
        broken_at timestamptz NOT NULL,
        accrued_at timestamptz NOT NULL,
        revision integer NOT NULL,
        UNIQUE (tenant, id),
        UNIQUE (tenant, run_id),
        FOREIGN KEY (tenant, case_id) REFERENCES service_case (tenant, id)
    """,
    "compensation_entry": """
        tenant text NOT NULL,
        compensation_id text NOT NULL,
        number integer NOT NULL,
        kind text NOT NULL,
        amount numeric NOT NULL,
        currency text NOT NULL,
        reason text,
        by text,
        at timestamptz NOT NULL,
        PRIMARY KEY (tenant, compensation_id, number),
        FOREIGN KEY (tenant, compensation_id) REFERENCES compensation (tenant, id)
    """,
}

_INDEXES = (
    "CREATE INDEX compensation_case ON compensation (tenant, case_id)",
    "CREATE INDEX compensation_status ON compensation (tenant, status, id)",
)


def upgrade() -> None:
    for name, columns in _TABLES.items():
        op.execute(f"CREATE TABLE {name} ({columns})")
    for index in _INDEXES:
        op.execute(index)
    for name in _TABLES:
        protect(name)
