"""Whether a tenant is open, as strategy tells."""

from alembic import op

from shared.migrations import protect

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    op.execute(
        """CREATE TABLE tenant_status (
            tenant text PRIMARY KEY,
            status text NOT NULL,
            revision integer NOT NULL
        )"""
    )
    protect("tenant_status", queue=True)
