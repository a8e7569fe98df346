"""Models that customers upload."""

from alembic import op

from shared.migrations import protect

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("""
        CREATE TABLE model_version (
            tenant text NOT NULL,
            code text NOT NULL,
            version integer NOT NULL,
            hash text NOT NULL,
            document jsonb NOT NULL,
            uploaded_by text NOT NULL,
            uploaded_at timestamptz NOT NULL,
            withdrawn_by text,
            withdrawn_at timestamptz,
            withdrawal_reason text,
            PRIMARY KEY (tenant, code, version),
            UNIQUE (tenant, code, hash)
        )
    """)
    protect("model_version")
