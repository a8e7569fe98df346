"""Several raters may attach the same evidence to one cell, unseen by each other."""

from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.execute("""
        ALTER TABLE evidence_attachment DROP CONSTRAINT evidence_attachment_pkey,
            ADD PRIMARY KEY (tenant, assessment, cell, evidence, attached_by)
    """)
