"""Evidence as people bring it: uploads, links, series, and where they are attached."""

from typing import Any

import httpx

from tests.services.assessment.assessors import People

DESCRIBED = {"title": "Customer satisfaction", "dated_on": "2026-06-30"}


async def upload(
    caller: httpx.AsyncClient,
    content: bytes,
    name: str = "notes.txt",
    declared: str = "text/plain",
    **said: Any,
) -> httpx.Response:
    """Bring a file."""
    files = {"file": (name, content, declared)}
    return await caller.post("/v1/evidence", data={**DESCRIBED, **said}, files=files)


async def brought(people: People, subject: str, content: bytes = b"86.05", **said: Any) -> str:
    """The id of a text file that this subject brought."""
    async with people(subject) as caller:
        answer = await upload(caller, content, **said)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def attach(
    people: People, subject: str, path: str, evidence: str, cell: str, **said: Any
) -> httpx.Response:
    """Attach evidence to a cell of the assessment at this path."""
    async with people(subject) as caller:
        return await caller.post(f"{path}/evidence/{evidence}", json={"cell": cell, **said})
