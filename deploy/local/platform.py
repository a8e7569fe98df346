"""The processes of the platform on one machine: what each is told, how they start and stop."""

import asyncio
import contextlib
import json
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from urllib.parse import urlsplit

import asyncpg
from sqlalchemy.exc import SQLAlchemyError

from deploy.local.broker import Broker
from deploy.local.children import Child, LocalRunFailed, end_leftovers, remember
from deploy.local.postgres import Postgres, provision
from deploy.local.settings import ROOT, SERVICES, LocalSettings
from shared.identity import write_key_pair
from shared.migrations import migrate

RESTARTS = 5
"""How often a process may end within `RESTART_WINDOW` seconds before the run gives up."""
RESTART_WINDOW = 60.0


class Platform:
    """Everything that `make run` starts."""

    def __init__(self, settings: LocalSettings) -> None:
        self._settings = settings
        self._data = settings.data.resolve()
        self.keys = self._data / "keys"
        self._pids = self._data / "run" / "pids"
        self._ends: dict[str, list[float]] = {}
        self.children: list[Child] = []

    @property
    def gateway_url(self) -> str:
        return f"http://{self._settings.host}:{self._settings.port}"

    def start(self) -> None:
        """Start database, broker, services and gateway, in that order; returns when all answer."""
        end_leftovers(self._pids, self._data)
        self._check_ports()
        self._pids.parent.mkdir(parents=True, exist_ok=True)
        self._make_keys()
        database_url, nats_url = self._start_database(), self._start_broker()
        for service in SERVICES:
            urls = self._provision(database_url, service)
            self._start_service(service, urls["app"], nats_url)
        self._start("gateway", ["-m", "gateway", "serve"], self._gateway_environment(nats_url))
        self._wait_until_ready()

    def watch(self) -> None:
        """Start again whatever ends, until interrupted; raises when one keeps ending."""
        while True:
            time.sleep(0.3)
            for child in self.children:
                if child.ended is not None:
                    self._restart(child)

    def stop(self) -> None:
        """Stop everything, the gateway first and the database last."""
        servers = [c for c in self.children if c.name in ("PostgreSQL", "NATS")]
        clients = [c for c in self.children if c not in servers]
        for group in (clients, servers):
            for child in reversed(group):
                child.ask_to_stop()
            for child in group:
                child.wait_or_kill(30)
        self._pids.unlink(missing_ok=True)

    def _check_ports(self) -> None:
        for name, port in self._settings.ports().items():
            with contextlib.closing(socket.socket()) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind((self._settings.host, port))
                except OSError as error:
                    raise LocalRunFailed(
                        f"port {port} for {name} is in use; set SEE_PORT to move all ports"
                    ) from error

    def _make_keys(self) -> None:
        self.keys.mkdir(parents=True, exist_ok=True)
        private, public = self.keys / "internal.pem", self.keys / "internal.pub.pem"
        if not public.exists():
            write_key_pair(private, public)

    def _start_database(self) -> str:
        if self._settings.database_url is not None:
            return self._settings.database_url
        log = self._data / "logs" / "postgresql.log"
        server = Postgres(self._data / "postgres", self._settings.database_port, log, self._data)
        self.children.append(server.child)
        server.start()
        return server.url

    def _start_broker(self) -> str:
        if self._settings.nats_url is not None:
            _reach(self._settings.nats_url)
            return self._settings.nats_url
        log = self._data / "logs" / "nats.log"
        server = Broker(self._data / "nats", self._settings.broker_port, log, self._data)
        self.children.append(server.child)
        server.start()
        return server.url

    def _provision(self, database_url: str, service: str) -> dict[str, str]:
        try:
            urls = asyncio.run(provision(database_url, service))
            migrate(urls["owner"], ROOT / "services" / service / "migrations")
        except (OSError, ValueError, asyncpg.PostgresError, SQLAlchemyError) as error:
            said = str(error).splitlines()[0]
            raise LocalRunFailed(f"the database of {service} cannot be set up: {said}") from error
        return urls

    def _start_service(self, service: str, database_url: str, nats_url: str) -> None:
        told = {
            "HOST": self._settings.host,
            "PORT": str(self._settings.service_port(service)),
            "HEALTH_PORT": str(self._settings.worker_port(service)),
            "DATABASE_URL": database_url,
            "NATS_URL": nats_url,
            "INTERNAL_PUBLIC_KEY_FILE": str(self.keys / "internal.pub.pem"),
            "LOG_LEVEL": self._settings.log_level,
            "PUBLIC_URL": self.gateway_url,
        }
        environment = {f"{service.upper()}_{name}": value for name, value in told.items()}
        self._start(service, ["-m", f"services.{service}", "serve"], environment)
        self._start(f"{service} worker", ["-m", f"services.{service}", "work"], environment)

    def _gateway_environment(self, nats_url: str) -> dict[str, str]:
        told = {
            "HOST": self._settings.host,
            "PORT": str(self._settings.port),
            "LOG_LEVEL": self._settings.log_level,
            "DEVELOPMENT": "true",
            "DEVELOPMENT_FOLDER": str(self.keys),
            "INTERNAL_PRIVATE_KEY_FILE": str(self.keys / "internal.pem"),
            "NATS_URL": nats_url,
            "UPSTREAMS": json.dumps({s: self._upstream(s) for s in SERVICES}),
        }
        return {f"GATEWAY_{name}": value for name, value in told.items()}

    def _upstream(self, service: str) -> str:
        return f"http://{self._settings.host}:{self._settings.service_port(service)}"

    def _start(self, name: str, arguments: list[str], environment: Mapping[str, str]) -> None:
        log = self._data / "logs" / f"{name.replace(' ', '-')}.log"
        environment = {
            **environment,
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
            "SEE_RUN_DATA": str(self._data),
        }
        child = Child(name, [sys.executable, *arguments], environment, log)
        child.start()
        self.children.append(child)
        remember(self.children, self._pids)

    def _wait_until_ready(self) -> None:
        waiting = [port for name, port in self._settings.ports().items() if _has_probes(name)]
        deadline = time.monotonic() + 120
        while waiting:
            for child in self.children:
                if child.ended is not None:
                    raise LocalRunFailed(child.epitaph())
            if time.monotonic() > deadline:
                raise LocalRunFailed(f"not ready after two minutes: ports {waiting}")
            waiting = [port for port in waiting if not self._is_ready(port)]
            time.sleep(0.05)

    def _is_ready(self, port: int) -> bool:
        try:
            with urllib.request.urlopen(
                f"http://{self._settings.host}:{port}/readyz", timeout=2
            ) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def _restart(self, child: Child) -> None:
        now = time.monotonic()
        ends = [at for at in self._ends.get(child.name, []) if now - at < RESTART_WINDOW]
        self._ends[child.name] = [*ends, now]
        if len(ends) >= RESTARTS:
            raise LocalRunFailed(f"{child.epitaph()}; giving up after {RESTARTS} starts")
        sys.stderr.write(f"{child.epitaph()}; starting it again\n")
        child.start()
        remember(self.children, self._pids)


def _reach(nats_url: str) -> None:
    place = urlsplit(nats_url)
    try:
        socket.create_connection((place.hostname or "", place.port or 4222), timeout=5).close()
    except (OSError, ValueError) as error:
        raise LocalRunFailed(f"NATS_URL cannot be reached: {error}") from error


def _has_probes(name: str) -> bool:
    return name not in ("PostgreSQL", "NATS")
