"""The whole platform as real processes, once for all system tests."""

import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import pytest

from deploy.local.login import token
from tests.conftest import ROOT


@dataclass
class PlatformUnderTest:
    """A run of `make run`: where it answers and what it printed."""

    url: str
    data: Path
    process: subprocess.Popen[str]
    printed: list[str]

    def client(self, tenant: str = "demo", role: str = "administrator") -> httpx.AsyncClient:
        bearer = token(self.data / "keys", tenant, role)
        headers = {"authorization": f"Bearer {bearer}"}
        return httpx.AsyncClient(base_url=self.url, headers=headers, timeout=30)

    def child(self, *words: str) -> psutil.Process:
        """The process of the run whose command line holds all of these words."""
        for child in psutil.Process(self.process.pid).children():
            if all(word in child.cmdline() for word in words):
                return child
        raise LookupError(words)


def free_block() -> int:
    """The first of eleven ports in a row that nobody listens on."""
    listening = (c for c in psutil.net_connections("tcp") if c.status == psutil.CONN_LISTEN)
    taken = {c.laddr.port for c in listening if c.laddr}
    start = 20_000 + os.getpid() % 10_000
    return next(p for p in range(start, 40_000, 11) if not taken & set(range(p, p + 11)))


def started(data: Path, port: int, **settings: str) -> subprocess.Popen[str]:
    """A run of the platform on these ports, as `make run` starts it."""
    environment = {**os.environ, "SEE_PORT": str(port), "SEE_DATA": str(data), **settings}
    return subprocess.Popen(
        [sys.executable, "-m", "deploy.local"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def read_until(process: subprocess.Popen[str], said: str) -> list[str]:
    """What it prints up to the line that says this; fails when it ends before."""
    lines: list[str] = []
    assert process.stdout is not None
    for line in process.stdout:
        lines.append(line.rstrip())
        if said in line:
            return lines
    raise AssertionError(f"ended without saying {said!r}: {lines}")


def stopped(process: subprocess.Popen[str]) -> list[str]:
    """Ctrl-C; what it still prints."""
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=60)
    return said.splitlines()


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlatformUnderTest]:
    """The platform with the sample loaded, as a first start leaves it."""
    data, port = tmp_path_factory.mktemp("platform"), free_block()
    process = started(data, port)
    try:
        printed = read_until(process, "Ctrl-C stops everything")
        yield PlatformUnderTest(f"http://127.0.0.1:{port}", data, process, printed)
    finally:
        if process.poll() is None:
            stopped(process)


@pytest.fixture
async def demo(platform: PlatformUnderTest) -> AsyncIterator[httpx.AsyncClient]:
    """The demo tenant's administrator."""
    async with platform.client() as client:
        yield client
