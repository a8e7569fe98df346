"""How people and systems outside are told: one module a channel, each answers with an outcome."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

from services.commitments.channels import messengers
from services.commitments.channels.mail import Mailer
from services.commitments.channels.outcome import Outcome
from services.commitments.channels.webhook import Webhooks
from services.commitments.domain.alert_texts import Message

WEBHOOK, EMAIL = "webhook", "email"


class Sent(Protocol):
    """What is delivered: its stable id, and its content."""

    id: str
    channel: str
    body: dict[str, Any]


class Subscriber(Protocol):
    """Where a webhook goes, and the secrets that sign it."""

    url: str
    rotated_until: datetime | None

    @property
    def secrets(self) -> Sequence[str]: ...


class Channels:
    """Every channel of this process, with the connections that it keeps."""

    def __init__(self, *, allow_private: bool, mailer: Mailer | None = None) -> None:
        self._allow_private = allow_private
        self._webhooks = Webhooks(allow_private=allow_private)
        self._mailer = mailer

    async def push(self, sent: Sent, target: Subscriber, at: datetime) -> Outcome:
        """One try to push an event to a subscriber."""
        is_rotating = target.rotated_until is not None and at < target.rotated_until
        keys = target.secrets if is_rotating else target.secrets[:1]
        body = json.dumps(sent.body, ensure_ascii=False, separators=(",", ":")).encode()
        return await self._webhooks.send(target.url, keys, sent.id, body, at)

    async def mail(self, sent: Sent) -> Outcome:
        """One try to send a message by e-mail."""
        if self._mailer is None:
            return Outcome("no mail server is set")
        body = sent.body
        return await self._mailer.send(sent.id, body["address"], body["title"], body["text"])

    async def say(self, kind: str, credential: dict[str, str], said: Message) -> Outcome:
        """One try to say a message in a group or to a messenger's account."""
        return await messengers.send(
            kind, credential, said.title, said.text, allow_private=self._allow_private
        )

    async def close(self) -> None:
        await self._webhooks.close()
