"""Advice and its thresholds."""

from alembic import op

from shared.migrations import protect

revision = "0010"
down_revision = "0009"

_TABLES = {
    "advice_settings": """
        tenant text PRIMARY KEY,
        tighten_at text NOT NULL,
        improve_below text NOT NULL,
        least_runs integer NOT NULL,
        months integer NOT NULL,
        step_seconds integer NOT NULL,
        revision integer NOT NULL,
        changed_at timestamptz NOT NULL
    """,
    "advice": """
        id text PRIMARY KEY,
        tenant text NOT NULL,
        kind text NOT NULL,
        status text NOT NULL,
        process text NOT NULL,
        node text,
        segment text,
        priority text,
        promise_id text NOT NULL,
        promise_code text NOT NULL,
        promise_version integer NOT NULL,
        period_from timestamptz NOT NULL,
        period_to timestamptz NOT NULL,
        completed integer NOT NULL,
        completed_normal integer NOT NULL,
        commitment_seconds bigint NOT NULL,
        tolerance_seconds bigint NOT NULL,
        proposed_commitment_seconds bigint,
        proposed_tolerance_seconds bigint,
        expected_within integer,
        findings jsonb NOT NULL,
        reason text,
        drafted_promise_id text,
        decided_by text,
        decided_at timestamptz,
        made_at timestamptz NOT NULL,
        revision integer NOT NULL
    """,
}

_INDEXES = (
    "CREATE INDEX advice_promise ON advice (tenant, promise_code, status)",
    "CREATE INDEX advice_period ON advice (tenant, period_to, id)",
    """CREATE INDEX clock_version_promise ON clock_version (tenant, promise_id, finished_at)
       WHERE valid_until IS NULL""",
)


def upgrade() -> None:
    for name, columns in _TABLES.items():
        op.execute(f"CREATE TABLE {name} ({columns})")
    for index in _INDEXES:
        op.execute(index)
    for name in _TABLES:
        protect(name)
