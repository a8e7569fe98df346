"""Years that clocks run into and whose public holidays are not known."""

from alembic import op

from shared.migrations import protect

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.execute(
        """CREATE TABLE calendar_gap (
            tenant text NOT NULL,
            calendar text NOT NULL,
            year integer NOT NULL,
            country text NOT NULL,
            status text NOT NULL,
            recheck boolean NOT NULL,
            checked_up_to text NOT NULL,
            revision integer NOT NULL,
            raised_at timestamptz NOT NULL,
            closed_at timestamptz,
            PRIMARY KEY (tenant, calendar, year)
        )"""
    )
    op.execute("CREATE INDEX calendar_gap_recheck ON calendar_gap (tenant, year) WHERE recheck")
    op.execute(
        """CREATE INDEX clock_version_unknown ON clock_version (tenant, case_id)
           WHERE due_reason = 'calendar_year_unknown' OR consumed IS NULL"""
    )
    protect("calendar_gap", queue=True)
