"""Group robots are paced; what was delivered long ago is found to be forgotten."""

from alembic import op

from shared.migrations import protect

revision = "0024"
down_revision = "0023"

_PACE = """
    CREATE TABLE robot_pace (
        tenant text NOT NULL,
        robot text NOT NULL,
        next_at timestamptz NOT NULL,
        failures integer NOT NULL,
        alone boolean NOT NULL,
        PRIMARY KEY (tenant, robot)
    )
"""
_INDEXES = (
    """CREATE INDEX notification_robot ON notification (tenant, target)
       WHERE status = 'pending' AND channel NOT IN ('webhook', 'email')""",
    """CREATE INDEX notification_settled ON notification (coalesce(settled_at, created_at))
       WHERE status <> 'pending'""",
)


def upgrade() -> None:
    op.execute(_PACE)
    for index in _INDEXES:
        op.execute(index)
    protect("robot_pace")
