"""Migrations: what they build is what the rows say, and several at once do no harm."""

import asyncio
from importlib import import_module
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, MetaData, String
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel.sql.sqltypes import AutoString

from shared import dead_letters, idempotency, inbox, outbox
from shared.migrations import migrate
from shared.store import PLUMBING, async_url
from tests.conftest import Provide

SERVICES = ("assessment", "commitments", "strategy", "reporting")
assert all((outbox, inbox, idempotency, dead_letters))


def is_ours(name: str | None, *_: object) -> bool:
    return name != "alembic_version"


def is_told(_thing: object, _name: str | None, kind: str, reflected: bool, _other: object) -> bool:
    """Foreign and unique keys stand in the migrations alone, where they carry the tenant."""
    return not (reflected and kind in ("foreign_key_constraint", "unique_constraint"))


def is_other_type(*compared: Any) -> bool | None:
    """Text and varchar are one type; for the rest Alembic knows best."""
    found, wanted = compared[-2:]
    texts = isinstance(found, String) and isinstance(wanted, String | AutoString)
    return False if texts else None


def difference(connection: Connection, metadata: list[MetaData]) -> list[object]:
    options = {"compare_type": is_other_type, "include_name": is_ours, "include_object": is_told}
    context = MigrationContext.configure(connection, opts=options)
    merged = MetaData()
    for each in metadata:
        for table in each.sorted_tables:
            table.to_metadata(merged)
    return list(compare_metadata(context, merged))


@pytest.mark.parametrize("name", SERVICES)
async def test_the_migrated_database_is_what_the_tables_say(service: Provide, name: str) -> None:
    tables = import_module(f"services.{name}.tables")
    async with service(name) as subject:
        engine = create_async_engine(async_url(subject.owner_url))
        async with engine.connect() as connection:
            found = await connection.run_sync(difference, [PLUMBING, tables.Row.metadata])
        await engine.dispose()
    assert found == []


async def test_migrating_again_and_at_the_same_time_changes_nothing(service: Provide) -> None:
    async with service("commitments") as commitments:
        module = import_module("services.commitments.__main__")
        await asyncio.gather(
            *(
                asyncio.to_thread(migrate, commitments.owner_url, module.SERVICE.migrations)
                for _ in range(3)
            )
        )
        rows = await commitments.rows("SELECT version_num FROM alembic_version")
    assert len(rows) == 1
