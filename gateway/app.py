"""The gateway, wired from its settings."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import httpx

from gateway import development
from gateway.admission import Admission
from gateway.directory import Directory
from gateway.edge import Gateway, kept_current
from gateway.fragments import Fragments
from gateway.identity import Gate, Keys
from gateway.issuers import KeySet, OneKey
from gateway.limits import Limiter
from gateway.live import Live
from gateway.pages import pages
from gateway.passes import Passes
from gateway.proxy import Proxy
from gateway.settings import GatewaySettings
from gateway.surface import platform
from gateway.upstream import Upstream
from shared.identity import Signer


def create_app(settings: GatewaySettings) -> Gateway:
    """The gateway with these settings; reads its keys and the snapshots, opens no connection."""
    http = httpx.AsyncClient(timeout=2 * settings.connect_seconds, trust_env=False)
    fragments = Fragments(settings.upstreams, settings.snapshots, platform(), http)
    live = Live(settings.nats_url, settings.max_streams, settings.stream_seconds)
    upstreams = {name: _upstream(url, settings) for name, url in settings.upstreams.items()}

    @asynccontextmanager
    async def lifespan() -> AsyncIterator[None]:
        async with http, live.connected(), kept_current(fragments, settings.refresh_seconds):
            yield
        for upstream in upstreams.values():
            upstream.close()

    return Gateway(
        pages(),
        fragments,
        _admission(settings, http),
        Proxy(
            upstreams,
            max_body_bytes=settings.max_body_bytes,
            stall_seconds=settings.stall_seconds,
        ),
        live,
        lifespan,
        settings.request_seconds,
    )


def _admission(settings: GatewaySettings, http: httpx.AsyncClient) -> Admission:
    passes = Passes(Signer.from_file(settings.internal_private_key_file))
    strategy = settings.upstreams["strategy"]
    return Admission(
        Gate(
            _issuers(settings, http),
            audience=settings.audience,
            algorithms=settings.algorithms,
            leeway_seconds=settings.leeway_seconds,
        ),
        Directory(strategy, http, passes.token, settings.operator_tenant),
        passes,
        Limiter("user", settings.user_rate, settings.user_burst),
        Limiter("hook", settings.hook_rate, settings.hook_burst),
    )


def _issuers(settings: GatewaySettings, http: httpx.AsyncClient) -> Mapping[str, Keys]:
    issuers: dict[str, Keys] = {}
    if settings.issuer and settings.jwks:
        issuers[settings.issuer] = KeySet(settings.jwks, http)
    if settings.development:
        signing = development.key(settings.development_folder)
        issuers[development.ISSUER] = OneKey(signing.public_key())
    return issuers


def _upstream(address: str, settings: GatewaySettings) -> Upstream:
    return Upstream(
        address,
        connect_seconds=settings.connect_seconds,
        idle_seconds=settings.idle_seconds,
        max_in_flight=settings.max_in_flight,
    )
