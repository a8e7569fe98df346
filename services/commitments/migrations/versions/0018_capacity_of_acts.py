"""In which office somebody changed what is governed."""

from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    op.execute("ALTER TABLE governance_change ADD COLUMN capacity jsonb")
