"""What a requirement is asked of; why an agreement ended early."""

from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    op.execute(
        "ALTER TABLE service_level_requirement ADD COLUMN process text, ADD COLUMN node text"
    )
    op.execute("ALTER TABLE agreement ADD COLUMN end_reason text")
