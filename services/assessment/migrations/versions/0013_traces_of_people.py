"""A person is erased wherever the tenant tells of them; seals bind names and words apart."""

from alembic import op

from shared.migrations import protect

revision = "0013"
down_revision = "0012"

# Words that a seal covers are bound by a commitment of their own, and open with its salt.
_WORDS = ("rating", "decision", "evidence_attachment")

_RULES = [
    # One assessment is being erased, or, with '*', one person wherever the tenant tells of them.
    """CREATE FUNCTION erases(id text) RETURNS boolean STABLE LANGUAGE sql AS $$
        SELECT coalesce(erasing() IN (id, '*'), false) $$""",
    """ALTER POLICY readers ON assessment
        USING (readers IS NULL OR jsonb_exists(readers, caller()) OR erases(id))""",
    """ALTER POLICY blind ON rating
        USING (EXISTS (SELECT 1 FROM assessment a
            WHERE a.tenant = rating.tenant AND a.id = rating.assessment
            AND (a.consensus_opened_at IS NOT NULL OR rating.rater = caller() OR erases(a.id))))""",
    """ALTER POLICY blind ON assessment_audit
        USING (EXISTS (SELECT 1 FROM assessment a
            WHERE a.tenant = assessment_audit.tenant AND a.id = assessment_audit.assessment
            AND (a.consensus_opened_at IS NOT NULL OR assessment_audit.rater IS NULL
                OR assessment_audit.rater = caller() OR erases(a.id))))""",
    """ALTER POLICY blind ON evidence_attachment
        USING (EXISTS (SELECT 1 FROM assessment a
            WHERE a.tenant = evidence_attachment.tenant AND a.id = evidence_attachment.assessment
            AND (a.consensus_opened_at IS NOT NULL OR evidence_attachment.common
                OR evidence_attachment.attached_by = (SELECT caller()) OR erases(a.id))))""",
    """CREATE OR REPLACE FUNCTION refuse_change_of_sealed() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF OLD.sealed_at IS NOT NULL AND NOT erases(OLD.id) THEN
                RAISE EXCEPTION 'assessment % is sealed', OLD.id USING ERRCODE = '23001';
            END IF;
            RETURN coalesce(NEW, OLD);
        END $$""",
    """CREATE OR REPLACE FUNCTION refuse_change_below_sealed() RETURNS trigger
        LANGUAGE plpgsql AS $$
        DECLARE changed record := coalesce(NEW, OLD);
        BEGIN
            IF NOT erases(changed.assessment)
                AND EXISTS (SELECT 1 FROM assessment a WHERE a.tenant = changed.tenant
                    AND a.id = changed.assessment AND a.sealed_at IS NOT NULL) THEN
                RAISE EXCEPTION 'assessment % is sealed', changed.assessment
                    USING ERRCODE = '23001';
            END IF;
            RETURN changed;
        END $$""",
    """CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF NOT erases(OLD.assessment) THEN
                RAISE EXCEPTION '% is kept as it was', TG_TABLE_NAME USING ERRCODE = '23001';
            END IF;
            RETURN coalesce(NEW, OLD);
        END $$""",
    """CREATE OR REPLACE FUNCTION refuse_change_of_certificate() RETURNS trigger
        LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'DELETE' OR (OLD.withdrawn_at IS NOT NULL AND NOT erases(OLD.number))
                OR (NEW.content, NEW.hash, NEW.valid_from, NEW.valid_until, NEW.award)
                    IS DISTINCT FROM
                   (OLD.content, OLD.hash, OLD.valid_from, OLD.valid_until, OLD.award) THEN
                RAISE EXCEPTION 'certificate % is kept as it was', OLD.number
                    USING ERRCODE = '23001';
            END IF;
            RETURN NEW;
        END $$""",
    # Who rates under another name keeps their ratings.
    """ALTER TABLE rating DROP CONSTRAINT rating_tenant_assessment_rater_fkey,
        ADD FOREIGN KEY (tenant, assessment, rater)
            REFERENCES assessment_rater (tenant, assessment, subject)
            ON UPDATE CASCADE ON DELETE CASCADE""",
    # The places of people in a campaign are seen by those who may see their assessments.
    *(
        f"""CREATE POLICY readers ON {table} AS RESTRICTIVE USING (EXISTS (
            SELECT 1 FROM assessment a
            WHERE a.tenant = {table}.tenant AND a.id = {table}.assessment))"""  # noqa: S608
        for table in ("campaign_unit", "campaign_delegation", "seal_party")
    ),
    """CREATE TRIGGER sealed BEFORE UPDATE OR DELETE ON seal_party
        FOR EACH ROW EXECUTE FUNCTION refuse_change_below_sealed()""",
]


def upgrade() -> None:
    op.execute("""
        CREATE TABLE seal_party (
            tenant text NOT NULL,
            assessment text NOT NULL,
            subject text NOT NULL,
            salt text,
            commitment text NOT NULL,
            PRIMARY KEY (tenant, assessment, subject),
            FOREIGN KEY (tenant, assessment) REFERENCES assessment (tenant, id)
        )
    """)
    protect("seal_party")
    op.execute("""
        CREATE TABLE person_erasure (
            id text NOT NULL,
            tenant text NOT NULL,
            reason text NOT NULL,
            by text NOT NULL,
            at timestamptz NOT NULL,
            PRIMARY KEY (tenant, id)
        )
    """)
    protect("person_erasure")
    for table in (*_WORDS, "assessment_seal"):
        op.execute(f"ALTER TABLE {table} ADD text_salt text, ADD text_commitment text")
    for rule in _RULES:
        op.execute(rule)
