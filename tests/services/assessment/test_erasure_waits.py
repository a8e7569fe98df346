"""Whoever rates or aggregates while somebody is erased is neither stopped nor misled."""

import asyncio
from datetime import UTC, datetime

from sqlalchemy import text

from services.assessment.operations.erasure import erase_person
from services.assessment.queries import assessments as queries
from services.assessment.schemas.erasure import PersonErasure
from shared.identity import Principal, Role
from tests.services.assessment.assessors import People
from tests.services.assessment.test_sealed_aggregates import LEVELS, assessed, erased

ADAM = Principal("adam", "demo", frozenset({Role.ADMINISTRATOR}))


async def somebody_waits(people: People) -> None:
    """Returns once a transaction waits for a lock."""
    waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    while True:
        async with people.service.store.transaction("demo", "adam") as session:
            if (await session.execute(waiting)).scalar_one():
                return
        await asyncio.sleep(0.02)


async def test_a_rater_who_is_erased_while_rating_is_taken_out_after_that(people: People) -> None:
    id_ = (await people.opened("ann", "bob")).rpartition("/")[2]
    async with asyncio.timeout(30):
        async with people.service.store.transaction("demo", "ann") as session:
            await queries.assessment_for_entry(session, id_)
            erasure = asyncio.create_task(erased(people, "ann"))
            await somebody_waits(people)
            held = await queries.find_rater(session, id_, "ann", lock=True)
        await erasure
    left = await people.service.rows("SELECT subject FROM assessment_rater")

    assert held is not None
    assert [each["subject"] for each in left] == ["bob"]


async def test_whom_an_erasure_takes_is_in_no_aggregate_that_is_sealed_meanwhile(
    people: People,
) -> None:
    campaign = await assessed(people, LEVELS)
    told = PersonErasure(person="p3", reason="asked for")
    async with asyncio.timeout(30), people("lea") as lead:
        async with people.service.store.transaction("demo", "adam") as session:
            await erase_person(session, told, ADAM, datetime.now(UTC))
            sealing = asyncio.create_task(lead.post(f"{campaign}/seals"))
            await somebody_waits(people)
        answer = await sealing

    assert answer.status_code == 409, answer.text
    assert await people.service.rows("SELECT 1 FROM campaign_seal_member") == []
