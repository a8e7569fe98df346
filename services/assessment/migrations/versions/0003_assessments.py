"""Assessments, raters, ratings and the audit trail; the database keeps independent ratings blind.

Row security shows a rating to its rater alone until consensus opens, whatever the query says, and
an assessment of a person to the subjects that may see it. What is sealed refuses every change.
"""

from alembic import op

from shared.migrations import protect

revision = "0003"
down_revision = "0002"

_TABLES = {
    "assessment": """
        id text NOT NULL,
        tenant text NOT NULL,
        title text NOT NULL,
        unit_kind text NOT NULL,
        unit text NOT NULL,
        model_code text NOT NULL,
        model_version integer NOT NULL,
        model_hash text NOT NULL,
        mode text NOT NULL,
        standard text,
        target jsonb,
        period text NOT NULL,
        status text NOT NULL,
        lead text NOT NULL,
        reviewer text,
        line jsonb NOT NULL,
        readers jsonb,
        series text NOT NULL,
        version integer NOT NULL,
        previous text,
        reason text,
        created_at timestamptz NOT NULL,
        consensus_opened_at timestamptz,
        confirmed_by text,
        sealed_at timestamptz,
        erased_at timestamptz,
        revision integer NOT NULL,
        PRIMARY KEY (tenant, id),
        UNIQUE (tenant, previous),
        FOREIGN KEY (tenant, previous) REFERENCES assessment (tenant, id)
    """,
    "assessment_rater": """
        tenant text NOT NULL,
        assessment text NOT NULL,
        subject text NOT NULL,
        added_at timestamptz NOT NULL,
        submitted boolean NOT NULL,
        revision integer NOT NULL,
        PRIMARY KEY (tenant, assessment, subject),
        FOREIGN KEY (tenant, assessment) REFERENCES assessment (tenant, id)
    """,
    "rating": """
        tenant text NOT NULL,
        assessment text NOT NULL,
        rater text NOT NULL,
        cell text NOT NULL,
        value integer,
        na_reason text,
        na_ruling text,
        na_ruled_by text,
        comment text,
        confidence text,
        salt text NOT NULL,
        rated_at timestamptz NOT NULL,
        PRIMARY KEY (tenant, assessment, rater, cell),
        CHECK ((value IS NULL) <> (na_reason IS NULL)),
        CHECK (na_ruled_by <> rater),
        FOREIGN KEY (tenant, assessment, rater)
            REFERENCES assessment_rater (tenant, assessment, subject) ON DELETE CASCADE
    """,
    "assessment_audit": """
        id text NOT NULL,
        tenant text NOT NULL,
        assessment text NOT NULL,
        action text NOT NULL,
        cell text,
        rater text,
        by text NOT NULL,
        at timestamptz NOT NULL,
        before jsonb,
        after jsonb,
        PRIMARY KEY (tenant, id),
        FOREIGN KEY (tenant, assessment) REFERENCES assessment (tenant, id)
    """,
}

# Row security knows the caller by this; without one it is null, which equals nothing.
_CALLER = """CREATE FUNCTION caller() RETURNS text STABLE LANGUAGE sql AS $$
    SELECT nullif(current_setting('see.subject', true), '') $$"""

_RULES = [
    _CALLER,
    "CREATE INDEX assessment_audit_of ON assessment_audit (tenant, assessment, id)",
    # What concerns a person is seen by the person, the line and the assessors only.
    """CREATE POLICY readers ON assessment AS RESTRICTIVE
        USING (readers IS NULL OR jsonb_exists(readers, caller()))""",
    """CREATE POLICY readers ON assessment_rater AS RESTRICTIVE
        USING (EXISTS (SELECT 1 FROM assessment a
            WHERE a.tenant = assessment_rater.tenant AND a.id = assessment_rater.assessment))""",
    """CREATE POLICY blind ON rating AS RESTRICTIVE
        USING (EXISTS (SELECT 1 FROM assessment a
            WHERE a.tenant = rating.tenant AND a.id = rating.assessment
            AND (a.consensus_opened_at IS NOT NULL OR rating.rater = caller())))""",
    """CREATE POLICY blind ON assessment_audit AS RESTRICTIVE
        USING (EXISTS (SELECT 1 FROM assessment a
            WHERE a.tenant = assessment_audit.tenant AND a.id = assessment_audit.assessment
            AND (a.consensus_opened_at IS NOT NULL OR assessment_audit.rater IS NULL
                OR assessment_audit.rater = caller())))""",
    # Erasing what is personal is the one change that a seal outlives.
    """CREATE FUNCTION refuse_change_of_sealed() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF OLD.sealed_at IS NOT NULL
                AND current_setting('see.erasing', true) IS DISTINCT FROM OLD.id THEN
                RAISE EXCEPTION 'assessment % is sealed', OLD.id USING ERRCODE = '23001';
            END IF;
            RETURN coalesce(NEW, OLD);
        END $$""",
    """CREATE TRIGGER sealed BEFORE UPDATE OR DELETE ON assessment
        FOR EACH ROW EXECUTE FUNCTION refuse_change_of_sealed()""",
    """CREATE FUNCTION refuse_change_below_sealed() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE changed record := coalesce(NEW, OLD);
        BEGIN
            IF current_setting('see.erasing', true) IS DISTINCT FROM changed.assessment
                AND EXISTS (SELECT 1 FROM assessment a WHERE a.tenant = changed.tenant
                    AND a.id = changed.assessment AND a.sealed_at IS NOT NULL) THEN
                RAISE EXCEPTION 'assessment % is sealed', changed.assessment
                    USING ERRCODE = '23001';
            END IF;
            RETURN changed;
        END $$""",
    *(
        f"""CREATE TRIGGER sealed BEFORE INSERT OR UPDATE OR DELETE ON {table}
            FOR EACH ROW EXECUTE FUNCTION refuse_change_below_sealed()"""
        for table in ("assessment_rater", "rating")
    ),
]


def upgrade() -> None:
    for name, columns in _TABLES.items():
        op.execute(f"CREATE TABLE {name} ({columns})")
        protect(name)
    for rule in _RULES:
        op.execute(rule)
