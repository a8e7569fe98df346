"""Ticketing tools: how each signs and identifies a delivery, and how its payload is read."""

from collections.abc import Mapping
from typing import Any, Protocol

from services.commitments.providers import servicenow


class Provider(Protocol):
    """One ticketing tool; each is a module of this package."""

    SIGNATURE_HEADER: str

    def is_authentic(self, headers: Mapping[str, str], body: bytes, secrets: list[str]) -> bool:
        """Whether one of the secrets signed these bytes."""

    def key(self, headers: Mapping[str, str], body: bytes, payload: Any) -> str:
        """The tool's own identity of a delivery; `payload` is None when the body is not JSON."""


PROVIDERS: Mapping[str, Provider] = {"servicenow": servicenow}
