"""Road maps and their steps."""

from alembic import op

from shared.migrations import protect

revision = "0010"
down_revision = "0009"

_TABLES = {
    "road_map": """
        tenant text NOT NULL,
        assessment text NOT NULL,
        target jsonb,
        efforts jsonb NOT NULL,
        percent_to_target text NOT NULL,
        made_by text NOT NULL,
        made_at timestamptz NOT NULL,
        revision integer NOT NULL,
        PRIMARY KEY (tenant, assessment),
        FOREIGN KEY (tenant, assessment) REFERENCES assessment (tenant, id)
    """,
    "road_map_step": """
        id text NOT NULL,
        tenant text NOT NULL,
        assessment text NOT NULL,
        position integer NOT NULL,
        item text NOT NULL,
        rating integer NOT NULL,
        reached integer NOT NULL,
        gain text NOT NULL,
        effort text NOT NULL,
        action text,
        owner text,
        due_on date,
        status text NOT NULL,
        revision integer NOT NULL,
        PRIMARY KEY (tenant, id),
        UNIQUE (tenant, assessment, position),
        FOREIGN KEY (tenant, assessment) REFERENCES road_map (tenant, assessment)
    """,
}


def upgrade() -> None:
    for name, columns in _TABLES.items():
        op.execute(f"CREATE TABLE {name} ({columns})")
        protect(name)
        # A road map of a person is seen by those who may see the assessment.
        op.execute(
            f"""CREATE POLICY readers ON {name} AS RESTRICTIVE
                USING (EXISTS (SELECT 1 FROM assessment a
                    WHERE a.tenant = {name}.tenant AND a.id = {name}.assessment))"""  # noqa: S608
        )
