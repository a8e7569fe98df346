"""A content that several people bring is stored once, and goes with the last evidence that has it.

Who brings what is being deleted at that moment neither fails nor loses it.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from sqlalchemy import text

from services.assessment.queries.evidence import delete_unused_contents
from tests.services.assessment.assessors import People
from tests.services.assessment.bringing import brought, upload

BODY = b"satisfaction 86.05"
SHA256 = hashlib.sha256(BODY).hexdigest()


async def bring(people: People, subject: str) -> httpx.Response:
    async with people(subject) as caller:
        return await upload(caller, BODY)


async def content(people: People, subject: str, evidence: str) -> bytes:
    async with people(subject) as caller:
        return (await caller.get(f"/v1/evidence/{evidence}/content")).content


async def waiting(people: People, many: int) -> None:
    """Until so many sessions wait for a lock."""
    query = """SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'"""
    for _ in range(500):
        if (await people.service.rows(query))[0][0] >= many:
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"fewer than {many} wait")


@asynccontextmanager
async def no_new_evidence(people: People) -> AsyncIterator[None]:
    """Whoever uploads meanwhile has stored the content, and waits to store its evidence."""
    async with people.service.store.transaction("demo") as session:
        await session.execute(text("LOCK TABLE evidence IN SHARE ROW EXCLUSIVE MODE"))
        yield


async def delete(people: People) -> None:
    async with people.service.store.transaction("demo") as session:
        await delete_unused_contents(session, [SHA256])


async def forgotten(people: People) -> None:
    """The content is there and nobody's evidence has it any more, as within an erasure."""
    first = await brought(people, "bob", BODY)
    async with people.service.store.transaction("demo", "bob") as session:
        await session.execute(text("DELETE FROM evidence WHERE id = :id"), {"id": first})


async def test_a_content_outlives_its_deletion_while_somebody_brings_it(people: People) -> None:
    await forgotten(people)
    async with no_new_evidence(people):
        bringing = asyncio.create_task(bring(people, "ann"))
        await waiting(people, 1)
        deleting = asyncio.create_task(delete(people))
        await waiting(people, 2)
    answer = await bringing
    await deleting

    assert answer.status_code == 201
    assert await content(people, "ann", answer.json()["id"]) == BODY


async def test_a_content_that_is_being_deleted_is_stored_anew(people: People) -> None:
    await forgotten(people)
    async with people.service.store.transaction("demo") as session:
        await delete_unused_contents(session, [SHA256])
        bringing = asyncio.create_task(bring(people, "ann"))
        await waiting(people, 1)
    answer = await bringing

    assert answer.status_code == 201
    assert await content(people, "ann", answer.json()["id"]) == BODY


async def test_uploads_and_deletions_at_once_never_fail(people: People) -> None:
    async def once(subject: str) -> int:
        answer = await bring(people, subject)
        path = f"/v1/evidence/{answer.json()['id']}"
        assert await content(people, subject, answer.json()["id"]) == BODY
        async with people(subject) as caller:
            gone = await caller.delete(path, headers={"if-match": "*"})
        return max(answer.status_code, gone.status_code)

    async def often(subject: str) -> list[int]:
        return [await once(subject) for _ in range(6)]

    told = await asyncio.gather(*(often(subject) for subject in ("ann", "bob", "cai", "dee")))

    assert {status for each in told for status in each} <= {201, 204}
    assert not await people.service.rows("SELECT 1 FROM evidence_content")
