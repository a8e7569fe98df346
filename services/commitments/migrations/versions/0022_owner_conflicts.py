"""Owners of processes who no longer are what an owner has to be."""

from alembic import op

from shared.migrations import protect

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    op.execute(
        """CREATE TABLE owner_conflict (
            id text PRIMARY KEY,
            tenant text NOT NULL,
            process text NOT NULL,
            owner text NOT NULL,
            kind text NOT NULL
                CHECK (kind IN ('not_senior', 'left', 'holds_node', 'works_inside', 'supervises')),
            of text,
            since timestamptz NOT NULL,
            until timestamptz,
            raised_at timestamptz NOT NULL,
            told_at timestamptz,
            resolved_at timestamptz,
            UNIQUE (tenant, id),
            FOREIGN KEY (tenant, owner) REFERENCES person (tenant, id)
        )"""
    )
    protect("owner_conflict", queue=True)
    op.execute(
        """CREATE INDEX owner_conflict_open ON owner_conflict (tenant, process)
           WHERE resolved_at IS NULL"""
    )
