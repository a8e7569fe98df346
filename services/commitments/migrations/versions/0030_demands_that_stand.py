"""A demand whose request was rejected or withdrawn is to be filed anew."""

from alembic import op

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    op.execute(
        """ALTER TABLE change_request ADD COLUMN follows text,
           ADD FOREIGN KEY (tenant, follows) REFERENCES change_request (tenant, id)"""
    )
