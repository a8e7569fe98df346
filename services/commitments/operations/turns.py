"""Changes that could contradict each other only together go one after the other."""

from sqlalchemy import text

from shared.store import Session


async def take_turns(session: Session, over: str) -> None:
    """Wait until nobody else of this tenant changes such things; until the transaction ends.

    Taken before any row, so that whoever waits holds nothing that another needs.
    """
    key = text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))")
    await session.execute(key, {"key": f"{over}:{session.info['tenant']}"})
