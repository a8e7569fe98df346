"""What a department has promised inside, which its legs are judged by."""

from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    op.execute("ALTER TABLE promise ADD COLUMN department text")
