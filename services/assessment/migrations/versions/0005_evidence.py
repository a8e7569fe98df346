"""Evidence and where it is attached; what a rater attaches is the rater's until consensus opens."""

from alembic import op

from shared.migrations import protect

revision = "0005"
down_revision = "0004"

_TABLES = {
    "evidence_content": """
        tenant text NOT NULL,
        sha256 text NOT NULL,
        bytes bigint NOT NULL,
        media_type text NOT NULL,
        PRIMARY KEY (tenant, sha256)
    """,
    "evidence_chunk": """
        tenant text NOT NULL,
        sha256 text NOT NULL,
        number integer NOT NULL,
        body bytea NOT NULL,
        PRIMARY KEY (tenant, sha256, number),
        FOREIGN KEY (tenant, sha256) REFERENCES evidence_content (tenant, sha256)
            ON DELETE CASCADE
    """,
    "evidence": """
        id text NOT NULL,
        tenant text NOT NULL,
        kind text NOT NULL,
        title text NOT NULL,
        note text,
        dated_on date NOT NULL,
        expires_on date,
        file_name text,
        media_type text,
        bytes bigint,
        sha256 text,
        link text,
        series jsonb,
        periods jsonb NOT NULL,
        claim jsonb,
        uploaded_by text NOT NULL,
        uploaded_at timestamptz NOT NULL,
        revision integer NOT NULL,
        PRIMARY KEY (tenant, id),
        FOREIGN KEY (tenant, sha256) REFERENCES evidence_content (tenant, sha256)
    """,
    "evidence_attachment": """
        tenant text NOT NULL,
        assessment text NOT NULL,
        cell text NOT NULL,
        evidence text NOT NULL,
        common boolean NOT NULL,
        enablers jsonb NOT NULL,
        measured jsonb,
        attached_by text NOT NULL,
        attached_at timestamptz NOT NULL,
        PRIMARY KEY (tenant, assessment, cell, evidence),
        FOREIGN KEY (tenant, assessment) REFERENCES assessment (tenant, id),
        FOREIGN KEY (tenant, evidence) REFERENCES evidence (tenant, id)
    """,
}

_RULES = [
    "CREATE INDEX evidence_attachment_of ON evidence_attachment (tenant, evidence)",
    "CREATE INDEX evidence_of_content ON evidence (tenant, sha256)",
    """CREATE POLICY blind ON evidence_attachment AS RESTRICTIVE
        USING (EXISTS (SELECT 1 FROM assessment a
            WHERE a.tenant = evidence_attachment.tenant AND a.id = evidence_attachment.assessment
            AND (a.consensus_opened_at IS NOT NULL OR evidence_attachment.common
                OR evidence_attachment.attached_by = (SELECT caller()))))""",
    """CREATE POLICY blind ON evidence AS RESTRICTIVE
        USING (uploaded_by = (SELECT caller()) OR EXISTS (SELECT 1 FROM evidence_attachment x
            WHERE x.tenant = evidence.tenant AND x.evidence = evidence.id))""",
    """CREATE TRIGGER sealed BEFORE INSERT OR UPDATE OR DELETE ON evidence_attachment
        FOR EACH ROW EXECUTE FUNCTION refuse_change_below_sealed()""",
]


def upgrade() -> None:
    for name, columns in _TABLES.items():
        op.execute(f"CREATE TABLE {name} ({columns})")
        protect(name)
    for rule in _RULES:
        op.execute(rule)
