"""The platform as `make run` starts it: start-up, sample load, memory, and its answers."""

import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil

from tests.benchmarks.figures import show
from tests.system.conftest import free_block, read_until, started, stopped

BARE = "import fastapi, uvicorn, time; print('up', flush=True); time.sleep(60)"
REQUESTS = 300


def run() -> None:
    """Print the figures of a first and a second start on this machine."""
    with tempfile.TemporaryDirectory() as folder:
        data, port = Path(folder), free_block()
        bare = _bare_megabytes()
        baseline = _seconds_to_import()
        for start in ("first", "second"):
            began = time.monotonic()
            process = started(data, port)
            try:
                answered = _first_answer(port) - began
                said = read_until(process, "Ctrl-C stops everything")
                show(f"{start} start to the first answer", f"{answered:.1f} s",
                     answered / baseline, "importing FastAPI once")  # fmt: skip
                for line in said:
                    if "accepted" in line:
                        show("sample load", line.split("(")[1].split(")")[0])
                if start == "second":
                    _memory(process, bare)
                    asyncio.run(_round_trips(port))
            finally:
                stopped(process)


def _first_answer(port: int) -> float:
    while True:
        try:
            answer = httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=1)
        except httpx.HTTPError:
            time.sleep(0.02)
        else:
            if answer.status_code == httpx.codes.OK:
                return time.monotonic()


def _seconds_to_import() -> float:
    began = time.monotonic()
    subprocess.run([sys.executable, "-c", "import fastapi, uvicorn"], check=True)
    return time.monotonic() - began


def _bare_megabytes() -> float:
    with subprocess.Popen([sys.executable, "-c", BARE], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        used = _pss(psutil.Process(process.pid))
        process.kill()
    return used


def _memory(process: subprocess.Popen[str], bare: float) -> None:
    total = 0.0
    for child in _tree(process.pid):
        total += _pss(child)
    show(
        "memory of all processes (PSS)", f"{total:.0f} MB", total / bare, "one bare FastAPI process"
    )


def _tree(pid: int) -> Iterator[psutil.Process]:
    root = psutil.Process(pid)
    yield root
    yield from root.children(recursive=True)


def _pss(process: psutil.Process) -> float:
    return float(process.memory_full_info().pss) / 1e6


async def _round_trips(port: int) -> None:
    async with httpx.AsyncClient() as client:
        through = await _each(client, f"http://127.0.0.1:{port}/readyz")
        service = await _each(client, f"http://127.0.0.1:{port + 1}/healthz")
    show("gateway answer by itself", f"{through * 1e3:.2f} ms", through / service,
         "a service's liveness")  # fmt: skip


async def _each(client: httpx.AsyncClient, url: str) -> float:
    await client.get(url)
    began = time.perf_counter()
    for _ in range(REQUESTS):
        (await client.get(url)).raise_for_status()
    return (time.perf_counter() - began) / REQUESTS
