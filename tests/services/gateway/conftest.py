"""A gateway in front of two real services: `strategy`, which knows tenants, and `orders`."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway import development
from gateway.app import create_app
from gateway.settings import GatewaySettings
from shared.identity import write_key_pair
from tests.services.gateway.servers import Service, document, operation, serving

ECHO = {
    "/v1/echo": {
        method: operation(f"{method}_echo") for method in ("get", "put", "post", "delete", "patch")
    },
    "/v1/echo/{name}": {"get": operation("get_named_echo")},
    "/v1/hooks/{integration_id}": {"post": operation("receive_hook", security=[])},
}

Tokens = Callable[..., dict[str, str]]
Gateways = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    write_key_pair(folder / "internal.pem", folder / "internal.pub.pem")
    return folder


@pytest.fixture(scope="session")
def issuer_key(keys: Path) -> Ed25519PrivateKey:
    return development.key(keys / "development")


@pytest.fixture
def bearer(issuer_key: Ed25519PrivateKey) -> Tokens:
    """Headers with a token of the development issuer."""

    def headers(**claims: Any) -> dict[str, str]:
        meant: dict[str, Any] = {
            "audience": "see-platform",
            "tenant": "demo",
            "roles": ["viewer"],
            "subject": "ann",
            "seconds": 600,
        }
        signed = development.token(issuer_key, **{**meant, **claims})
        return {"authorization": f"Bearer {signed}"}

    return headers


@pytest.fixture(scope="session")
async def strategy_server() -> AsyncIterator[tuple[Service, str]]:
    service = Service()
    async with serving(service) as address:
        yield service, address


@pytest.fixture(scope="session")
async def orders_server() -> AsyncIterator[tuple[Service, str]]:
    service = Service()
    async with serving(service) as address:
        yield service, address


@pytest.fixture
def strategy(strategy_server: tuple[Service, str]) -> tuple[Service, str]:
    strategy_server[0].begin({})
    return strategy_server


@pytest.fixture
def orders(orders_server: tuple[Service, str]) -> tuple[Service, str]:
    orders_server[0].begin(ECHO)
    return orders_server


@pytest.fixture
def gateway_settings(
    keys: Path, tmp_path: Path, strategy: tuple[Service, str]
) -> Callable[..., GatewaySettings]:
    def settings(**told: Any) -> GatewaySettings:
        (tmp_path / "orders.json").write_text(json.dumps(document(ECHO)))
        (tmp_path / "strategy.json").write_text(json.dumps(document({})))
        upstreams = {"strategy": strategy[1], **told.pop("upstreams", {})}
        meant: dict[str, Any] = {
            "development": True,
            "development_folder": keys / "development",
            "internal_private_key_file": keys / "internal.pem",
            "snapshots": tmp_path,
            "refresh_seconds": 60,
        }
        return GatewaySettings(upstreams=upstreams, **{**meant, **told})

    return settings


@pytest.fixture
def gateways(gateway_settings: Callable[..., GatewaySettings]) -> Gateways:
    """Starts a gateway that has a snapshot of `orders`; gives a client of it."""

    @asynccontextmanager
    async def started(**told: Any) -> AsyncIterator[httpx.AsyncClient]:
        app = create_app(gateway_settings(**told))
        async with serving(app) as address, httpx.AsyncClient(base_url=address) as client:
            yield client

    return started


@pytest.fixture
async def client(
    gateways: Gateways, orders: tuple[Service, str]
) -> AsyncIterator[httpx.AsyncClient]:
    async with gateways(upstreams={"orders": orders[1]}) as started:
        yield started
