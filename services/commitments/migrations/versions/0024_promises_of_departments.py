"""What a department has promised inside, which its legs are judged by."""

from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    op.execute("ALTER TABLE promise ADD COLUMN department text")
