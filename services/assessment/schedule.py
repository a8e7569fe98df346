"""Time in: what wakes up when."""

from collections.abc import Mapping
from datetime import UTC, datetime

from services.assessment.operations.erasure import BATCH, erase_due
from services.assessment.operations.reminders import remind_raters
from shared.store import Store
from shared.worker import Step

REMIND_SECONDS = 1.0
"""A reminder is told within this time of its instant."""
RETENTION_SECONDS = 600.0


def steps() -> Mapping[str, Step]:
    """The loops of the assessment worker."""

    async def remind(store: Store) -> float:
        return 0 if await remind_raters(store, datetime.now(UTC)) else REMIND_SECONDS

    async def erase(store: Store) -> float:
        full = await erase_due(store, datetime.now(UTC)) == BATCH
        return 0 if full else RETENTION_SECONDS

    return {"remind": remind, "erase": erase}
