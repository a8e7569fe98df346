"""People are erased, also from what the service may otherwise only add to."""

from alembic import op

from shared.migrations import protect

revision = "0027"
down_revision = "0026"

# The trail and the ledgers are added to and never changed, but for a person who is being erased:
# then their id takes the place of their name in these columns, and nothing else changes.
_FUNCTION = """
CREATE FUNCTION erase_mention(
    target text, member text, pattern text, ignores_case boolean, person_id text
) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    kind text;
    flags text := CASE WHEN ignores_case THEN 'gi' ELSE 'g' END;
    touched integer;
BEGIN
    IF target IN ('governance_change', 'penalty_entry', 'penalty_settlement')
        AND NOT (target, member) IN (
            ('governance_change', 'by'), ('governance_change', 'body'),
            ('penalty_entry', 'entered_by'), ('penalty_entry', 'reason'),
            ('penalty_settlement', 'by'), ('penalty_settlement', 'reference')) THEN
        RAISE insufficient_privilege USING MESSAGE = target || '.' || member || ' stays';
    END IF;
    IF NOT EXISTS (SELECT FROM person_erasure e WHERE e.person = person_id) THEN
        RAISE insufficient_privilege USING MESSAGE = 'the person is not being erased';
    END IF;
    SELECT format_type(a.atttypid, NULL) INTO STRICT kind FROM pg_attribute a
        WHERE a.attrelid = target::regclass AND a.attname = member AND NOT a.attisdropped;
    EXECUTE CASE kind WHEN 'bytea' THEN format(
        'UPDATE %1$I SET %2$I = convert_to(
             regexp_replace(convert_from(%2$I, ''UTF8''), $1, $2, $3), ''UTF8'')
         WHERE regexp_like(convert_from(%2$I, ''UTF8''), $1, $4)', target, member)
    ELSE format(
        'UPDATE %1$I SET %2$I = regexp_replace(%2$I::text, $1, $2, $3)::%3$s
         WHERE regexp_like(%2$I::text, $1, $4)', target, member, kind) END
        USING pattern, person_id, flags, CASE WHEN ignores_case THEN 'i' ELSE 'c' END;
    GET DIAGNOSTICS touched = ROW_COUNT;
    RETURN touched;
END $$
"""

_HISTORY = """
CREATE FUNCTION erase_history(person_id text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM person_erasure e WHERE e.person = person_id) THEN
        RAISE insufficient_privilege USING MESSAGE = 'the person is not being erased';
    END IF;
    UPDATE governance_change SET body = body || jsonb_build_object(
        'name', person_id, 'subject', NULL, 'addresses', '[]'::jsonb, 'absences', '[]'::jsonb)
        WHERE kind = 'person' AND key = person_id;
END $$
"""


def upgrade() -> None:
    op.execute("ALTER TABLE person ADD COLUMN erased_at timestamptz")
    op.execute(
        """CREATE TABLE person_erasure (
            tenant text NOT NULL,
            person text NOT NULL,
            reason text NOT NULL,
            erased_by text NOT NULL,
            erased_at timestamptz NOT NULL,
            rows jsonb NOT NULL,
            PRIMARY KEY (tenant, person),
            FOREIGN KEY (tenant, person) REFERENCES person (tenant, id)
        )"""
    )
    protect("person_erasure")
    database = op.get_bind().engine.url.database or ""
    for function, signature in (
        (_FUNCTION, "erase_mention(text, text, text, boolean, text)"),
        (_HISTORY, "erase_history(text)"),
    ):
        op.execute(function)
        op.execute(f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC")
        op.execute(f'GRANT EXECUTE ON FUNCTION {signature} TO "{database}_app"')
