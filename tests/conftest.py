"""Real PostgreSQL and NATS for every test that asks for them: one server each per test run."""

import asyncio
import gc
import os
import socket
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from hypothesis import HealthCheck, settings

from deploy.local.broker import Broker
from deploy.local.children import Child
from deploy.local.postgres import Postgres, provision
from shared.bus import Bus
from shared.identity import Principal, Signer, write_key_pair
from shared.migrations import migrate
from shared.settings import ServiceSettings
from shared.store import Store

ROOT = Path(__file__).resolve().parents[1]

# Tests are not timed: a busy machine must not fail one.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

# Before 3.11.8 a garbage collection within ast.parse, which pytest calls for every module that it
# collects, can end in "AST constructor recursion depth mismatch" (python/cpython#106905).
gc.disable()


def pytest_collection_finish() -> None:
    gc.enable()


def free_port() -> int:
    """A port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Postgres, Broker]]:
    """PostgreSQL and NATS of this test run."""
    folder = tmp_path_factory.mktemp("servers")
    postgres = Postgres(folder / "postgres", free_port(), folder / "postgres.log", folder)
    broker = Broker(folder / "nats", free_port(), folder / "nats.log", folder)
    postgres.start()
    broker.start()
    yield postgres, broker
    for child in (broker.child, postgres.child):
        child.ask_to_stop()
        child.wait_or_kill(20)


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the key pair that signs and verifies internal identity."""
    folder = tmp_path_factory.mktemp("keys")
    write_key_pair(folder / "internal.pem", folder / "internal.pub.pem")
    return folder


@dataclass
class ServiceUnderTest:
    """One service with a fresh database: its settings, its app in this process, its workers."""

    name: str
    settings: ServiceSettings
    owner_url: str
    admin_url: str
    app: FastAPI
    signer: Signer
    logs: Path

    @property
    def store(self) -> Store:
        store: Store = self.app.state.store
        return store

    def client(
        self, tenant: str = "demo", *roles: str, language: str = "en", subject: str = ""
    ) -> httpx.AsyncClient:
        """A client that calls as the gateway would for this caller."""
        named = subject or f"tester@{tenant}"
        principal = Principal(named, tenant, frozenset(roles or {"administrator"}))
        headers = {
            "authorization": f"Bearer {self.signer.token(principal, self.name)}",
            "accept-language": language,
        }
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url="http://service", headers=headers)

    def environment(self) -> dict[str, str]:
        """The environment in which a process of this service works on the same database."""
        told = {
            "DATABASE_URL": self.settings.database_url,
            "NATS_URL": self.settings.nats_url,
            "INTERNAL_PUBLIC_KEY_FILE": str(self.settings.internal_public_key_file),
        }
        return {f"{self.name.upper()}_{name}": value for name, value in told.items()}

    def worker(self, **settings: str) -> Child:
        """A worker process of its own, to be killed or stopped by the test."""
        number = free_port()
        extra = {f"{self.name.upper()}_{name.upper()}": value for name, value in settings.items()}
        environment = {
            **self.environment(),
            **extra,
            f"{self.name.upper()}_HEALTH_PORT": str(number),
            "PYTHONPATH": str(ROOT),
        }
        child = Child(
            f"{self.name} worker",
            [sys.executable, "-m", f"services.{self.name}", "work"],
            environment,
            self.logs / f"worker-{number}.log",
        )
        child.start()
        return child

    async def rows(self, query: str, *arguments: Any) -> list[asyncpg.Record]:
        """Rows as the superuser sees them, whatever the tenant."""
        database = self.settings.database_url.rpartition("/")[2]
        connection = await asyncpg.connect(self.admin_url.rpartition("/")[0] + f"/{database}")
        try:
            return list(await connection.fetch(query, *arguments))
        finally:
            await connection.close()


Provide = Callable[[str], Any]


@pytest.fixture
def service(servers: tuple[Postgres, Broker], keys: Path, tmp_path: Path) -> Provide:
    """`async with service("strategy") as strategy` gives that service a fresh database."""

    @asynccontextmanager
    async def provide(name: str) -> AsyncIterator[ServiceUnderTest]:
        module = __import__(f"services.{name}.__main__", fromlist=["SERVICE"])
        database = f"see_{name}_{os.urandom(4).hex()}"
        urls = await provision(servers[0].url, name, database)
        await asyncio.to_thread(migrate, urls["owner"], module.SERVICE.migrations)
        settings = module.SERVICE.settings(
            database_url=urls["app"],
            nats_url=servers[1].url,
            internal_public_key_file=keys / "internal.pub.pem",
        )
        app = module.SERVICE.create_app(settings)
        signer = Signer.from_file(keys / "internal.pem")
        async with app.router.lifespan_context(app):
            yield ServiceUnderTest(
                name, settings, urls["owner"], servers[0].url, app, signer, tmp_path
            )

    return provide


@pytest.fixture
async def bus(servers: tuple[Postgres, Broker]) -> AsyncIterator[Bus]:
    """A connection to the stream of this test run."""
    connection = await Bus.connect(servers[1].url, "test")
    await connection.ensure_stream(1)
    yield connection
    await connection.close()


@asynccontextmanager
async def served(app: Any) -> AsyncIterator[str]:
    """The app behind a real HTTP listener; its address."""
    port = free_port()
    server = uvicorn.Server(
        uvicorn.Config(app, host="127.0.0.1", port=port, log_config=None, lifespan="off")
    )
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    await task
