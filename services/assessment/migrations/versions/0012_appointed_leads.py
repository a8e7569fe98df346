"""Assessments and campaigns have appointed leads; the trail says who acted by role instead.

A ruling on a rating names the revision that it rests on.
"""

from alembic import op

revision = "0012"
down_revision = "0011"

_OF_THE_CREATOR = """CREATE FUNCTION led_by_its_creator() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        NEW.lead := coalesce(NEW.lead, NEW.created_by);
        RETURN NEW;
    END $$"""


def upgrade() -> None:
    op.execute("ALTER TABLE assessment ADD COLUMN co_leads jsonb NOT NULL DEFAULT '[]'")
    op.execute("ALTER TABLE assessment_audit ADD COLUMN acting_as text")
    op.execute("ALTER TABLE rating ADD COLUMN revision integer NOT NULL DEFAULT 1")
    op.execute("ALTER TABLE campaign ADD COLUMN co_leads jsonb NOT NULL DEFAULT '[]'")
    op.execute("ALTER TABLE campaign ADD COLUMN lead text")
    # The owner is under row security as well, which shows it no row of any tenant.
    op.execute("ALTER TABLE campaign NO FORCE ROW LEVEL SECURITY")
    op.execute("UPDATE campaign SET lead = created_by")
    op.execute("ALTER TABLE campaign FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE campaign ALTER COLUMN lead SET NOT NULL")
    # The release before this one names no lead.
    op.execute(_OF_THE_CREATOR)
    op.execute(
        "CREATE TRIGGER led BEFORE INSERT ON campaign"
        " FOR EACH ROW EXECUTE FUNCTION led_by_its_creator()"
    )
