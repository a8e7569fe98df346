"""Builders of what tests need before they act: definitions, signed webhooks, histories."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from deploy.local.sample import incidents

SECRET = "a-secret-of-the-ticketing-tool"


@dataclass
class Hook:
    """An integration that accepts webhooks: its path and its secret."""

    path: str
    secret: str = SECRET

    def headers(self, body: bytes, secret: str | None = None) -> dict[str, str]:
        digest = hmac.new((secret or self.secret).encode(), body, hashlib.sha256).hexdigest()
        return {"content-type": "application/json", "x-see-signature": f"sha256={digest}"}

    async def push(self, client: httpx.AsyncClient, payload: Any) -> httpx.Response:
        """Push one payload as the ticketing tool would."""
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        return await client.post(self.path, content=body, headers=self.headers(body))

    async def push_all(self, client: httpx.AsyncClient, payloads: Sequence[Any]) -> None:
        """Push many, some at once; each must be accepted."""
        gate = asyncio.Semaphore(32)

        async def one(payload: Any) -> None:
            async with gate:
                answer = await self.push(client, payload)
                assert answer.status_code == 202, answer.text

        await asyncio.gather(*(one(payload) for payload in payloads))


async def incident_process(client: httpx.AsyncClient) -> Hook:
    """The sample's calendar, process and promises, and an integration for it."""
    await _created(client, "/v1/calendars", incidents.CALENDAR)
    await _created(client, "/v1/processes", incidents.process())
    await _created(client, "/v1/services", incidents.SERVICE)
    for promise in incidents.promises():
        await published(client, promise)
    return await integration(client)


async def published(client: httpx.AsyncClient, promise: Mapping[str, Any]) -> dict[str, Any]:
    """A promise, or the next version of one, drafted and published."""
    draft = await _created(client, "/v1/promises", promise)
    answer = await client.post(f"/v1/promises/{draft['id']}/publish")
    assert answer.status_code == 200, answer.text
    row: dict[str, Any] = answer.json()
    return row


async def integration(client: httpx.AsyncClient) -> Hook:
    """One more integration for the sample's process."""
    body = {
        "name": "ServiceNow",
        "provider": "servicenow",
        "process": "incident",
        "mapping": incidents.MAPPING,
        "secrets": [SECRET],
    }
    return Hook((await _created(client, "/v1/integrations", body))["hook"])


def ticket(number: str, count: int, state: str, at: str, **other: str) -> dict[str, str]:
    """One audit event of a ticket; `at` is `DD-MM-YYYY HH:MM`."""
    return {
        "number": number,
        "incident_state": state,
        "sys_mod_count": str(count),
        "opened_at": "01-03-2016 08:00",
        "sys_updated_at": at,
        "priority": "3 - Moderate",
        "assignment_group": "Group 1",
        **other,
    }


async def until(is_so: Callable[[], Awaitable[Any]], what: str, seconds: float = 60) -> Any:
    """Wait until the answer is true, and return it; fails with what was waited for."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not (answer := await is_so()):
        assert asyncio.get_running_loop().time() < deadline, f"waited in vain until {what}"
        await asyncio.sleep(0.05)
    return answer


async def every_item(client: httpx.AsyncClient, path: str, **query: str) -> list[Mapping[str, Any]]:
    """All items of a list, page by page."""
    items: list[Mapping[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        answer = await client.get(path, params={**query, "limit": "500", **cursor})
        assert answer.status_code == 200, answer.text
        page = answer.json()
        items += page["items"]
        if page["next_cursor"] is None:
            return items
        cursor = {"cursor": page["next_cursor"]}


async def _created(client: httpx.AsyncClient, path: str, body: Any) -> dict[str, Any]:
    answer = await client.post(path, json=body)
    assert answer.status_code == 201, answer.text
    created: dict[str, Any] = answer.json()
    return created
