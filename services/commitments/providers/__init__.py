"""Ticketing tools: how each signs and identifies a delivery, and how its payload is read."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, Protocol

from services.commitments.providers import (
    cloudevents,
    github,
    gitlab,
    glpi,
    jira,
    pagerduty,
    servicenow,
    standard_webhooks,
    zammad,
    zendesk,
)

ProviderName = Literal[
    "servicenow",
    "jira",
    "zendesk",
    "zammad",
    "glpi",
    "gitlab",
    "github",
    "pagerduty",
    "standard_webhooks",
    "cloudevents",
]


class Provider(Protocol):
    """One ticketing tool; each is a module of this package. Header names are in lower case."""

    NAME: str
    SIGNATURE_HEADER: str
    MAPPING: Mapping[str, Any]
    """What an integration's mapping says where an administrator says nothing else."""

    def is_authentic(
        self, headers: Mapping[str, str], body: bytes, secrets: list[str], at: datetime, /
    ) -> bool:
        """Whether one of the secrets signed these bytes, recently where the tool defines that."""

    def payload(self, headers: Mapping[str, str], body: bytes, /) -> Any:
        """What the delivery says, for the mapping to read; None when that is not JSON."""

    def key(self, headers: Mapping[str, str], body: bytes, said: Any, /) -> str:
        """The tool's own identity of a delivery; a second one under it is a duplicate."""


MAX_KEY = 300

PROVIDERS: Mapping[str, Provider] = {
    "servicenow": servicenow,
    "jira": jira,
    "zendesk": zendesk,
    "zammad": zammad,
    "glpi": glpi,
    "gitlab": gitlab,
    "github": github,
    "pagerduty": pagerduty,
    "standard_webhooks": standard_webhooks,
    "cloudevents": cloudevents,
}


def split(
    provider: Provider, headers: Mapping[str, str], body: bytes
) -> Sequence[tuple[Mapping[str, str], bytes]]:
    """Headers and body of each delivery that a request holds: one, or those of a batch."""
    if provider is PROVIDERS["cloudevents"]:
        return cloudevents.unbatched(headers, body)
    return [(headers, body)]


def delivery_key(provider: Provider, headers: Mapping[str, str], body: bytes) -> str:
    """The tool's own identity of a delivery, or a hash of one that is too long or not printable."""
    key = provider.key(headers, body, provider.payload(headers, body))
    if len(key) <= MAX_KEY and key.isprintable():
        return key
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()
