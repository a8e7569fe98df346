"""Migrations run as the owner of the tables, one process at a time, and force row security."""

import asyncio
from pathlib import Path

from alembic import op
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, pool, text
from sqlalchemy.ext.asyncio import create_async_engine

from shared.store import async_url

QUEUE_PLUMBING = ("outbox", "dead_letter", "idempotency_key")
_LOCK = 0x5EE0001


def migrate(url: str, folder: Path) -> None:
    """Bring the database to the newest revision of that folder; waits for another migration."""
    asyncio.run(_migrate(url, folder))


async def _migrate(url: str, folder: Path) -> None:
    engine = create_async_engine(async_url(url), poolclass=pool.NullPool)
    try:
        async with engine.begin() as connection:
            await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
            # A migration that cannot get its lock soon must not queue the whole service behind it.
            await connection.execute(text("SET LOCAL lock_timeout = '5s'"))
            await connection.run_sync(_upgrade, folder)
    finally:
        await engine.dispose()


def _upgrade(connection: Connection, folder: Path) -> None:
    config = Config()
    config.set_main_option("script_location", str(folder))
    scripts = ScriptDirectory.from_config(config)

    def steps(revision: object, _context: object) -> object:
        return scripts._upgrade_revs("head", revision)  # type: ignore[arg-type]

    with EnvironmentContext(config, scripts, fn=steps, destination_rev="head") as environment:
        environment.configure(connection=connection, target_metadata=None)
        environment.run_migrations()


def create_plumbing() -> None:
    """Within a migration: outbox, inbox, dead letters and idempotency keys as they first were."""
    for statement in _PLUMBING_V1.strip().split(";\n"):
        op.execute(statement)
    for table in ("outbox", "inbox", "dead_letter", "idempotency_key"):
        protect(table, queue=table in QUEUE_PLUMBING)


def protect(table: str, *, queue: bool = False) -> None:
    """Within a migration: force row security by tenant, and grant the table to the service's role.

    With `queue`, the queue role sees and updates the rows of all tenants as well.
    """
    database = op.get_bind().engine.url.database or ""
    op.execute(f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY')
    op.execute(f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY')
    # An unset tenant reads as null, and as the empty string after a commit: both mean no rows.
    op.execute(
        f"""CREATE POLICY tenant ON "{table}" USING (
            tenant = (SELECT nullif(current_setting('see.tenant', true), '')))"""
    )
    op.execute(f'GRANT SELECT, INSERT, UPDATE, DELETE ON "{table}" TO "{database}_app"')
    if queue:
        op.execute(f'CREATE POLICY queue ON "{table}" TO "{database}_queue" USING (true)')
        op.execute(f'GRANT SELECT, UPDATE, DELETE ON "{table}" TO "{database}_queue"')


_PLUMBING_V1 = """
CREATE TABLE outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant text NOT NULL,
    event_id text NOT NULL UNIQUE,
    subject text NOT NULL,
    aggregate text NOT NULL,
    revision integer NOT NULL,
    headers jsonb NOT NULL,
    body text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    published_at timestamptz,
    stream_incarnation text,
    stream_sequence bigint
);
CREATE INDEX outbox_unpublished ON outbox (id) WHERE published_at IS NULL;
CREATE INDEX outbox_published ON outbox (published_at);
CREATE TABLE inbox (
    tenant text NOT NULL,
    event_id text NOT NULL,
    received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (tenant, event_id)
);
CREATE TABLE dead_letter (
    id text PRIMARY KEY,
    tenant text NOT NULL,
    event_id text NOT NULL,
    subject text NOT NULL,
    headers jsonb NOT NULL,
    body text NOT NULL,
    error text NOT NULL,
    attempts integer NOT NULL,
    status text NOT NULL,
    stored_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE UNIQUE INDEX dead_letter_event ON dead_letter (tenant, event_id);
CREATE INDEX dead_letter_waiting ON dead_letter (id) WHERE status = 'replay';
CREATE TABLE idempotency_key (
    tenant text NOT NULL,
    subject text NOT NULL,
    key text NOT NULL,
    request_hash text NOT NULL,
    status integer,
    headers jsonb,
    body bytea,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (tenant, subject, key)
)
"""
