"""That a line of the penalty ledger was confirmed, and paid."""

from alembic import op

from shared.migrations import protect

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    op.execute(
        """CREATE TABLE penalty_settlement (
            tenant text NOT NULL,
            entry text NOT NULL,
            step text NOT NULL CHECK (step IN ('confirmed', 'paid')),
            reference text,
            at timestamptz NOT NULL,
            by text NOT NULL,
            PRIMARY KEY (tenant, entry, step),
            FOREIGN KEY (tenant, entry) REFERENCES penalty_entry (tenant, id)
        )"""
    )
    protect("penalty_settlement")
    database = op.get_bind().engine.url.database or ""
    op.execute(f'REVOKE UPDATE, DELETE ON penalty_settlement FROM "{database}_app"')
