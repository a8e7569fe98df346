"""Campaigns over people, and aggregates of campaigns that are sealed."""

from alembic import op

from shared.migrations import protect

revision = "0015"
down_revision = "0014"

_TABLES = {
    "campaign_seal": """
        id text NOT NULL,
        tenant text NOT NULL,
        campaign text NOT NULL,
        content jsonb NOT NULL,
        commitments jsonb NOT NULL,
        hash text NOT NULL,
        sealed_by text NOT NULL,
        sealed_at timestamptz NOT NULL,
        PRIMARY KEY (tenant, id),
        FOREIGN KEY (tenant, campaign) REFERENCES campaign (tenant, id)
    """,
    # An assessment is a member of one aggregate at the most.
    "campaign_seal_member": """
        tenant text NOT NULL,
        assessment text NOT NULL,
        seal text NOT NULL,
        group_code text,
        salt text NOT NULL,
        commitment text NOT NULL,
        PRIMARY KEY (tenant, assessment),
        FOREIGN KEY (tenant, seal) REFERENCES campaign_seal (tenant, id),
        FOREIGN KEY (tenant, assessment) REFERENCES assessment (tenant, id)
    """,
}

_RULES = [
    "ALTER TABLE campaign_unit ADD group_code text",
    "CREATE INDEX campaign_seal_of ON campaign_seal (tenant, campaign, id)",
    "CREATE INDEX campaign_seal_member_of ON campaign_seal_member (tenant, seal)",
    # An aggregate is made of assessments that who asks for it may not see one by one.
    """CREATE FUNCTION aggregating() RETURNS boolean STABLE LANGUAGE sql AS $$
        SELECT coalesce(current_setting('see.aggregating', true) = 'on', false) $$""",
    """ALTER POLICY readers ON assessment
        USING (readers IS NULL OR jsonb_exists(readers, caller())
            OR erases(id) OR aggregating())""",
    """CREATE FUNCTION refuse_change_of_aggregate() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'DELETE' OR to_jsonb(NEW) - 'sealed_by' <> to_jsonb(OLD) - 'sealed_by' THEN
                RAISE EXCEPTION 'aggregate % is sealed', OLD.id USING ERRCODE = '23001';
            END IF;
            RETURN NEW;
        END $$""",
    """CREATE TRIGGER kept BEFORE UPDATE OR DELETE ON campaign_seal
        FOR EACH ROW EXECUTE FUNCTION refuse_change_of_aggregate()""",
    # A member leaves by its erasure alone.
    """CREATE TRIGGER kept BEFORE UPDATE OR DELETE ON campaign_seal_member
        FOR EACH ROW EXECUTE FUNCTION refuse_change()""",
]


def upgrade() -> None:
    for name, columns in _TABLES.items():
        op.execute(f"CREATE TABLE {name} ({columns})")
        protect(name)
    for rule in _RULES:
        op.execute(rule)
