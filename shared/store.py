"""The store is a service's own PostgreSQL database, seen by one tenant at a time."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import URL, DateTime, MetaData, Table, make_url, text
from sqlalchemy.exc import DBAPIError, InterfaceError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession, create_async_engine

PLUMBING = MetaData()
"""Tables that every service's database has: outbox, inbox, dead letters, idempotency keys."""

Instant = DateTime(timezone=True)
"""Column type of every instant."""

Session = AsyncSession

Follower = Callable[[AsyncSession, Any], Awaitable[None]]
"""What a service does about the events it records, in the transaction that records them."""


def async_url(url: str) -> URL:
    """Any PostgreSQL address, with the driver that the platform uses."""
    return make_url(url).set(drivername="postgresql+asyncpg")


class Store:
    """Transactions on one service's database.

    `transaction(tenant)` sees and writes that tenant's rows only: PostgreSQL enforces it, whatever
    the query says. `queue()` acts as the service's queue role, which sees the queue tables and the
    integration directory across tenants and nothing else, until `enter` names a tenant.
    """

    def __init__(self, url: str, pool_size: int = 10, followers: Sequence[Follower] = ()) -> None:
        address = async_url(url)
        self._queue_role = f"{address.database}_queue"
        self._followers = followers
        self.engine = create_async_engine(
            address,
            pool_size=pool_size,
            max_overflow=0,
            pool_pre_ping=True,
            pool_timeout=10,
            connect_args={"timeout": 10, "server_settings": {"timezone": "UTC"}},
        )

    @asynccontextmanager
    async def transaction(self, tenant: str, subject: str = "") -> AsyncIterator[Session]:
        """One transaction of one tenant: committed when the block ends, undone when it raises.

        Row security can tell the caller from others by `subject`; without one it is nobody.
        """
        async with self._begun() as session:
            await act_for(session, tenant, subject)
            yield session

    @asynccontextmanager
    async def queue(self) -> AsyncIterator[Session]:
        """One transaction as the queue role, across tenants."""
        async with self._begun() as session:
            await session.execute(text(f'SET LOCAL ROLE "{self._queue_role}"'))
            yield session

    async def ready(self) -> bool:
        """Whether the database answers now."""
        try:
            async with asyncio.timeout(2), self.engine.connect() as connection:
                await connection.execute(text("SELECT 1"))
        except (OSError, DBAPIError, TimeoutError):
            return False
        return True

    async def close(self) -> None:
        await self.engine.dispose()

    @asynccontextmanager
    async def _begun(self) -> AsyncIterator[Session]:
        session = AsyncSession(self.engine, expire_on_commit=False)
        session.info["followers"] = self._followers
        try:
            yield session
            await session.commit()
        finally:
            # A request cancelled here would leave its connection checked out for ever.
            await asyncio.shield(session.close())


async def enter(session: Session, tenant: str) -> None:
    """Leave the queue role within a `queue()` transaction, and act for this tenant from here on."""
    await session.execute(text("RESET ROLE"))
    await act_for(session, tenant)


async def act_for(session: Session, tenant: str, subject: str = "") -> None:
    """See and write this tenant's rows, as this subject, from here on in this transaction."""
    session.info["tenant"] = tenant
    await session.execute(_ACT, {"tenant": tenant, "subject": subject})


_ACT = text(
    "SELECT set_config('see.tenant', :tenant, true), set_config('see.subject', :subject, true)"
)


def is_unavailable(error: BaseException) -> bool:
    """Whether the same may succeed later: the database is away, or broke a deadlock."""
    if isinstance(error, OSError | PoolTimeout | InterfaceError):
        return True
    if not isinstance(error, DBAPIError):
        return False
    # Class 08 is a broken connection, 57P a server that stops or starts, 53 one without resources,
    # 40P01 a deadlock, of which one transaction was ended for the other.
    sqlstate = str(getattr(error.orig, "sqlstate", None) or "")
    return error.connection_invalidated or sqlstate.startswith(("08", "57P", "53", "40P01"))


def core(row: type[Any]) -> Table:
    """The table behind a row class, for statements on many rows that need no objects."""
    table: Table = row.__table__
    return table


async def database_now(connection: AsyncConnection | Session) -> datetime:
    """The database's clock, which all replicas share."""
    now: datetime = (await connection.execute(text("SELECT clock_timestamp()"))).scalar_one()
    return now
