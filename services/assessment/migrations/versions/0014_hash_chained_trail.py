"""The trail is chains of hashes, only added to; campaigns, evidence and models have one too."""

from alembic import op

revision = "0014"
down_revision = "0013"

_COLUMNS = (
    *("about text", "chain text", "position integer"),
    *("salt text", "commitment text", "hash text"),
)

_RULES = [
    # What is personal is covered by its commitment; the rest of the entry by the hash itself.
    """CREATE FUNCTION trail_hash(previous text, entry assessment_audit) RETURNS text
        STABLE LANGUAGE sql AS $$ SELECT 'sha256:' || encode(sha256(convert_to(concat_ws('|',
            coalesce(previous, ''), entry.chain, entry.position, entry.id, entry.action,
            to_char(entry.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
            entry.commitment), 'UTF8')), 'hex') $$""",
    # A rater's entries are a chain of their own: while rating is blind its length and its hashes
    # tell others nothing. An entry without a commitment was made by an earlier release, which
    # kept no salt: it is linked, and its content cannot be vouched for.
    """CREATE FUNCTION chain_trail() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE last record;
        BEGIN
            NEW.about := coalesce(NEW.about, NEW.assessment);
            NEW.commitment := coalesce(NEW.commitment, 'sha256:' || encode(sha256(
                convert_to(gen_random_uuid()::text || gen_random_uuid()::text, 'UTF8')), 'hex'));
            PERFORM pg_advisory_xact_lock(hashtextextended(
                concat_ws('|', NEW.tenant, NEW.about, NEW.rater), 0));
            IF NEW.rater IS NULL THEN
                SELECT t.chain, t.position, t.hash INTO last FROM assessment_audit t
                    WHERE t.tenant = NEW.tenant AND t.about = NEW.about AND t.rater IS NULL
                    ORDER BY t.position DESC LIMIT 1;
            ELSE
                SELECT t.chain, t.position, t.hash INTO last FROM assessment_audit t
                    WHERE t.tenant = NEW.tenant AND t.about = NEW.about AND t.rater = NEW.rater
                    ORDER BY t.position DESC LIMIT 1;
            END IF;
            NEW.chain := coalesce(last.chain,
                CASE WHEN NEW.rater IS NULL THEN NEW.about ELSE gen_random_uuid()::text END);
            NEW.position := coalesce(last.position, 0) + 1;
            NEW.hash := trail_hash(last.hash, NEW);
            RETURN NEW;
        END $$""",
    # Erasing empties or renames what is personal, and gives up the salt that vouched for it.
    """CREATE FUNCTION keep_trail() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'DELETE' OR erasing() IS NULL
                OR (NEW.id, NEW.tenant, NEW.assessment, NEW.about, NEW.action, NEW.at,
                    NEW.chain, NEW.position, NEW.commitment, NEW.hash)
                IS DISTINCT FROM (OLD.id, OLD.tenant, OLD.assessment, OLD.about, OLD.action,
                    OLD.at, OLD.chain, OLD.position, OLD.commitment, OLD.hash) THEN
                RAISE EXCEPTION 'the audit trail is only added to' USING ERRCODE = '23001';
            END IF;
            NEW.salt := NULL;
            RETURN NEW;
        END $$""",
    """ALTER POLICY blind ON assessment_audit USING (CASE
        WHEN assessment IS NULL THEN rater IS NULL OR rater = caller() OR erasing() IS NOT NULL
            OR EXISTS (SELECT 1 FROM evidence e
                WHERE e.tenant = assessment_audit.tenant AND e.id = assessment_audit.about)
        ELSE EXISTS (SELECT 1 FROM assessment a
            WHERE a.tenant = assessment_audit.tenant AND a.id = assessment_audit.assessment
            AND (a.consensus_opened_at IS NOT NULL OR assessment_audit.rater IS NULL
                OR assessment_audit.rater = caller() OR erases(a.id))) END)""",
]

_CHAINED = """DO $$
    DECLARE
        entry assessment_audit;
        last assessment_audit;
    BEGIN
        FOR entry IN SELECT * FROM assessment_audit
            ORDER BY tenant, assessment, coalesce(rater, ''), id LOOP
            IF (last.tenant, last.assessment, coalesce(last.rater, ''))
                IS DISTINCT FROM (entry.tenant, entry.assessment, coalesce(entry.rater, '')) THEN
                last := NULL;
            END IF;
            entry.about := entry.assessment;
            entry.commitment := 'sha256:' || encode(sha256(
                convert_to(gen_random_uuid()::text || gen_random_uuid()::text, 'UTF8')), 'hex');
            entry.chain := coalesce(last.chain, CASE WHEN entry.rater IS NULL
                THEN entry.assessment ELSE gen_random_uuid()::text END);
            entry.position := coalesce(last.position, 0) + 1;
            entry.hash := trail_hash(last.hash, entry);
            UPDATE assessment_audit SET about = entry.about, commitment = entry.commitment,
                chain = entry.chain, position = entry.position, hash = entry.hash
                WHERE tenant = entry.tenant AND id = entry.id;
            last := entry;
        END LOOP;
    END $$"""


def upgrade() -> None:
    for column in _COLUMNS:
        op.execute(f"ALTER TABLE assessment_audit ADD COLUMN {column}")
    op.execute("ALTER TABLE assessment_audit ALTER COLUMN assessment DROP NOT NULL")
    for rule in _RULES:
        op.execute(rule)
    op.execute("DROP TRIGGER kept ON assessment_audit")
    # The owner is under row security as well, which shows it no row of any tenant.
    op.execute("ALTER TABLE assessment_audit NO FORCE ROW LEVEL SECURITY")
    op.execute(_CHAINED)
    op.execute("ALTER TABLE assessment_audit FORCE ROW LEVEL SECURITY")
    for column in ("about", "chain", "position", "commitment", "hash"):
        op.execute(f"ALTER TABLE assessment_audit ALTER COLUMN {column} SET NOT NULL")
    op.execute("DROP INDEX assessment_audit_of")
    op.execute("CREATE INDEX assessment_audit_of ON assessment_audit (tenant, about, id)")
    op.execute(
        "CREATE UNIQUE INDEX assessment_audit_chain ON assessment_audit (tenant, chain, position)"
    )
    op.execute(
        "CREATE INDEX assessment_audit_last ON assessment_audit (tenant, about, rater, position)"
    )
    op.execute(
        "CREATE TRIGGER chained BEFORE INSERT ON assessment_audit"
        " FOR EACH ROW EXECUTE FUNCTION chain_trail()"
    )
    op.execute(
        "CREATE TRIGGER kept BEFORE UPDATE OR DELETE ON assessment_audit"
        " FOR EACH ROW EXECUTE FUNCTION keep_trail()"
    )
