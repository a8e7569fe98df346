"""What wakes up when; thresholds of advice by process, and what became of a proposal."""

from alembic import op

from shared.migrations import protect

revision = "0023"
down_revision = "0022"

_CHANGES = (
    """CREATE TABLE wake_up (
        tenant text NOT NULL,
        what text NOT NULL,
        of text NOT NULL,
        at timestamptz NOT NULL,
        PRIMARY KEY (tenant, what, of)
    )""",
    "CREATE INDEX wake_up_at ON wake_up (at)",
    "ALTER TABLE advice_settings ADD COLUMN process text NOT NULL DEFAULT ''",
    "ALTER TABLE advice_settings DROP CONSTRAINT advice_settings_pkey",
    "ALTER TABLE advice_settings ADD PRIMARY KEY (tenant, process)",
    """ALTER TABLE advice ADD COLUMN improvement_plan text, ADD COLUMN superseded_by text,
       ADD COLUMN superseded_at timestamptz""",
)


def upgrade() -> None:
    for change in _CHANGES:
        op.execute(change)
    protect("wake_up", queue=True)
    # Rows of every tenant are read here, which forced row security hides from their owner.
    for table in ("promise", "wake_up"):
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute(
        """INSERT INTO wake_up SELECT DISTINCT tenant, 'advice', process, now()
           FROM promise WHERE status = 'published'"""
    )
    for table in ("promise", "wake_up"):
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
