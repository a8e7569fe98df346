"""Of two transactions that wait for each other one is ended, and may try again."""

import asyncio

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from shared.store import Session, Store, is_unavailable
from tests.conftest import Provide

BOTH = 2


async def test_a_deadlock_is_no_fault_of_what_was_asked(service: Provide) -> None:
    async with service("strategy") as strategy:
        met = asyncio.Barrier(BOTH)
        answers = await asyncio.gather(
            crossing(strategy.store, met, 1, 2),
            crossing(strategy.store, met, 2, 1),
            return_exceptions=True,
        )
    (ended,) = [each for each in answers if each is not None]

    assert isinstance(ended, DBAPIError)
    assert is_unavailable(ended)


async def crossing(store: Store, met: asyncio.Barrier, first: int, second: int) -> None:
    async with store.transaction("demo") as session:
        await lock(session, first)
        await met.wait()
        await lock(session, second)


async def lock(session: Session, key: int) -> None:
    await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})
