"""The frame of a service's process: `serve`, `work`, `migrate` or `openapi`."""

import argparse
import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, NoReturn, TypeVar

import uvloop
from fastapi import FastAPI
from pydantic import ValidationError

from shared import metrics, migrations, telemetry
from shared.http import Lifespan
from shared.identity import Verifier
from shared.serving import serve
from shared.settings import ServiceSettings
from shared.store import Follower, Store
from shared.worker import Worker

S = TypeVar("S", bound=ServiceSettings)


@dataclass(frozen=True, slots=True)
class Service(Generic[S]):
    """What distinguishes one service from another, for the frame that runs it."""

    name: str
    settings: type[S]
    create_app: Callable[[S], FastAPI]
    create_worker: Callable[[S], Worker]
    migrations: Path

    def main(self) -> None:
        """Do what the command line says."""
        parser = argparse.ArgumentParser(prog=f"python -m services.{self.name}")
        parser.add_argument("command", choices=("serve", "work", "migrate", "openapi"))
        command = parser.parse_args().command
        settings = self._settings()
        telemetry.configure(f"{self.name}-{command}", settings.log_level, settings.otlp_endpoint)
        {
            "serve": self._serve,
            "work": self._work,
            "migrate": self._migrate,
            "openapi": self._openapi,
        }[command](settings)

    def _settings(self) -> S:
        try:
            return self.settings()
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            name = "_".join(map(str, first["loc"]))
            self._refuse(name, first["msg"])

    def _refuse(self, setting: str, why: str) -> NoReturn:
        """End the process with one line that names the environment variable."""
        prefix = self.settings.model_config["env_prefix"]
        sys.exit(f"{self.name}: {prefix}{setting.upper()}: {why}")

    def _serve(self, settings: S) -> None:
        key = settings.internal_public_key_file
        if not key.is_file():
            self._refuse("internal_public_key_file", f"there is no file {key}")
        app = self.create_app(settings)
        serve(app, app.state, settings)

    def _work(self, settings: S) -> None:
        measured = metrics.configure(f"{self.name}-work", settings)

        async def run() -> None:
            await self.create_worker(settings).run(measured=measured)

        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(run())

    def _migrate(self, settings: S) -> None:
        url = settings.migration_database_url
        if url is None:
            self._refuse("migration_database_url", "is not set; the database's owner is needed")
        migrations.migrate(url, self.migrations)

    def _openapi(self, settings: S) -> None:
        document = self.create_app(settings).openapi()
        sys.stdout.write(json.dumps(document, indent=1, ensure_ascii=False, sort_keys=True) + "\n")


def standing(name: str, settings: ServiceSettings, followers: Sequence[Follower] = ()) -> Lifespan:
    """The lifespan of a service that has a database: opens the store, loads the verifying key."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.verifier = Verifier.from_file(settings.internal_public_key_file, name)
        app.state.store = Store(settings.database_url, settings.pool_size, followers)
        yield
        await app.state.store.close()

    return lifespan
