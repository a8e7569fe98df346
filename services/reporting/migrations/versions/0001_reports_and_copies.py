"""Reports, their files, and the copies of what other services published."""

from alembic import op

from shared.migrations import create_plumbing, protect

revision = "0001"
down_revision = None

_COPIES = {
    "attainment_copy": """
        process text NOT NULL,
        node text NOT NULL,
        level text NOT NULL,
        department text NOT NULL,
        month text NOT NULL,
        completed_normal integer NOT NULL,
        completed_acceptable integer NOT NULL,
        completed_warning integer NOT NULL,
        cancelled integer NOT NULL,
        measured_at timestamptz NOT NULL,
        PRIMARY KEY (tenant, process, node, level, department, month)
    """,
    "process_copy": """
        process text NOT NULL,
        name jsonb NOT NULL,
        nodes jsonb NOT NULL,
        PRIMARY KEY (tenant, process)
    """,
    "kpi_reading_copy": """
        kpi text NOT NULL,
        period text NOT NULL,
        name jsonb NOT NULL,
        value numeric,
        target numeric,
        PRIMARY KEY (tenant, kpi, period)
    """,
    "organisation_unit_copy": """
        code text NOT NULL,
        kind text NOT NULL,
        name jsonb NOT NULL,
        PRIMARY KEY (tenant, code)
    """,
    "tenant_copy": """
        name jsonb NOT NULL,
        PRIMARY KEY (tenant)
    """,
}

_REPORT = """
CREATE TABLE report (
    id text PRIMARY KEY,
    tenant text NOT NULL,
    kind text NOT NULL,
    process text NOT NULL,
    language text NOT NULL,
    first_month text NOT NULL,
    last_month text NOT NULL,
    status text NOT NULL,
    created_at timestamptz NOT NULL,
    finished_at timestamptz,
    attempts integer NOT NULL,
    claimed_until timestamptz,
    document_hash text,
    files jsonb NOT NULL,
    error jsonb
);
CREATE INDEX report_listed ON report (tenant, id);
CREATE INDEX report_waiting ON report (id) WHERE status IN ('queued', 'running');
CREATE TABLE report_file (
    tenant text NOT NULL,
    sha256 text NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (tenant, sha256)
)
"""


def upgrade() -> None:
    create_plumbing()
    for name, columns in _COPIES.items():
        op.execute(
            f"""CREATE TABLE {name} (
                tenant text NOT NULL,
                revision integer NOT NULL,
                heard_at timestamptz NOT NULL,
                {columns}
            )"""
        )
        protect(name)
    for statement in _REPORT.strip().split(";\n"):
        op.execute(statement)
    protect("report", queue=True)
    protect("report_file")
