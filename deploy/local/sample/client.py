"""A client of the gateway, as any integration would write one."""

import asyncio
import hashlib
import hmac
import json
import ssl
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import httpx

SENDERS = 12


class SampleFailed(Exception):  # noqa: N818 - its text is the one line that a person reads
    """The gateway refused a part of the sample; the text says which."""


class Client:
    """One tenant's calls; what exists already is left as it is."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url
        self._trust = ssl.create_default_context()
        self._http = self._connected({"authorization": f"Bearer {token}"})

    def _connected(self, headers: Mapping[str, str]) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            base_url=self._url, headers=headers, timeout=30, verify=self._trust, trust_env=False
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._http.aclose()

    async def create(self, path: str, body: Mapping[str, Any]) -> dict[str, Any] | None:
        """What was created, None when it was there already."""
        answer = await self._http.post(path, json=body)
        if answer.status_code == httpx.codes.CONFLICT:
            return None
        return _read(answer)

    async def change(self, method: str, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Change what the path shows, on the revision that it shows now."""
        held = await self._http.get(path)
        _read(held)
        headers = {"if-match": held.headers["etag"]}
        return _read(await self._http.request(method, path, json=body, headers=headers))

    async def post(self, path: str) -> dict[str, Any]:
        return _read(await self._http.post(path))

    async def get(self, path: str, **query: str) -> dict[str, Any]:
        return _read(await self._http.get(path, params=query))

    async def every(self, path: str, **query: str) -> list[dict[str, Any]]:
        """All items of a list, page by page."""
        items: list[dict[str, Any]] = []
        cursor: dict[str, str] = {}
        while True:
            page = await self.get(path, limit="500", **query, **cursor)
            items += page["items"]
            if page["next_cursor"] is None:
                return items
            cursor = {"cursor": page["next_cursor"]}

    async def push(self, hook: str, secret: str, payloads: Sequence[Mapping[str, Any]]) -> None:
        """Push webhooks in this order, some at once; a refused or lost one is sent again."""
        waiting = iter(payloads)

        async def send() -> None:
            # A pool of many busy connections costs httpx more than the requests: one each.
            async with self._connected({}) as http:
                for payload in waiting:
                    await _push(http, hook, secret, json.dumps(payload).encode())

        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(SENDERS):
                    group.create_task(send())
        except* (SampleFailed, httpx.HTTPError) as failed:
            # Senders fail alike: the first says what is wrong.
            raise SampleFailed(str(failed.exceptions[0])) from failed


async def _push(http: httpx.AsyncClient, hook: str, secret: str, body: bytes) -> None:
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    headers = {"content-type": "application/json", "x-see-signature": f"sha256={signature}"}
    for attempt in range(8):
        answer = await http.post(hook, content=body, headers=headers)
        if answer.status_code not in (429, 503):
            _read(answer)
            return
        await asyncio.sleep(0.1 * 2**attempt)
    raise SampleFailed(f"{hook}: {answer.status_code} {answer.text[:200]}")


def _read(answer: httpx.Response) -> dict[str, Any]:
    if answer.is_error:
        asked = f"{answer.request.method} {answer.request.url.path}"
        raise SampleFailed(f"{asked}: {answer.status_code} {answer.text[:300]}")
    body: dict[str, Any] = answer.json()
    return body
