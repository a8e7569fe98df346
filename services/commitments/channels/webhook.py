"""Outgoing webhooks as Standard Webhooks has them: signed, never redirected, pinned to an address.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import asyncio
import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Iterable
from datetime import datetime

import httpx

from services.commitments.channels.addresses import ForbiddenAddress, resolved
from services.commitments.channels.outcome import Outcome

TIMEOUT_SECONDS = 15.0
MAX_RESPONSE = 1000
"""How much of an answer is kept for the log, in bytes."""

_PREFIX = "whsec_"


def new_secret() -> str:
    """A fresh secret of 24 random bytes, in the form that the libraries of the standard read."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(24)).decode()


def is_secret(secret: str) -> bool:
    """Whether this is a secret of 24 to 64 bytes in that form."""
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except binascii.Error:
        return False
    return secret.startswith(_PREFIX) and 24 <= len(key) <= 64


def signatures(keys: Iterable[str], message_id: str, at: datetime, body: bytes) -> str:
    """The `webhook-signature` header: one signature a secret, so that a receiver can rotate."""
    signed = f"{message_id}.{int(at.timestamp())}.".encode() + body
    digests = (
        hmac.digest(base64.b64decode(key.removeprefix(_PREFIX)), signed, hashlib.sha256)
        for key in keys
    )
    return " ".join(f"v1,{base64.b64encode(digest).decode()}" for digest in digests)


class Webhooks:
    """Sends webhooks over its own connections, which follow no proxy and no redirect."""

    def __init__(self, *, allow_private: bool) -> None:
        self._allow_private = allow_private
        # Idle connections go before the usual five seconds after which servers close theirs: what
        # is sent into such an end fails, and its next try may be minutes away.
        limits = httpx.Limits(max_connections=None, keepalive_expiry=1.0)
        # Connections are kept by address. One whose certificate was checked for one name must not
        # carry what is meant for another name of the same address.
        alone = httpx.Limits(max_connections=None, max_keepalive_connections=0)
        self._client = httpx.AsyncClient(
            timeout=TIMEOUT_SECONDS,
            trust_env=False,
            follow_redirects=False,
            limits=limits,
            mounts={"https://": httpx.AsyncHTTPTransport(trust_env=False, limits=alone)},
        )

    async def send(
        self, url: str, keys: Iterable[str], message_id: str, body: bytes, at: datetime
    ) -> Outcome:
        """Push one message; only a 2xx within TIMEOUT_SECONDS counts as delivered."""
        headers = {
            "content-type": "application/json",
            "user-agent": "SEE-Platform/1",
            "webhook-id": message_id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": signatures(keys, message_id, at, body),
        }
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                return await self._post(httpx.URL(url), headers, body)
        except ForbiddenAddress as error:
            return Outcome(str(error))
        except TimeoutError:
            return Outcome(f"no answer within {TIMEOUT_SECONDS:.0f} s")
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            return Outcome(f"{type(error).__name__}: {error}"[:300])

    async def close(self) -> None:
        await self._client.aclose()

    async def _post(self, url: httpx.URL, headers: dict[str, str], body: bytes) -> Outcome:
        port = url.port or (443 if url.scheme == "https" else 80)
        address = await resolved(url.host, port, allow_private=self._allow_private)
        # The certificate is checked against the name, the connection goes to the address.
        request = self._client.build_request(
            "POST",
            url.copy_with(host=address),
            headers={**headers, "host": url.netloc.decode()},
            content=body,
            extensions={"sni_hostname": url.host},
        )
        response = await self._client.send(request, stream=True)
        try:
            said = await _start(response)
        finally:
            await response.aclose()
        status = response.status_code
        error = None if response.is_success else f"answered {status}"
        return Outcome(error, status, said, gone=status == httpx.codes.GONE)


async def _start(response: httpx.Response) -> str:
    kept = b""
    async for part in response.aiter_raw():
        kept += part
        if len(kept) >= MAX_RESPONSE:
            break
    return kept[:MAX_RESPONSE].decode(errors="replace").replace("\0", "\ufffd")
