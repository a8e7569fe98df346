"""A promise counts behind the runs that had started when it was published."""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.execute("ALTER TABLE promise ADD COLUMN binds_from timestamptz")
