"""Calendars, processes, promises, integrations, deliveries, cases and their clocks."""

from alembic import op

from shared.migrations import create_plumbing, protect

revision = "0001"
down_revision = None

_QUEUES = ("integration", "delivery", "due_instant", "attainment_mark")

_TABLES = {
    "calendar_version": """
        tenant text NOT NULL,
        code text NOT NULL,
        version integer NOT NULL,
        name jsonb NOT NULL,
        definition jsonb NOT NULL,
        created_at timestamptz NOT NULL,
        PRIMARY KEY (tenant, code, version)
    """,
    "process_version": """
        tenant text NOT NULL,
        code text NOT NULL,
        version integer NOT NULL,
        name jsonb NOT NULL,
        definition jsonb NOT NULL,
        created_at timestamptz NOT NULL,
        PRIMARY KEY (tenant, code, version)
    """,
    "promise": """
        id text PRIMARY KEY,
        tenant text NOT NULL,
        code text NOT NULL,
        version integer NOT NULL,
        status text NOT NULL,
        process text NOT NULL,
        node text,
        segment text,
        priority text,
        commitment_seconds bigint NOT NULL,
        tolerance_seconds bigint NOT NULL,
        calendar text NOT NULL,
        tolerance_calendar text NOT NULL,
        valid_from timestamptz NOT NULL,
        valid_until timestamptz,
        created_at timestamptz NOT NULL,
        published_at timestamptz
    """,
    "integration": """
        id text PRIMARY KEY,
        tenant text NOT NULL,
        name text NOT NULL,
        provider text NOT NULL,
        process text NOT NULL,
        mapping jsonb NOT NULL,
        secrets jsonb NOT NULL,
        revision integer NOT NULL,
        created_at timestamptz NOT NULL,
        UNIQUE (tenant, id)
    """,
    "delivery": """
        id text PRIMARY KEY,
        tenant text NOT NULL,
        integration_id text NOT NULL,
        key text NOT NULL,
        headers jsonb NOT NULL,
        body bytea NOT NULL,
        received_at timestamptz NOT NULL,
        status text NOT NULL,
        faults jsonb NOT NULL,
        processed_at timestamptz,
        FOREIGN KEY (tenant, integration_id) REFERENCES integration (tenant, id)
    """,
    "service_case": """
        id text PRIMARY KEY,
        tenant text NOT NULL,
        process text NOT NULL,
        key text NOT NULL,
        UNIQUE (tenant, id)
    """,
    "ticket_event": """
        tenant text NOT NULL,
        case_id text NOT NULL,
        event_id text NOT NULL,
        at timestamptz NOT NULL,
        sequence bigint NOT NULL,
        body jsonb NOT NULL,
        delivery_id text,
        PRIMARY KEY (tenant, case_id, event_id),
        FOREIGN KEY (tenant, case_id) REFERENCES service_case (tenant, id)
    """,
    "case_version": """
        tenant text NOT NULL,
        case_id text NOT NULL,
        valid_from timestamptz NOT NULL,
        valid_until timestamptz,
        process text NOT NULL,
        process_version integer NOT NULL,
        key text NOT NULL,
        opened_at timestamptz NOT NULL,
        state text NOT NULL,
        priority text,
        segment text,
        department text,
        PRIMARY KEY (tenant, case_id, valid_from),
        FOREIGN KEY (tenant, case_id) REFERENCES service_case (tenant, id)
    """,
    "clock_version": """
        tenant text NOT NULL,
        id text NOT NULL,
        valid_from timestamptz NOT NULL,
        valid_until timestamptz,
        level text NOT NULL,
        case_id text NOT NULL,
        case_key text NOT NULL,
        process text NOT NULL,
        node text NOT NULL,
        visit integer NOT NULL,
        leg integer NOT NULL,
        department text,
        position text,
        segment text,
        priority text,
        promise_id text,
        promise_version integer,
        commitment_calendar text,
        tolerance_calendar text,
        started_at timestamptz NOT NULL,
        running_since timestamptz,
        paused_at timestamptz,
        finished_at timestamptz,
        cancelled_at timestamptz,
        consumed interval,
        commitment_due_at timestamptz,
        tolerance_due_at timestamptz,
        due_reason text,
        pauses jsonb NOT NULL,
        PRIMARY KEY (tenant, id, valid_from),
        FOREIGN KEY (tenant, case_id) REFERENCES service_case (tenant, id)
    """,
    "due_instant": """
        tenant text NOT NULL,
        run_id text NOT NULL,
        threshold text NOT NULL,
        case_id text NOT NULL,
        due_at timestamptz NOT NULL,
        PRIMARY KEY (tenant, run_id, threshold)
    """,
    "alert": """
        id text PRIMARY KEY,
        tenant text NOT NULL,
        run_id text NOT NULL,
        case_id text NOT NULL,
        case_key text NOT NULL,
        process text NOT NULL,
        node text NOT NULL,
        visit integer NOT NULL,
        department text,
        position text,
        threshold text NOT NULL,
        promise_id text NOT NULL,
        promise_version integer NOT NULL,
        due_at timestamptz NOT NULL,
        passed_at timestamptz NOT NULL
    """,
    "attainment_mark": """
        id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
        tenant text NOT NULL,
        process text NOT NULL,
        node text NOT NULL,
        level text NOT NULL,
        department text NOT NULL,
        month text NOT NULL
    """,
    "attainment_measure": """
        tenant text NOT NULL,
        process text NOT NULL,
        node text NOT NULL,
        level text NOT NULL,
        department text NOT NULL,
        month text NOT NULL,
        revision integer NOT NULL,
        completed_normal integer NOT NULL,
        completed_acceptable integer NOT NULL,
        completed_warning integer NOT NULL,
        cancelled integer NOT NULL,
        PRIMARY KEY (tenant, process, node, level, department, month)
    """,
}

_INDEXES = (
    "CREATE UNIQUE INDEX promise_code ON promise (tenant, code, version)",
    "CREATE UNIQUE INDEX delivery_key ON delivery (tenant, integration_id, key)",
    "CREATE INDEX delivery_pending ON delivery (id) WHERE status = 'pending'",
    "CREATE INDEX delivery_status ON delivery (tenant, status, id)",
    "CREATE UNIQUE INDEX service_case_key ON service_case (tenant, process, key)",
    "CREATE INDEX case_version_opened ON case_version (tenant, opened_at, case_id)",
    "CREATE INDEX clock_version_case ON clock_version (tenant, case_id)",
    "CREATE INDEX clock_version_started ON clock_version (tenant, level, started_at, id)",
    """CREATE INDEX clock_version_ended ON clock_version
       (tenant, process, node, level, (coalesce(finished_at, cancelled_at)))
       WHERE valid_until IS NULL""",
    "CREATE INDEX due_instant_due ON due_instant (due_at)",
    "CREATE INDEX due_instant_case ON due_instant (tenant, case_id)",
    """CREATE UNIQUE INDEX alert_once
       ON alert (tenant, run_id, threshold, promise_id, promise_version)""",
)


def upgrade() -> None:
    create_plumbing()
    for name, columns in _TABLES.items():
        op.execute(f"CREATE TABLE {name} ({columns})")
    for index in _INDEXES:
        op.execute(index)
    for name in _TABLES:
        protect(name, queue=name in _QUEUES)
