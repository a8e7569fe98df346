"""The log of deliveries is forgotten in time, batch by batch; what waits is not."""

from datetime import UTC, datetime

from services.commitments.operations.notification_retention import (
    BATCH,
    forget_old_notifications,
)
from tests.conftest import Provide, ServiceUnderTest


async def settled(
    commitments: ServiceUnderTest, name: str, status: str, days: int, many: int = 1
) -> None:
    """So many notifications with a try each, that were settled so many days ago."""
    await commitments.rows(
        """WITH new AS (
               INSERT INTO notification (id, tenant, target, channel, recipient, body, status,
                   attempts, tries, created_at, settled_at, next_attempt_at)
               SELECT $1 || n, CASE WHEN n % 2 = 0 THEN 'demo' ELSE 'other' END, 'email', 'email',
                   'Li', '{}', $2, 1, 1, now() - $3 * interval '1 day',
                   CASE WHEN $2 IN ('pending', 'cancelled') THEN NULL
                       ELSE now() - $3 * interval '1 day' END, now()
               FROM generate_series(1, $4::int) n RETURNING tenant, id)
           INSERT INTO notification_attempt (tenant, notification_id, number, at, milliseconds,
               response)
           SELECT tenant, id, 1, now(), 1, '' FROM new RETURNING 1""",
        name, status, days, many,
    )  # fmt: skip


async def names(commitments: ServiceUnderTest, table: str, column: str) -> set[str]:
    rows = await commitments.rows(f'SELECT {column} FROM "{table}"')
    return {row[0].rstrip("0123456789") for row in rows}


async def test_what_was_settled_long_ago_is_forgotten_in_batches_and_what_waits_stays(
    service: Provide,
) -> None:
    async with service("commitments") as commitments:
        assert commitments.settings.notification_days == 90
        await settled(commitments, "old-", "delivered", 91, BATCH + 10)
        for status in ("failed", "cancelled"):
            await settled(commitments, f"old-{status}-", status, 100)
        await settled(commitments, "waits-", "pending", 400, 2)
        await settled(commitments, "new-", "delivered", 89, 2)
        turns = []
        while more := await forget_old_notifications(commitments.store, datetime.now(UTC), 90):
            turns.append(more)
        left = await names(commitments, "notification", "id")
        tries = await names(commitments, "notification_attempt", "notification_id")
    assert turns == [BATCH, 12]
    assert left == tries == {"waits-", "new-"}
