"""What reaches a service, what comes back, and what a caller sees when a service misbehaves."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Callable

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from gateway.upstream import Upstream
from tests.services.gateway.conftest import ECHO, Gateways, Tokens
from tests.services.gateway.servers import (
    Handler,
    Service,
    head_of,
    raw_server,
    serving,
    talking,
)

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
Orders = tuple[Service, str]


def problem(response: httpx.Response, status: int, slug: str) -> dict[str, object]:
    assert response.headers["content-type"] == "application/problem+json"
    body: dict[str, object] = response.json()
    assert (response.status_code, body["type"]) == (status, f"urn:see-platform:problem:{slug}")
    assert body["request_id"] == response.headers["x-request-id"]
    return body


@pytest.fixture
def in_front_of(gateways: Gateways) -> Callable[..., AsyncIterator[httpx.AsyncClient]]:
    """A gateway before a service that speaks bytes."""

    async def started(handler: Handler, **told: object) -> AsyncIterator[httpx.AsyncClient]:
        async with (
            raw_server(handler) as address,
            gateways(upstreams={"orders": address}, **told) as client,
        ):
            yield client

    return started


InFrontOf = Callable[..., AsyncIterator[httpx.AsyncClient]]


# Fidelity


async def test_body_bytes_pass_untouched(
    client: httpx.AsyncClient, bearer: Tokens, orders: Orders
) -> None:
    sent = bytes(range(256)) * 1000
    headers = bearer() | {"content-encoding": "gzip", "content-type": "application/json"}
    response = await client.post("/v1/echo", content=sent, headers=headers)
    assert response.content == sent
    assert dict(orders[0].seen[0]["headers"])[b"content-encoding"] == b"gzip"


async def test_repeated_headers_and_odd_bytes_come_back_as_they_were(
    client: httpx.AsyncClient, bearer: Tokens
) -> None:
    response = await client.get("/v1/echo", headers=bearer())
    raw = [(name.lower(), value) for name, value in response.headers.raw]
    assert [value for name, value in raw if name == b"set-cookie"] == [b"a=1", b"b=2"]
    assert [value for name, value in raw if name == b"via"] == [b"1.1 first", b"1.1 second"]
    assert (b"x-latin", b"caf\xe9") in raw
    assert len([name for name, _ in raw if name == b"date"]) == 1
    assert b"x-hop" not in dict(raw)


async def test_hop_by_hop_headers_stay_behind(
    client: httpx.AsyncClient, bearer: Tokens, orders: Orders
) -> None:
    headers = [
        *bearer().items(),
        *(("connection", "x-mine, keep-alive"), ("x-mine", "1"), ("te", "trailers")),
        *(("x-kept", "1"), ("x-kept", "2"), ("upgrade", "h2c"), ("proxy-authorization", "x")),
    ]
    await client.get("/v1/echo", headers=headers)
    seen = orders[0].seen[0]["headers"]
    names = {name for name, _ in seen}
    assert names.isdisjoint((b"x-mine", b"te", b"upgrade", b"proxy-authorization", b"keep-alive"))
    assert [value for name, value in seen if name == b"x-kept"] == [b"1", b"2"]


async def test_identity_that_a_caller_claims_by_headers_is_dropped(
    client: httpx.AsyncClient, bearer: Tokens, orders: Orders
) -> None:
    claimed = {
        "x-see-tenant": "other",
        "X-See-Roles": "administrator",
        "x-forwarded-host": "elsewhere",
        "forwarded": "for=10.0.0.1",
        "x-real-ip": "10.0.0.1",
    }
    await client.get("/v1/echo", headers=bearer() | claimed)
    seen = orders[0].seen[0]["headers"]
    assert not [name for name, _ in seen if name.startswith((b"x-see-", b"x-forwarded-"))]
    forwarded = [value for name, value in seen if name == b"forwarded"]
    host = client.base_url.netloc.decode()
    assert forwarded == [f'for=127.0.0.1;proto=http;host="{host}"'.encode()]


async def test_paths_and_queries_pass_as_they_were_sent(
    client: httpx.AsyncClient, bearer: Tokens, orders: Orders
) -> None:
    target = "/v1/%65cho/a%252Fb'~%E7%BB%93?q='x'&r=%2f|&q="
    async with talking(str(client.base_url)) as (reader, writer):
        token = bearer()["authorization"]
        request = f"GET {target} HTTP/1.1\r\nhost: x\r\nauthorization: {token}\r\n\r\n"
        writer.write(request.encode())
        assert b"200 OK" in await head_of(reader)
    seen = orders[0].seen[0]
    assert b"?".join((seen["raw_path"], seen["query_string"])).decode() == target


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/v1/echo/..%2f..%2finternal%2ftenants", 400),
        ("/v1/echo/../../internal/tenants/demo", 400),
        ("/v1/echo/%2e%2e", 400),
        ("/v1/echo/a%2Fb", 400),
        ("/v1/echo/a%5cb", 400),
        ("//v1/echo", 404),
        ("/v1//echo", 404),
        ("/v1/echo/", 404),
        ("/internal/tenants/demo", 404),
        ("/%69nternal/tenants/demo", 404),
    ],
)
async def test_paths_that_could_be_read_otherwise_reach_no_service(
    client: httpx.AsyncClient, bearer: Tokens, orders: Orders, target: str, status: int
) -> None:
    async with talking(str(client.base_url)) as (reader, writer):
        token = bearer()["authorization"]
        request = f"GET {target} HTTP/1.1\r\nhost: x\r\nauthorization: {token}\r\n\r\n"
        writer.write(request.encode())
        assert f" {status} ".encode() in await head_of(reader)
    assert orders[0].seen == []


async def test_a_wrong_method_is_told_which_ones_there_are(client: httpx.AsyncClient) -> None:
    response = await client.post("/v1/echo/a", headers={"accept-language": "zh-CN"})
    assert problem(response, 405, "method-not-allowed")["title"] == "不支持的方法"
    assert response.headers["allow"] == "GET, HEAD, OPTIONS"
    options = await client.options("/v1/echo/a")
    assert (options.status_code, options.headers["allow"]) == (204, "GET, HEAD, OPTIONS")


async def test_head_is_answered_like_get_without_the_body(
    client: httpx.AsyncClient, bearer: Tokens, orders: Orders
) -> None:
    response = await client.head("/v1/echo/a", headers=bearer())
    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["content-length"] == "0"
    assert orders[0].seen[0]["method"] == "GET"


# Context


async def test_a_sane_request_id_is_kept_and_an_odd_one_replaced(
    client: httpx.AsyncClient, bearer: Tokens, orders: Orders
) -> None:
    kept = await client.get("/v1/echo", headers=bearer() | {"x-request-id": "abc-1"})
    assert kept.headers.get_list("x-request-id") == ["abc-1"]
    assert dict(orders[0].seen[0]["headers"])[b"x-request-id"] == b"abc-1"
    replaced = await client.get("/v1/echo", headers=bearer() | {"x-request-id": "a b<"})
    assert replaced.headers["x-request-id"].startswith("req_")


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00", True),
        ("cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-later", True),
        ("00-00000000000000000000000000000000-b7ad6b7169203331-01", False),
        ("ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", False),
        ("00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01", False),
    ],
)
async def test_trace_context_passes_when_valid_and_begins_anew_otherwise(
    client: httpx.AsyncClient, bearer: Tokens, orders: Orders, sent: str, kept: bool
) -> None:
    headers = bearer() | {"traceparent": sent, "tracestate": "a=1"}
    await client.get("/v1/echo", headers=headers)
    seen = dict(orders[0].seen[0]["headers"])
    assert (seen[b"traceparent"] == sent.encode()) is kept
    assert (b"tracestate" in seen) is kept
    assert len(seen[b"traceparent"].split(b"-")[1]) == 32


async def test_the_time_left_is_passed_on(
    client: httpx.AsyncClient, bearer: Tokens, orders: Orders
) -> None:
    await client.get("/v1/echo", headers=bearer() | {"x-request-timeout": "2.5"})
    left = float(dict(orders[0].seen[0]["headers"])[b"x-request-timeout"])
    assert 2 < left <= 2.5


async def test_a_senseless_timeout_names_the_header(
    client: httpx.AsyncClient, bearer: Tokens
) -> None:
    response = await client.get("/v1/echo", headers=bearer() | {"x-request-timeout": "soon"})
    errors = problem(response, 422, "validation-failed")["errors"]
    assert isinstance(errors, list)
    assert errors[0]["header"] == "X-Request-Timeout"


# Streaming


async def test_bodies_stream_in_both_directions(gateways: Gateways, bearer: Tokens) -> None:
    class Ping(Service):
        async def handle(self, _scope: Scope, receive: Receive, send: Send) -> None:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            more = True
            while more:
                message = await receive()
                more = message["more_body"]
                data = b"<" + message["body"] + b">"
                await send({"type": "http.response.body", "body": data, "more_body": True})
            await send({"type": "http.response.body"})

    async with (
        serving(Ping(ECHO)) as address,
        gateways(upstreams={"orders": address}) as client,
        talking(str(client.base_url)) as (reader, writer),
    ):
        token = bearer()["authorization"]
        head = f"POST /v1/echo HTTP/1.1\r\nhost: x\r\nauthorization: {token}\r\n"
        writer.write(head.encode() + b"transfer-encoding: chunked\r\n\r\n")
        for part in (b"one", b"two"):
            writer.write(b"3\r\n" + part + b"\r\n")
            assert await asyncio.wait_for(reader.readuntil(b"<" + part + b">"), 2)
        writer.write(b"0\r\n\r\n")
        assert (await asyncio.wait_for(reader.readuntil(b"0\r\n\r\n"), 2)).endswith(b"0\r\n\r\n")


async def test_a_body_of_declared_length_keeps_it(
    client: httpx.AsyncClient, bearer: Tokens, orders: Orders
) -> None:
    sent = b"x" * 300_000
    assert (await client.put("/v1/echo", content=sent, headers=bearer())).content == sent
    seen = dict(orders[0].seen[0]["headers"])
    assert seen[b"content-length"] == b"300000"
    assert b"transfer-encoding" not in seen


async def test_a_slow_reader_holds_the_service_back(in_front_of: InFrontOf, bearer: Tokens) -> None:
    written = 0

    async def flood(_: bytes, __: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal written
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100000000\r\n\r\n")
        for _chunk in range(1000):
            writer.write(b"x" * 100_000)
            await writer.drain()
            written += 100_000

    async for client in in_front_of(flood):
        async with client.stream("GET", "/v1/echo", headers=bearer()) as response:
            assert response.status_code == 200
            await asyncio.sleep(0.5)
            assert written < 30_000_000


async def test_connections_to_a_service_are_kept(in_front_of: InFrontOf, bearer: Tokens) -> None:
    connections = 0

    async def serve(_: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        while True:
            writer.write(OK)
            await head_of(reader)

    async for client in in_front_of(serve):
        for _ in range(5):
            assert (await client.get("/v1/echo", headers=bearer())).text == "ok"
    assert connections == 1


async def test_a_connection_that_was_closed_meanwhile_is_not_used() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def once() -> None:
            peer, _ = listening.accept()
            with peer:
                peer.recv(1024)
                peer.sendall(OK)

        serving_once = threading.Thread(target=once)
        serving_once.start()
        upstream = Upstream(
            f"http://127.0.0.1:{listening.getsockname()[1]}",
            connect_seconds=1,
            idle_seconds=30,
            max_in_flight=1,
        )
        used = await upstream.connection(fresh=False)
        used.begin("GET", b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        assert await used.read() == (b"ok", False)
        upstream.release(used)
        # The loop does not run meanwhile, so nobody has told it of the end yet.
        serving_once.join()
        assert await upstream.connection(fresh=False) is not used
        upstream.close()
