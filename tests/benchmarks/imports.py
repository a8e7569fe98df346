"""Imports through the gateway: rows a second, and how much memory a large file takes."""

import asyncio
import itertools
import os
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import psutil

from deploy.local.login import token
from deploy.local.sample import incidents
from tests.benchmarks.figures import show
from tests.builders import integration
from tests.system.conftest import free_block, read_until, started, stopped

ROWS = int(os.environ.get("SEE_IMPORTED_ROWS", "500000"))
"""How many rows the file has."""
MEGABYTE = 1024 * 1024


def run() -> None:
    """Print the figures of one file, from its first byte to the answer."""
    with tempfile.TemporaryDirectory() as folder:
        data, port = Path(folder), free_block()
        process = started(data, port)
        try:
            read_until(process, "Ctrl-C stops everything")
            children = psutil.Process(process.pid).children()
            bearer = token(data / "keys", "demo", "administrator")
            asyncio.run(_measure(f"http://127.0.0.1:{port}", bearer, children))
        finally:
            stopped(process)


async def _measure(url: str, bearer: str, children: list[psutil.Process]) -> None:
    headers = {"authorization": f"Bearer {bearer}"}
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=900) as client:
        hook = await integration(client)
        asked = {"integration_id": hook.path.rpartition("/")[2], "format": "csv"}
        peaks: dict[str, int] = {}
        watching = asyncio.create_task(_watch(children, peaks))
        began = time.monotonic()
        answer = await client.post("/v1/imports", params=asked, content=_file())
        seconds = time.monotonic() - began
        watching.cancel()
    answer.raise_for_status()
    told = answer.json()
    show("rows imported", f"{told['rows']:,} ({told['bytes'] / MEGABYTE:.0f} MiB)")
    show("rows a second, to the answer", f"{told['rows'] / seconds:,.0f}/s")
    for name, peak in sorted(peaks.items()):
        show(f"most memory of {name}", f"{peak / MEGABYTE:.0f} MiB")


async def _file() -> AsyncIterator[bytes]:
    """Events of the sample, again and again under other numbers."""
    events = incidents.events()
    names = list(events[0])
    lines = [",".join(names)]
    for number, event in enumerate(itertools.islice(itertools.cycle(events), ROWS)):
        renamed = {**event, "number": f"{event['number']}-{number // len(events)}"}
        lines.append(",".join(f'"{renamed[name]}"' for name in names))
        if len(lines) == 1_000:
            yield ("\n".join(lines) + "\n").encode()
            lines = []
    yield ("\n".join(lines) + "\n").encode()


async def _watch(children: list[psutil.Process], peaks: dict[str, int]) -> None:
    """The largest resident size of the gateway and of the service that serves."""
    named = {
        "the gateway": ("gateway",),
        "the service": ("services.commitments", "serve"),
        "the worker": ("services.commitments", "work"),
    }
    watched = {
        name: child
        for child in children
        for name, words in named.items()
        if all(word in child.cmdline() for word in words)
    }
    while True:
        for name, child in watched.items():
            peaks[name] = max(peaks.get(name, 0), child.memory_info().rss)
        await asyncio.sleep(0.2)
