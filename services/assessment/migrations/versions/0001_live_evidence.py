"""Live evidence."""

from alembic import op

from shared.migrations import create_plumbing, protect

revision = "0001"
down_revision = None


def upgrade() -> None:
    create_plumbing()
    op.execute("""
        CREATE TABLE live_evidence (
            tenant text NOT NULL,
            source text NOT NULL,
            series text NOT NULL,
            period text NOT NULL,
            value numeric,
            unit text NOT NULL,
            numerator bigint,
            denominator bigint,
            revision integer NOT NULL,
            event_id text NOT NULL,
            recorded_at timestamptz NOT NULL,
            PRIMARY KEY (tenant, source, series, period)
        )
    """)
    protect("live_evidence")
