"""Awards for sealed assessments, their examiners, and certificates."""

from alembic import op

from shared.migrations import protect

revision = "0007"
down_revision = "0006"

_TABLES = {
    "award": """
        id text NOT NULL,
        tenant text NOT NULL,
        assessment text NOT NULL,
        programme text NOT NULL,
        statement text NOT NULL,
        status text NOT NULL,
        applied_by text NOT NULL,
        applied_at timestamptz NOT NULL,
        decision text,
        rationale text,
        decided_by text,
        decided_at timestamptz,
        revision integer NOT NULL,
        PRIMARY KEY (tenant, id),
        UNIQUE (tenant, assessment, programme),
        FOREIGN KEY (tenant, assessment) REFERENCES assessment (tenant, id)
    """,
    "award_examiner": """
        tenant text NOT NULL,
        award text NOT NULL,
        subject text NOT NULL,
        conflicted boolean,
        conflict text,
        points integer,
        recommendation text,
        remarks text,
        scored_at timestamptz,
        PRIMARY KEY (tenant, award, subject),
        CHECK (points IS NULL OR NOT conflicted),
        FOREIGN KEY (tenant, award) REFERENCES award (tenant, id)
    """,
    "certificate": """
        tenant text NOT NULL,
        number text NOT NULL,
        award text NOT NULL,
        content jsonb NOT NULL,
        hash text NOT NULL,
        valid_from timestamptz NOT NULL,
        valid_until timestamptz NOT NULL,
        issued_by text NOT NULL,
        issued_at timestamptz NOT NULL,
        withdrawn_by text,
        withdrawn_at timestamptz,
        withdrawal_reason text,
        revision integer NOT NULL,
        PRIMARY KEY (tenant, number),
        UNIQUE (tenant, award),
        FOREIGN KEY (tenant, award) REFERENCES award (tenant, id)
    """,
}


def upgrade() -> None:
    for name, columns in _TABLES.items():
        op.execute(f"CREATE TABLE {name} ({columns})")
        protect(name)
    op.execute("""CREATE FUNCTION refuse_change_of_certificate() RETURNS trigger
        LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'DELETE' OR OLD.withdrawn_at IS NOT NULL
                OR (NEW.content, NEW.hash, NEW.valid_from, NEW.valid_until, NEW.award)
                    IS DISTINCT FROM
                   (OLD.content, OLD.hash, OLD.valid_from, OLD.valid_until, OLD.award) THEN
                RAISE EXCEPTION 'certificate % is kept as it was', OLD.number
                    USING ERRCODE = '23001';
            END IF;
            RETURN NEW;
        END $$""")
    op.execute("""CREATE TRIGGER kept BEFORE UPDATE OR DELETE ON certificate
        FOR EACH ROW EXECUTE FUNCTION refuse_change_of_certificate()""")
