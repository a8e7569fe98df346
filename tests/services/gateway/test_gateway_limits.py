"""Callers are held to their rate, each on their own."""

import httpx

from tests.services.gateway.conftest import Gateways, Tokens
from tests.services.gateway.servers import Service
from tests.services.gateway.test_gateway_proxy import problem

Served = tuple[Service, str]


async def test_a_caller_beyond_its_burst_is_429_and_told_when_to_return(
    gateways: Gateways, bearer: Tokens, orders: Served
) -> None:
    async with gateways(upstreams={"orders": orders[1]}, user_rate=0.1, user_burst=2) as client:
        first = await client.get("/v1/echo", headers=bearer())
        assert first.headers["ratelimit-policy"] == '"user";q=2;w=20'
        assert first.headers["ratelimit"] == '"user";r=1'
        await client.get("/v1/echo", headers=bearer())
        refused = await client.get("/v1/echo", headers=bearer())
        problem(refused, 429, "too-many-requests")
        assert 1 <= int(refused.headers["retry-after"]) <= 10
        assert refused.headers["ratelimit"].startswith('"user";r=0;t=')
        other = await client.get("/v1/echo", headers=bearer(subject="ben"))
        assert other.status_code == 200
    assert len(orders[0].seen) == 3


async def test_integrations_are_limited_one_by_one(gateways: Gateways, orders: Served) -> None:
    async with gateways(upstreams={"orders": orders[1]}, hook_rate=0.1, hook_burst=1) as client:
        statuses = [
            (await client.post(f"/v1/hooks/{integration}")).status_code
            for integration in ("itg_1", "itg_1", "itg_2")
        ]
    assert statuses == [200, 429, 200]


async def test_the_gateways_own_public_operations_are_not_counted(
    gateways: Gateways,
) -> None:
    async with gateways(hook_rate=0.1, hook_burst=1) as client:
        assert [await _status(client) for _ in range(3)] == [200, 200, 200]


async def _status(client: httpx.AsyncClient) -> int:
    return (await client.get("/healthz")).status_code
