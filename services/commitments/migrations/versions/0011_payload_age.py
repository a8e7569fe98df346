"""Raw payloads are found by their integration and age, for each has a retention of its own."""

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.execute("DROP INDEX delivery_payload")
    op.execute(
        """CREATE INDEX delivery_payload ON delivery (integration_id, received_at)
           WHERE payload_removed_at IS NULL AND status <> 'pending'"""
    )
