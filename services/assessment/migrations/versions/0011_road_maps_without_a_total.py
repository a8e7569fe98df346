"""A road map may be made before every cell is decided, when there is no percent to target."""

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.execute("ALTER TABLE road_map ALTER COLUMN percent_to_target DROP NOT NULL")
