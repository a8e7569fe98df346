"""The services' documents: from the release's snapshot first, then from the services themselves."""

import asyncio
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import rfc8785
import structlog

from gateway.domain.composition import Platform, compose
from gateway.domain.grammar import Document
from gateway.routing import Router

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Surface:
    """One composed document: its canonical bytes, their ETag and the routes it describes."""

    body: bytes
    etag: str
    router: Router

    @classmethod
    def of(cls, fragments: Mapping[str, Document], platform: Platform) -> "Surface":
        """Raises ValueError: CompositionError, or a number that JSON cannot carry."""
        document = compose(fragments, platform)
        owners = {path: name for name, each in fragments.items() for path in each.get("paths", {})}
        owners |= dict.fromkeys(platform.document["paths"], "gateway")
        body = rfc8785.dumps(document)
        return cls(body, f'"{hashlib.sha256(body).hexdigest()}"', Router(document, owners))


@dataclass(slots=True)
class Fragment:
    """The last good document of one service and where it came from."""

    document: Document | None = None
    source: str = "none"
    fetched_at: datetime | None = None
    fault: str | None = "not fetched yet"

    def status(self, service: str) -> dict[str, Any]:
        return {
            "service": service,
            "source": self.source,
            "stale": self.fault is not None,
            "fetched_at": self.fetched_at and self.fetched_at.isoformat(),
            "fault": self.fault,
        }


class Fragments:
    """Keeps the surface current; what a service last said stays until it says something usable."""

    def __init__(
        self,
        upstreams: Mapping[str, str],
        snapshots: Path,
        platform: Platform,
        http: httpx.AsyncClient,
    ) -> None:
        self._upstreams = upstreams
        self._platform = platform
        self._http = http
        self._held = {service: _snapshot(snapshots, service) for service in upstreams}
        self.surface = Surface.of(self._documents(), platform)

    def status(self) -> list[dict[str, Any]]:
        return [self._held[service].status(service) for service in sorted(self._held)]

    async def keep_current(self, seconds: float) -> None:
        """Fetch every service's document, again and again."""
        while True:
            try:
                await self.refresh()
            except Exception:
                log.exception("refresh_failed")
            await asyncio.sleep(seconds)

    async def refresh(self) -> None:
        """Fetch every service's document once and serve what fits."""
        fetched = await asyncio.gather(*(self._fetched(service) for service in self._upstreams))
        for service, document in zip(self._upstreams, fetched, strict=True):
            if document is not None:
                await self._accept(service, document)

    async def _fetched(self, service: str) -> Document | None:
        try:
            answer = await self._http.get(f"{self._upstreams[service]}/openapi.json")
            document = answer.raise_for_status().json()
        except (httpx.HTTPError, ValueError) as error:
            self._stale(service, "unreachable" if _away(error) else "unreadable", error)
            return None
        if not isinstance(document, dict):
            self._stale(service, "unreadable", TypeError("not an object"))
            return None
        return document

    async def _accept(self, service: str, document: Document) -> None:
        held = self._held[service]
        if document != held.document:
            documents = {**self._documents(), service: document}
            try:
                self.surface = await asyncio.to_thread(Surface.of, documents, self._platform)
            except (ValueError, TypeError, AttributeError, LookupError, RecursionError) as error:
                self._stale(service, "does not fit the platform's document", error)
                return
            log.info("surface_changed", service=service, etag=self.surface.etag)
        self._held[service] = Fragment(document, "live", datetime.now(UTC), None)

    def _stale(self, service: str, fault: str, error: Exception) -> None:
        if self._held[service].fault != fault:
            log.warning("fragment_stale", service=service, fault=fault, error=repr(error))
        self._held[service].fault = fault

    def _documents(self) -> dict[str, Document]:
        return {
            service: held.document
            for service, held in self._held.items()
            if held.document is not None
        }


def _snapshot(folder: Path, service: str) -> Fragment:
    try:
        text = (folder / f"{service}.json").read_text(encoding="utf-8")
    except FileNotFoundError:
        log.warning("snapshot_missing", service=service)
        return Fragment()
    return Fragment(json.loads(text), "snapshot")


def _away(error: Exception) -> bool:
    return isinstance(error, httpx.TransportError | httpx.HTTPStatusError)
