"""What concerns a person is erased when its time has come, or on request; seals outlive it."""

from alembic import op

from shared.migrations import protect

revision = "0009"
down_revision = "0008"

_RULES = [
    """CREATE FUNCTION erasing() RETURNS text STABLE LANGUAGE sql AS $$
        SELECT nullif(current_setting('see.erasing', true), '') $$""",
    # Erasing sees the one assessment that it erases, blind or not, whoever asks for it.
    """ALTER POLICY readers ON assessment
        USING (readers IS NULL OR jsonb_exists(readers, caller()) OR id = erasing())""",
    """ALTER POLICY blind ON assessment_audit
        USING (EXISTS (SELECT 1 FROM assessment a
            WHERE a.tenant = assessment_audit.tenant AND a.id = assessment_audit.assessment
            AND (a.consensus_opened_at IS NOT NULL OR assessment_audit.rater IS NULL
                OR assessment_audit.rater = caller() OR a.id = erasing())))""",
    """ALTER POLICY blind ON evidence_attachment
        USING (EXISTS (SELECT 1 FROM assessment a
            WHERE a.tenant = evidence_attachment.tenant AND a.id = evidence_attachment.assessment
            AND (a.consensus_opened_at IS NOT NULL OR evidence_attachment.common
                OR evidence_attachment.attached_by = (SELECT caller()) OR a.id = erasing())))""",
    """ALTER POLICY blind ON evidence
        USING (uploaded_by = (SELECT caller()) OR erasing() IS NOT NULL
            OR EXISTS (SELECT 1 FROM evidence_attachment x
                WHERE x.tenant = evidence.tenant AND x.evidence = evidence.id))""",
]


def upgrade() -> None:
    op.execute("""
        CREATE TABLE erasure_due (
            tenant text NOT NULL,
            assessment text NOT NULL,
            person text NOT NULL,
            due_at timestamptz NOT NULL,
            PRIMARY KEY (tenant, assessment),
            FOREIGN KEY (tenant, assessment) REFERENCES assessment (tenant, id)
        )
    """)
    protect("erasure_due", queue=True)
    op.execute("CREATE INDEX erasure_due_next ON erasure_due (due_at)")
    op.execute("CREATE INDEX erasure_due_of ON erasure_due (tenant, person)")
    for rule in _RULES:
        op.execute(rule)
