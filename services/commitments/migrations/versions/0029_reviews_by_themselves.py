"""Reviews and scorecards come up by themselves, with reminders."""

from alembic import op

revision = "0029"
down_revision = "0028"

_CHANGES = (
    """ALTER TABLE agreement ADD COLUMN review_participants jsonb NOT NULL DEFAULT '[]',
       ADD COLUMN review_reminder_days integer NOT NULL DEFAULT 7""",
    """ALTER TABLE service_review ADD COLUMN by_calendar boolean NOT NULL DEFAULT false,
       ADD COLUMN reminded_at timestamptz, ADD COLUMN overdue_at timestamptz""",
    """ALTER TABLE supplier_scorecard ADD COLUMN by_calendar boolean NOT NULL DEFAULT false,
       ADD COLUMN overdue_at timestamptz""",
)

# Rows of every tenant are read here, which forced row security hides from their owner.
_READ = ("agreement", "service_review", "supplier_scorecard", "wake_up")
_NOTED = (
    """SELECT DISTINCT tenant, 'reviews', code, now() FROM agreement
       WHERE status = 'published'""",
    "SELECT tenant, 'review', id, now() FROM service_review WHERE status = 'scheduled'",
    "SELECT tenant, 'scorecard', id, now() FROM supplier_scorecard WHERE status = 'due'",
)


def upgrade() -> None:
    for change in _CHANGES:
        op.execute(change)
    for table in _READ:
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    for noted in _NOTED:
        op.execute(f"INSERT INTO wake_up {noted}")
    for table in _READ:
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
