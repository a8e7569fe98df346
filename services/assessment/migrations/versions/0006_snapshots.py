"""Snapshots of assessments, taken before they move to another version of their model."""

from alembic import op

from shared.migrations import protect

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.execute("""
        CREATE TABLE assessment_snapshot (
            id text NOT NULL,
            tenant text NOT NULL,
            assessment text NOT NULL,
            from_version integer NOT NULL,
            to_version integer NOT NULL,
            content jsonb NOT NULL,
            report jsonb NOT NULL,
            taken_by text NOT NULL,
            taken_at timestamptz NOT NULL,
            PRIMARY KEY (tenant, id),
            FOREIGN KEY (tenant, assessment) REFERENCES assessment (tenant, id)
        )
    """)
    protect("assessment_snapshot")
    op.execute(
        "CREATE INDEX assessment_snapshot_of ON assessment_snapshot (tenant, assessment, id)"
    )
    op.execute("""CREATE POLICY readers ON assessment_snapshot AS RESTRICTIVE USING (EXISTS (
        SELECT 1 FROM assessment a WHERE a.tenant = assessment_snapshot.tenant
        AND a.id = assessment_snapshot.assessment))""")
    op.execute("""CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF current_setting('see.erasing', true) IS DISTINCT FROM OLD.assessment THEN
                RAISE EXCEPTION '% is kept as it was', TG_TABLE_NAME USING ERRCODE = '23001';
            END IF;
            RETURN coalesce(NEW, OLD);
        END $$""")
    for table in ("assessment_snapshot", "assessment_audit"):
        op.execute(
            f"CREATE TRIGGER kept BEFORE UPDATE OR DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
