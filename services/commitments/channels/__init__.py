"""How people and systems outside are told: one module a channel, each answers with an outcome."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

from services.commitments.channels.outcome import Outcome
from services.commitments.channels.webhook import Webhooks


class Sent(Protocol):
    """What is delivered: its stable id, and its content."""

    id: str
    channel: str
    body: dict[str, Any]


class Subscriber(Protocol):
    """Where a webhook goes, and the secrets that sign it."""

    url: str
    secrets: Sequence[str]
    rotated_until: datetime | None


class Channels:
    """Every channel of this process, with the connections that it keeps."""

    def __init__(self, *, allow_private: bool) -> None:
        self._webhooks = Webhooks(allow_private=allow_private)

    async def send(self, sent: Sent, target: Subscriber, at: datetime) -> Outcome:
        """One try over the channel that the notification names."""
        is_rotating = target.rotated_until is not None and at < target.rotated_until
        keys = target.secrets if is_rotating else target.secrets[:1]
        body = json.dumps(sent.body, ensure_ascii=False, separators=(",", ":")).encode()
        return await self._webhooks.send(target.url, keys, sent.id, body, at)

    async def close(self) -> None:
        await self._webhooks.close()
