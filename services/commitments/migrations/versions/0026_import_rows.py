"""Rows of imported files wait beside the deliveries."""

from alembic import op

from shared.migrations import protect

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    op.execute(
        """CREATE TABLE import_row (
            tenant text NOT NULL,
            integration_id text NOT NULL,
            key text NOT NULL,
            import_id text NOT NULL,
            number integer NOT NULL,
            body bytea NOT NULL,
            PRIMARY KEY (tenant, integration_id, key)
        )"""
    )
    op.execute("CREATE INDEX import_row_order ON import_row (import_id, number)")
    protect("import_row", queue=True)
