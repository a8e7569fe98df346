"""The gateway as a process: its commands, and how it stops."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import jwt
import pytest

from gateway import development
from tests.services.gateway.conftest import Tokens
from tests.services.gateway.servers import Service, free_port

ROOT = Path(__file__).parents[3]
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def environment(keys: Path, tmp_path: Path) -> dict[str, str]:
    return os.environ | {
        "GATEWAY_DEVELOPMENT": "true",
        "GATEWAY_DEVELOPMENT_FOLDER": str(keys / "development"),
        "GATEWAY_INTERNAL_PRIVATE_KEY_FILE": str(keys / "internal.pem"),
        "GATEWAY_SNAPSHOTS": str(tmp_path),
    }


@pytest.fixture
def run(environment: dict[str, str]) -> Run:
    def ran(*arguments: str, **changed: str) -> subprocess.CompletedProcess[str]:
        command = (sys.executable, "-m", "gateway", *arguments)
        told = environment | changed
        return subprocess.run(
            command, cwd=ROOT, env=told, capture_output=True, text=True, check=False, timeout=60
        )

    return ran


@asynccontextmanager
async def served(environment: dict[str, str]) -> AsyncIterator[tuple[int, httpx.AsyncClient]]:
    """The process id of a serving gateway and a client of it."""
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gateway", "serve", cwd=ROOT,
        env=environment | {"GATEWAY_PORT": str(port)}, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            until = time.monotonic() + 20
            while not await _ready(client):
                assert time.monotonic() < until
                await asyncio.sleep(0.1)
            yield process.pid, client
            assert await asyncio.wait_for(process.wait(), 10) in (0, -signal.SIGTERM)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _ready(client: httpx.AsyncClient) -> bool:
    try:
        return (await client.get("/readyz")).status_code == 200
    except httpx.ConnectError:
        return False


async def test_no_request_is_lost_while_the_process_stops(
    environment: dict[str, str], orders: tuple[Service, str], strategy: tuple[Service, str],
    bearer: Tokens,
) -> None:  # fmt: skip
    environment |= {
        "GATEWAY_UPSTREAMS": json.dumps({"orders": orders[1], "strategy": strategy[1]}),
        "GATEWAY_DRAIN_SECONDS": "1",
    }
    async with served(environment) as (pid, client):
        headers = bearer()
        until = time.monotonic() + 10
        while (await client.get("/v1/echo", headers=headers)).status_code == 404:
            assert time.monotonic() < until
            await asyncio.sleep(0.05)
        os.kill(pid, signal.SIGTERM)
        stopping = time.monotonic()
        await asyncio.sleep(0.1)
        assert (await client.get("/readyz")).status_code == 503
        statuses = set()
        while time.monotonic() - stopping < 0.7:
            statuses.add((await client.post("/v1/echo", headers=headers)).status_code)
        assert statuses == {200}


def test_a_token_is_printed_for_development(run: Run, keys: Path) -> None:
    done = run("token", "--tenant", "demo", "--role", "administrator, rater", "--ttl", "60")
    claims = jwt.decode(
        done.stdout.strip(),
        development.key(keys / "development").public_key(),
        algorithms=["EdDSA"],
        audience="see-platform",
        issuer=development.ISSUER,
    )
    assert (claims["tenant"], claims["roles"]) == ("demo", ["administrator", "rater"])
    assert claims["exp"] - claims["iat"] == 60


@pytest.mark.parametrize(
    ("arguments", "changed", "said"),
    [
        (("--role", "wizard"), {}, "no such role: wizard; there are viewer, "),
        ((), {"GATEWAY_DEVELOPMENT": "false"}, "in development only"),
    ],
)
def test_no_token_for_unknown_roles_or_outside_development(
    run: Run, arguments: tuple[str, ...], changed: dict[str, str], said: str
) -> None:
    done = run("token", "--tenant", "demo", *arguments, **changed)
    assert (done.returncode, done.stdout) == (1, "")
    assert said in done.stderr


async def test_processes_that_start_together_agree_on_the_development_key(tmp_path: Path) -> None:
    made = await asyncio.gather(
        *(asyncio.to_thread(development.key, tmp_path / "keys") for _ in range(8))
    )
    assert len({key.public_key().public_bytes_raw() for key in made}) == 1
    assert [path.name for path in (tmp_path / "keys").iterdir()] == ["issuer"]


def test_breaking_changes_of_the_document_are_written_on_request_alone(
    run: Run, tmp_path: Path
) -> None:
    upstreams = {"GATEWAY_UPSTREAMS": json.dumps({"strategy": "http://strategy:8080"})}
    snapshot = tmp_path / "platform.json"
    snapshot.write_text(json.dumps({"paths": {"/v1/gone": {"get": {"responses": {}}}}}))
    before = snapshot.read_bytes()

    checked = run("openapi", "--check", **upstreams)
    assert (checked.returncode, checked.stdout) == (1, "")
    assert checked.stderr.splitlines() == [
        "gateway: strategy.json has drifted; `make openapi` writes it",
        "gateway: platform.json has drifted; `make openapi` writes it",
        "gateway: breaking: GET /v1/gone is gone",
    ]
    refused = run("openapi", **upstreams)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.splitlines() == [
        "gateway: breaking: GET /v1/gone is gone",
        "gateway: nothing is written; --breaking accepts these changes",
    ]
    assert (snapshot.read_bytes(), [*tmp_path.glob("*.json")]) == (before, [snapshot])

    assert run("openapi", "--breaking", **upstreams).returncode == 0
    assert "/v1/tenants" in json.loads(snapshot.read_text(encoding="utf-8"))["paths"]
    settled = run("openapi", "--check", **upstreams)
    assert (settled.returncode, settled.stdout, settled.stderr) == (0, "", "")


def test_a_service_that_cannot_describe_itself_is_named(run: Run) -> None:
    done = run(
        "openapi", GATEWAY_UPSTREAMS=json.dumps({"strategy": "http://s", "missing": "http://m"})
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert "gateway: -m services.missing openapi failed" in done.stderr
