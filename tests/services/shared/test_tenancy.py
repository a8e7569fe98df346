"""PostgreSQL alone keeps tenants apart: every query here goes without the application's filters."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from services.commitments.operations.deliveries import fold_pending
from services.commitments.operations.measures import measure_attainment
from shared.store import Session, enter
from tests.builders import incident_process, ticket
from tests.conftest import Provide, ServiceUnderTest
from tests.services.commitments.test_webhooks import NOW

SERVICES = ("assessment", "commitments", "strategy", "reporting")
PLUMBING = {"outbox", "dead_letter", "idempotency_key"}
QUEUES = {
    "assessment": PLUMBING | {"campaign_reminder", "erasure_due"},
    "commitments": PLUMBING
    | {"integration", "delivery", "due_instant", "escalation", "attainment_mark", "notification"}
    | {"restatement", "restatement_mark", "calendar_gap", "governance_deadline"}
    | {"payload_retention", "alert_sweep", "owner_conflict", "wake_up"}
    | {"import_row", "tenant_status"},
    "strategy": PLUMBING,
    "reporting": PLUMBING | {"report"},
}


async def table_names(subject: ServiceUnderTest) -> list[str]:
    rows = await subject.rows(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        " AND tablename <> 'alembic_version'"
    )
    return sorted(row[0] for row in rows)


async def count(session: Session, table: str) -> int:
    return int((await session.execute(text(f'SELECT count(*) FROM "{table}"'))).scalar_one())


async def worked(commitments: ServiceUnderTest, tenant: str) -> None:
    """A tenant with rows in most tables."""
    async with commitments.client(tenant) as client:
        hook = await incident_process(client)
        for count_, state in enumerate(("New", "Active", "Resolved", "Closed")):
            at = f"0{count_ + 1}-03-2016 09:00"
            await hook.push(client, ticket("INC1", count_, state, at))
        await hook.push(client, ticket("INC2", 0, "New", "01-03-2016 09:00"))
        await client.post("/v1/calendars", json={}, headers={"idempotency-key": "k"})
    while await fold_pending(commitments.store, 100, NOW, NOW.replace(year=2000)):
        pass


async def test_a_second_tenant_sees_nothing_even_without_a_filter(service: Provide) -> None:
    async with service("commitments") as commitments:
        await worked(commitments, "demo")
        await measure_attainment(commitments.store, NOW)
        tables = await table_names(commitments)
        async with commitments.store.transaction("demo") as session:
            own = {table: await count(session, table) for table in tables}
        async with commitments.store.transaction("other") as session:
            seen = {table: await count(session, table) for table in tables}
            updated = await session.execute(text("UPDATE clock_version SET department = 'mine'"))
            deleted = await session.execute(text("DELETE FROM ticket_event"))
            touched = (updated.rowcount, deleted.rowcount)
        async with commitments.store._begun() as session:
            unset = {table: await count(session, table) for table in tables}
    assert {t for t, n in own.items() if n} >= {
        "calendar_version",
        "case_version",
        "clock_version",
        "delivery",
        "due_instant",
        "outbox",
        "promise",
        "service_case",
        "ticket_event",
    }
    assert set(seen.values()) == {0}
    assert set(unset.values()) == {0}
    assert touched == (0, 0)


async def test_a_row_cannot_be_written_for_another_tenant(service: Provide) -> None:
    smuggled = text(
        "INSERT INTO service_case (id, tenant, process, key) VALUES ('c', 'demo', 'p', 'k')"
    )
    async with service("commitments") as commitments:
        with pytest.raises(DBAPIError, match="row-level security"):
            async with commitments.store.transaction("other") as session:
                await session.execute(smuggled)
        rows = await commitments.rows("SELECT * FROM service_case")
    assert rows == []


async def test_a_transaction_leaves_no_tenant_behind_on_its_connection(service: Provide) -> None:
    async with service("commitments") as commitments:
        await worked(commitments, "demo")
        for _ in range(20):
            async with commitments.store.transaction("demo") as session:
                assert await count(session, "service_case") == 2
            async with commitments.store._begun() as session:
                assert await count(session, "service_case") == 0


@pytest.mark.parametrize("name", SERVICES)
async def test_every_table_has_a_tenant_and_forces_row_security(
    service: Provide, name: str
) -> None:
    async with service(name) as subject:
        rows = await subject.rows(
            """SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity, EXISTS (
                   SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid
                   AND a.attname = 'tenant' AND a.attnotnull), pg_get_userbyid(c.relowner)
               FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
               WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p')
               AND c.relname <> 'alembic_version'"""
        )
        (role,) = await subject.rows(
            "SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname ="
            " (SELECT current_database() || '_app')"
        )
        fkeys = await subject.rows(
            """SELECT conname, conrelid::regclass::text FROM pg_constraint
               WHERE contype = 'f' AND NOT EXISTS (
                   SELECT 1 FROM unnest(conkey) k JOIN pg_attribute a
                   ON a.attrelid = conrelid AND a.attnum = k WHERE a.attname = 'tenant')"""
        )
    assert len(rows) > 4
    assert [row for row in rows if not (row[1] and row[2] and row[3].endswith("_owner"))] == []
    assert tuple(role) == (False, False)
    assert fkeys == []


@pytest.mark.parametrize("name", SERVICES)
async def test_the_queue_role_reaches_the_queue_tables_and_nothing_else(
    service: Provide, name: str
) -> None:
    async with service(name) as subject:
        tables = await table_names(subject)
        reached = [table for table in tables if await _is_reached(subject, table)]
        async with subject.store.queue() as session:
            await enter(session, "demo")
            inserted = await count(session, "outbox")
    assert set(reached) == QUEUES[name] & set(tables)
    assert QUEUES[name] <= set(tables)
    assert inserted == 0


async def _is_reached(subject: ServiceUnderTest, table: str) -> bool:
    try:
        async with subject.store.queue() as session:
            await count(session, table)
    except DBAPIError as error:
        if "permission denied" in str(error):
            return False
        raise
    return True
