"""How long raw payloads stay is a setting of each tenant, too."""

from alembic import op

from shared.migrations import protect

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.execute(
        """CREATE TABLE payload_retention (
            tenant text PRIMARY KEY,
            days integer,
            revision integer NOT NULL,
            changed_by text NOT NULL,
            changed_at timestamptz NOT NULL
        )"""
    )
    protect("payload_retention", queue=True)
