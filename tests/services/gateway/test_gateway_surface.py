"""One document, always served; docs that need nothing from outside; honest health."""

import asyncio
import hashlib
import json
import re
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import rfc8785

from gateway.app import create_app
from gateway.settings import GatewaySettings
from shared import problems
from tests.services.gateway.conftest import Gateways, Tokens
from tests.services.gateway.servers import Service, document, free_port, operation, serving
from tests.services.gateway.test_gateway_proxy import problem

Served = tuple[Service, str]


async def eventually(holds: Callable[[], Awaitable[bool]]) -> None:
    until = time.monotonic() + 5
    while not await holds():
        assert time.monotonic() < until
        await asyncio.sleep(0.05)


async def status_of(client: httpx.AsyncClient, bearer: Tokens, service: str) -> dict[str, Any]:
    status = (await client.get("/v1/platform/status", headers=bearer())).json()
    return next(each for each in status["services"] if each["service"] == service)


async def paths(client: httpx.AsyncClient) -> set[str]:
    return set((await client.get("/openapi.json")).json()["paths"])


async def test_the_document_is_canonical_and_revalidates(client: httpx.AsyncClient) -> None:
    response = await client.get("/openapi.json")
    assert response.content == rfc8785.dumps(response.json())
    etag = response.headers["etag"]
    assert etag == f'"{hashlib.sha256(response.content).hexdigest()}"'
    for held in (etag, f'"other", {etag}', f"W/{etag}", "*"):
        again = await client.get("/openapi.json", headers={"if-none-match": held})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    assert (await client.get("/openapi.json", headers={"if-none-match": '"x"'})).status_code == 200


async def test_the_document_describes_the_gateway_and_every_problem_it_answers(
    client: httpx.AsyncClient,
) -> None:
    described = (await client.get("/openapi.json")).json()
    assert described["paths"].keys() >= {"/openapi.json", "/v1/platform/status", "/v1/echo"}
    echo = described["paths"]["/v1/echo"]["get"]
    assert echo["responses"].keys() == {"200", "401", "403", "429", "502", "503", "504"}
    assert described["components"]["schemas"]["Problem"] == problems.SCHEMA
    assert described["servers"] == [{"url": "/"}]


async def test_a_head_request_has_the_length_and_no_body(client: httpx.AsyncClient) -> None:
    whole = await client.get("/openapi.json")
    head = await client.head("/openapi.json")
    assert (head.headers["content-length"], head.content) == (str(len(whole.content)), b"")


async def test_the_document_does_not_shrink_when_a_service_goes_away(
    gateways: Gateways, bearer: Tokens
) -> None:
    port = free_port()
    service = Service({"/v1/fresh": {"get": operation("get_fresh")}})
    upstreams = {"orders": f"http://127.0.0.1:{port}"}
    async with gateways(upstreams=upstreams, refresh_seconds=0.1) as client:
        status = await status_of(client, bearer, "orders")
        assert (status["source"], status["stale"]) == ("snapshot", True)
        assert "/v1/echo" in await paths(client)

        async with serving(service, port):

            async def fresh() -> bool:
                return "/v1/fresh" in await paths(client)

            await eventually(fresh)
            status = await status_of(client, bearer, "orders")
            assert (status["source"], status["stale"], status["fault"]) == ("live", False, None)
        before = (await client.get("/openapi.json")).headers["etag"]

        async def stale() -> bool:
            return bool((await status_of(client, bearer, "orders"))["stale"])

        await eventually(stale)
        assert (await client.get("/openapi.json")).headers["etag"] == before
        assert (await client.get("/v1/fresh", headers=bearer())).status_code == 503


@pytest.mark.parametrize(
    "live",
    [
        document({"/v1/tenants": {"get": operation("list_tenants")}}),
        document({"/v1/x": {"get": operation("x", security=[{"unheard": []}])}}),
        document({"/v1/x": {"get": {"operationId": "x", "maximum": 2**63}}}),
        {"openapi": "3.1.0", "paths": []},
        {"openapi": "3.0.3"},
        [],
    ],
)
async def test_a_document_that_does_not_fit_leaves_the_last_good_one(
    gateways: Gateways, bearer: Tokens, strategy: Served, live: Any
) -> None:
    taken = document({"/v1/tenants": {"get": operation("list_tenants")}})
    strategy[0].document = taken
    service = Service()
    service.document = live
    async with (
        serving(service) as address,
        gateways(upstreams={"orders": address}, refresh_seconds=0.1) as client,
    ):

        async def refused() -> bool:
            status = await status_of(client, bearer, "orders")
            return status["fault"] not in (None, "not fetched yet")

        await eventually(refused)
        assert "/v1/echo" in await paths(client)


async def test_a_service_cannot_take_over_the_gateways_own_paths(
    gateways: Gateways, orders: Served
) -> None:
    orders[0].document = document({"/healthz": {"get": operation("healthz")}})
    async with gateways(upstreams={"orders": orders[1]}) as client:
        assert (await client.get("/healthz")).json() == {"status": "alive"}
    assert orders[0].seen == []


async def test_a_gateway_without_any_snapshot_still_starts(
    gateway_settings: Callable[..., GatewaySettings], tmp_path: Path
) -> None:
    settings = gateway_settings(snapshots=tmp_path / "nothing")
    async with serving(create_app(settings)) as address, httpx.AsyncClient() as client:
        assert (await client.get(f"{address}/readyz")).status_code == 200


@pytest.mark.parametrize("path", ["/", "/docs"])
async def test_pages_load_everything_from_the_gateway(client: httpx.AsyncClient, path: str) -> None:
    page = await client.get(path)
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in page.headers["content-security-policy"]
    loaded = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert not [each for each in loaded if not each.startswith(("/", "data:,"))]
    for address in loaded:
        if address.startswith("/"):
            response = await client.get(address)
            assert response.status_code == 200
            assert not re.search(rb"url\(['\"]?(?:https?:)?//", response.content[:400_000])


async def test_versioned_assets_are_kept_for_good_and_the_rest_revalidates(
    client: httpx.AsyncClient,
) -> None:
    page = await client.get("/docs")
    script = next(each for each in re.findall(r'src="([^"]+)"', page.text) if "swagger" in each)
    assert "immutable" in (await client.head(script)).headers["cache-control"]
    assert page.headers["cache-control"] == "no-cache"
    again = await client.get("/docs", headers={"if-none-match": page.headers["etag"]})
    assert again.status_code == 304
    problem(await client.post("/docs"), 405, "method-not-allowed")


async def test_a_draining_gateway_is_alive_serves_and_is_not_ready(
    gateway_settings: Callable[..., GatewaySettings], bearer: Tokens, orders: Served
) -> None:
    app = create_app(gateway_settings(upstreams={"orders": orders[1]}))
    async with serving(app) as address, httpx.AsyncClient(base_url=address) as client:
        app.draining = True
        assert (await client.get("/readyz")).status_code == 503
        assert (await client.get("/healthz")).status_code == 200
        response = await client.get("/v1/echo", headers=bearer())
        assert (response.status_code, response.headers["connection"]) == (200, "close")


async def test_the_status_needs_an_identity(client: httpx.AsyncClient) -> None:
    problem(await client.get("/v1/platform/status"), 401, "unauthenticated")


async def test_unknown_paths_are_problems_in_the_callers_language(
    client: httpx.AsyncClient,
) -> None:
    response = await client.get("/v1/nothing", headers={"accept-language": "zh-CN,en;q=0.5"})
    assert problem(response, 404, "not-found")["title"] == "未找到"
    assert response.headers["content-language"] == "zh"


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_UPSTREAMS", json.dumps({"strategy": "http://strategy:8080"}))
    monkeypatch.setenv("GATEWAY_USER_BURST", "7")
    settings = GatewaySettings()
    assert (settings.upstreams, settings.user_burst) == ({"strategy": "http://strategy:8080"}, 7)


@pytest.mark.parametrize(
    "told",
    [
        {"algorithms": {"HS256"}},
        {"algorithms": {"none"}},
        {"issuer": "https://id.example"},
        {"upstreams": {"orders": "http://orders:1"}},
        {"upstreams": {"strategy": "http://user:secret@strategy/path"}},
    ],
)
def test_senseless_settings_are_refused_at_the_start(told: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        GatewaySettings(**told)
