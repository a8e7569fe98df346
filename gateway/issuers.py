"""Who may issue tokens, and the public keys that prove it."""

import asyncio
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import jwt
import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from shared.problems import UNAVAILABLE, Problem, Text

log = structlog.get_logger()

REFRESH_SECONDS = 600.0
RETRY_SECONDS = 10.0
"""The least time between two fetches, whatever key ids callers make up."""


class KeySet:
    """An issuer's keys from a file or an address; fetched once however many requests wait."""

    def __init__(self, source: str, http: httpx.AsyncClient) -> None:
        self._source = source
        self._http = http
        self._keys: dict[str | None, Any] = {}
        self._asked_at: float | None = None
        self._fetching: asyncio.Task[None] | None = None

    async def key(self, key_id: str | None) -> Any | None:
        """The public key; without an id, the only one there is. None when there is no such key.

        Raises a problem (503) while no key has ever been fetched.
        """
        age = None if self._asked_at is None else time.monotonic() - self._asked_at
        unknown = self._found(key_id) is None
        if age is None or age > (RETRY_SECONDS if unknown else REFRESH_SECONDS):
            await self._refreshed()
        if not self._keys:
            detail: Text = {
                "zh": "暂时无法取得身份提供方的密钥。",
                "en": "The identity provider's keys cannot be fetched for the moment.",
            }
            raise Problem(UNAVAILABLE, detail, headers={"retry-after": "5"})
        return self._found(key_id)

    def _found(self, key_id: str | None) -> Any | None:
        if key_id is None and len(self._keys) == 1:
            return next(iter(self._keys.values()))
        return self._keys.get(key_id)

    async def _refreshed(self) -> None:
        if self._fetching is None:
            self._fetching = asyncio.create_task(self._fetch())
            self._fetching.add_done_callback(lambda _: setattr(self, "_fetching", None))
        await asyncio.shield(self._fetching)

    async def _fetch(self) -> None:
        try:
            self._keys = parsed(json.loads(await self._read()))
        except (httpx.HTTPError, OSError, ValueError, TypeError, KeyError) as error:
            # The keys that are known stay in use: a provider may be away for a while.
            log.warning("keys_not_fetched", source=self._source, error=repr(error))
        self._asked_at = time.monotonic()

    async def _read(self) -> bytes:
        if not self._source.startswith(("http://", "https://")):
            return await asyncio.to_thread(Path(self._source).read_bytes)
        answer = await self._http.get(self._source)
        return answer.raise_for_status().content


class OneKey:
    """The development issuer's key."""

    def __init__(self, key: Ed25519PublicKey) -> None:
        self._key = key

    async def key(self, _key_id: str | None) -> Ed25519PublicKey:
        return self._key


def parsed(document: Mapping[str, Any]) -> dict[str | None, Any]:
    """The signature keys of a JWK set by id; keys of kinds that are not understood are left out."""
    keys: dict[str | None, Any] = {}
    for each in document["keys"]:
        if each.get("use", "sig") != "sig" or each.get("kty") == "oct":
            continue
        try:
            keys[each.get("kid")] = jwt.PyJWK(each).key
        except jwt.PyJWTError as error:
            log.warning("key_not_understood", kid=each.get("kid"), error=str(error))
    return keys
