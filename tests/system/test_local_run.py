"""Running the platform on one machine: faults are one line, a stop is clean, data stays."""

import os
import signal
import socket
import time
from pathlib import Path

import httpx
import psutil
import pytest

from deploy.local.login import token
from tests.builders import until
from tests.system.conftest import PlatformUnderTest, free_block, read_until, started, stopped


def test_a_busy_port_is_one_clear_line(tmp_path: Path) -> None:
    port = free_block()
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", port + 2))
        holder.listen()
        process = started(tmp_path, port, SEE_SAMPLE="0")
        said, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert said.splitlines() == [
        f"make run: port {port + 2} for commitments is in use; set SEE_PORT to move all ports"
    ]


def test_a_wrong_setting_is_one_clear_line(tmp_path: Path) -> None:
    process = started(tmp_path, 8000, SEE_PORT="http")
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert len(said.splitlines()) == 1
    assert said.startswith("make run: SEE_PORT: ")


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("DATABASE_URL", "the database of assessment cannot be set up: "),
        ("NATS_URL", "NATS_URL cannot be reached: "),
    ],
)
def test_a_server_that_is_not_there_is_one_clear_line(
    tmp_path: Path, setting: str, said: str
) -> None:
    nowhere = f"{'nats' if setting == 'NATS_URL' else 'postgresql'}://x@127.0.0.1:9/x"
    process = started(tmp_path, free_block(), SEE_SAMPLE="0", **{setting: nowhere})
    printed, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert len(printed.splitlines()) == 1
    assert printed.startswith(f"make run: {said}")


def test_ctrl_c_stops_every_process_and_a_second_start_has_the_data(tmp_path: Path) -> None:
    port = free_block()
    first = started(tmp_path, port, SEE_SAMPLE="0")
    read_until(first, "Ctrl-C stops everything")
    children = psutil.Process(first.pid).children(recursive=True)
    secret = (tmp_path / "keys" / "internal.pem").read_bytes()
    cases = httpx.get(
        f"http://127.0.0.1:{port}/v1/cases",
        headers={"authorization": f"Bearer {token(tmp_path / 'keys', 'demo', 'viewer')}"},
    )
    said = stopped(first)
    _, alive = psutil.wait_procs(children, timeout=5)
    second = started(tmp_path, port, SEE_SAMPLE="0")
    began = time.monotonic()
    read_until(second, "Ctrl-C stops everything")
    took = time.monotonic() - began
    stopped(second)
    assert first.returncode == second.returncode == 0
    assert said[-1] == "Stopped."
    assert cases.json() == {"items": [], "next_cursor": None}
    assert alive == []
    assert (tmp_path / "keys" / "internal.pem").read_bytes() == secret
    assert took < 60


def test_a_start_after_a_killed_run_ends_what_that_run_left(tmp_path: Path) -> None:
    port = free_block()
    first = started(tmp_path, port, SEE_SAMPLE="0")
    read_until(first, "Ctrl-C stops everything")
    left = psutil.Process(first.pid).children(recursive=True)
    first.kill()
    first.communicate()
    second = started(tmp_path, port, SEE_SAMPLE="0")
    read_until(second, "Ctrl-C stops everything")
    _, alive = psutil.wait_procs(left, timeout=5)
    stopped(second)
    assert len(left) > 9
    assert alive == []


async def test_a_killed_process_is_started_again(
    platform: PlatformUnderTest, demo: httpx.AsyncClient
) -> None:
    victim = platform.child("services.strategy", "serve")
    os.kill(victim.pid, signal.SIGKILL)

    async def answers() -> bool:
        return (await demo.get("/v1/kpis")).status_code == 200

    first = await demo.get("/v1/kpis")
    await until(answers, "strategy answers again", 60)
    again = platform.child("services.strategy", "serve")
    assert first.status_code in (200, 503)
    assert again.pid != victim.pid
