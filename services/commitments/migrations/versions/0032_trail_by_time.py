"""The trail of governance is read by time, whatever its length."""

from alembic import op

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    op.execute("CREATE INDEX governance_change_at ON governance_change (tenant, at, id)")
