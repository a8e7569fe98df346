"""Service reviews, improvement plans with their actions, and quality plans."""

from alembic import op

from shared.migrations import protect

revision = "0016"
down_revision = "0015"

_TABLES = {
    "service_review": """
        id text PRIMARY KEY,
        tenant text NOT NULL,
        agreement text NOT NULL,
        service text NOT NULL,
        scheduled_on date NOT NULL,
        status text NOT NULL CHECK (status IN ('scheduled', 'held', 'cancelled')),
        held_at timestamptz,
        attendees jsonb NOT NULL,
        minutes text,
        decisions jsonb NOT NULL,
        revision integer NOT NULL,
        created_at timestamptz NOT NULL,
        UNIQUE (tenant, id),
        CHECK ((status = 'held') = (held_at IS NOT NULL)),
        FOREIGN KEY (tenant, service) REFERENCES service (tenant, code)
    """,
    "improvement_plan": """
        id text PRIMARY KEY,
        tenant text NOT NULL,
        title text NOT NULL,
        service text,
        process text,
        review text,
        reason text NOT NULL,
        goal text NOT NULL,
        owner text NOT NULL,
        due_on date NOT NULL,
        status text NOT NULL CHECK (status IN ('open', 'completed', 'cancelled')),
        revision integer NOT NULL,
        created_at timestamptz NOT NULL,
        UNIQUE (tenant, id),
        FOREIGN KEY (tenant, service) REFERENCES service (tenant, code),
        FOREIGN KEY (tenant, review) REFERENCES service_review (tenant, id),
        FOREIGN KEY (tenant, owner) REFERENCES person (tenant, id)
    """,
    "improvement_action": """
        id text PRIMARY KEY,
        tenant text NOT NULL,
        review text,
        plan text,
        what text NOT NULL,
        owner text NOT NULL,
        due_on date NOT NULL,
        status text NOT NULL CHECK (status IN ('open', 'done', 'cancelled')),
        remark text,
        ended_at timestamptz,
        revision integer NOT NULL,
        created_at timestamptz NOT NULL,
        UNIQUE (tenant, id),
        CHECK (num_nonnulls(review, plan) = 1),
        CHECK ((status = 'open') = (ended_at IS NULL)),
        FOREIGN KEY (tenant, review) REFERENCES service_review (tenant, id),
        FOREIGN KEY (tenant, plan) REFERENCES improvement_plan (tenant, id),
        FOREIGN KEY (tenant, owner) REFERENCES person (tenant, id)
    """,
    "quality_plan": """
        tenant text NOT NULL,
        service text NOT NULL,
        owner text NOT NULL,
        objectives jsonb NOT NULL,
        measures text,
        review_on date NOT NULL,
        revision integer NOT NULL,
        created_at timestamptz NOT NULL,
        PRIMARY KEY (tenant, service),
        FOREIGN KEY (tenant, service) REFERENCES service (tenant, code),
        FOREIGN KEY (tenant, owner) REFERENCES person (tenant, id)
    """,
}

_INDEXES = (
    """CREATE UNIQUE INDEX service_review_day
       ON service_review (tenant, agreement, scheduled_on)""",
    "CREATE INDEX improvement_plan_service ON improvement_plan (tenant, service)",
    "CREATE INDEX improvement_action_owner ON improvement_action (tenant, owner)",
    "CREATE INDEX improvement_action_plan ON improvement_action (tenant, plan)",
)


def upgrade() -> None:
    for table, columns in _TABLES.items():
        op.execute(f"CREATE TABLE {table} ({columns})")
        protect(table)
    for index in _INDEXES:
        op.execute(index)
