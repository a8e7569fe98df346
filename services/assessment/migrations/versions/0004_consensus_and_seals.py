"""Decisions, discussion notes and seals; what is sealed refuses every change."""

from alembic import op

from shared.migrations import protect

revision = "0004"
down_revision = "0003"

_TABLES = {
    "decision": """
        tenant text NOT NULL,
        assessment text NOT NULL,
        cell text NOT NULL,
        value integer,
        na_reason text,
        rationale text NOT NULL,
        evidence jsonb NOT NULL,
        decided_by text NOT NULL,
        decided_at timestamptz NOT NULL,
        salt text NOT NULL,
        revision integer NOT NULL,
        PRIMARY KEY (tenant, assessment, cell),
        CHECK ((value IS NULL) <> (na_reason IS NULL)),
        FOREIGN KEY (tenant, assessment) REFERENCES assessment (tenant, id)
    """,
    "discussion_note": """
        id text NOT NULL,
        tenant text NOT NULL,
        assessment text NOT NULL,
        cell text NOT NULL,
        author text NOT NULL,
        text text NOT NULL,
        said_at timestamptz NOT NULL,
        PRIMARY KEY (tenant, id),
        FOREIGN KEY (tenant, assessment) REFERENCES assessment (tenant, id)
    """,
    "assessment_seal": """
        tenant text NOT NULL,
        assessment text NOT NULL,
        model_hash text NOT NULL,
        commitments jsonb NOT NULL,
        evidence jsonb NOT NULL,
        hash text NOT NULL,
        score_hash text,
        salt text,
        sealed_by text NOT NULL,
        sealed_at timestamptz NOT NULL,
        PRIMARY KEY (tenant, assessment),
        FOREIGN KEY (tenant, assessment) REFERENCES assessment (tenant, id)
    """,
}

_READERS = """CREATE POLICY readers ON {0} AS RESTRICTIVE USING (EXISTS (
    SELECT 1 FROM assessment a WHERE a.tenant = {0}.tenant AND a.id = {0}.assessment))"""


def upgrade() -> None:
    for name, columns in _TABLES.items():
        op.execute(f"CREATE TABLE {name} ({columns})")
        protect(name)
        op.execute(_READERS.format(name))
    for name in ("decision", "discussion_note"):
        op.execute(
            f"CREATE TRIGGER sealed BEFORE INSERT OR UPDATE OR DELETE ON {name}"
            " FOR EACH ROW EXECUTE FUNCTION refuse_change_below_sealed()"
        )
    op.execute(
        "CREATE TRIGGER sealed BEFORE UPDATE OR DELETE ON assessment_seal"
        " FOR EACH ROW EXECUTE FUNCTION refuse_change_below_sealed()"
    )
    op.execute("CREATE INDEX discussion_note_of ON discussion_note (tenant, assessment, cell, id)")
