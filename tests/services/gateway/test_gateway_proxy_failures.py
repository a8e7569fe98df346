"""What a client sees when a service is slow, gone, broken or too busy."""

import asyncio
import time
from collections.abc import AsyncIterator

import httpx
import pytest

from tests.services.gateway.conftest import ECHO, Gateways, Tokens
from tests.services.gateway.servers import (
    Service,
    free_port,
    serving,
    talking,
)
from tests.services.gateway.test_gateway_proxy import OK, InFrontOf, Orders, in_front_of, problem

__all__ = ["in_front_of"]


async def test_an_answer_that_ends_with_its_connection_is_whole(
    in_front_of: InFrontOf, bearer: Tokens
) -> None:
    async def close(_: bytes, __: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.0 200 OK\r\n\r\nuntil the end")

    async for client in in_front_of(close):
        assert (await client.get("/v1/echo", headers=bearer())).text == "until the end"


async def test_interim_answers_are_not_the_answer(in_front_of: InFrontOf, bearer: Tokens) -> None:
    async def hint(_: bytes, __: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n" + OK)

    async for client in in_front_of(hint):
        response = await client.get("/v1/echo", headers=bearer())
        assert (response.text, "link" in response.headers) == ("ok", False)


async def test_a_304_with_a_length_is_passed_on(in_front_of: InFrontOf, bearer: Tokens) -> None:
    async def same(_: bytes, __: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b'HTTP/1.1 304 Not Modified\r\netag: "1"\r\ncontent-length: 99\r\n\r\n')

    async for client in in_front_of(same):
        response = await client.get("/v1/echo", headers=bearer())
        assert (response.status_code, response.headers["etag"]) == (304, '"1"')
        assert "content-length" not in response.headers


# Failures


async def test_a_service_that_is_away_is_503_with_retry_after(
    gateways: Gateways, bearer: Tokens
) -> None:
    async with gateways(upstreams={"orders": f"http://127.0.0.1:{free_port()}"}) as client:
        response = await client.get("/v1/echo", headers=bearer() | {"accept-language": "zh"})
        body = problem(response, 503, "unavailable")
        assert body["detail"] == "服务 orders 暂不可用，请稍后重试。"
        assert int(response.headers["retry-after"]) >= 1


async def test_a_service_that_comes_back_is_used_again(gateways: Gateways, bearer: Tokens) -> None:
    port = free_port()
    async with gateways(upstreams={"orders": f"http://127.0.0.1:{port}"}) as client:
        for _ in range(10):
            assert (await client.get("/v1/echo", headers=bearer())).status_code == 503
        async with serving(Service(ECHO), port):
            until = time.monotonic() + 5
            while (await client.get("/v1/echo", headers=bearer())).status_code != 200:
                assert time.monotonic() < until
                await asyncio.sleep(0.1)


async def test_a_slow_service_is_504_and_is_told_to_stop(
    in_front_of: InFrontOf, bearer: Tokens
) -> None:
    stopped = asyncio.Event()

    async def slow(_: bytes, reader: asyncio.StreamReader, __: asyncio.StreamWriter) -> None:
        try:
            await reader.read()
        finally:
            stopped.set()

    async for client in in_front_of(slow):
        response = await client.get("/v1/echo", headers=bearer() | {"x-request-timeout": "0.2"})
        problem(response, 504, "deadline-exceeded")
        await asyncio.wait_for(stopped.wait(), 2)


@pytest.mark.parametrize(
    "sent",
    [
        b"hello\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nx: ",
        b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab",
        b"HTTP/1.1 200 OK\r\n" + b"x: " + b"y" * 70_000,
        b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n",
    ],
)
async def test_a_service_that_breaks_the_protocol_is_502(
    in_front_of: InFrontOf, bearer: Tokens, sent: bytes
) -> None:
    async def garble(_: bytes, __: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(sent)
        await writer.drain()

    async for client in in_front_of(garble):
        problem(await client.get("/v1/echo", headers=bearer()), 502, "bad-gateway")


@pytest.mark.parametrize(
    "head",
    [b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n",
     b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n64\r\n"],
)  # fmt: skip
async def test_an_answer_that_breaks_off_is_not_passed_off_as_whole(
    in_front_of: InFrontOf, bearer: Tokens, head: bytes
) -> None:
    async def die(_: bytes, __: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(head + b"part")
        await writer.drain()

    async for client in in_front_of(die):
        with pytest.raises(httpx.RemoteProtocolError):
            await client.get("/v1/echo", headers=bearer())


async def test_an_answer_that_stalls_is_cut_short(in_front_of: InFrontOf, bearer: Tokens) -> None:
    async def stall(_: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\npart")
        await reader.read()

    async for client in in_front_of(stall, stall_seconds=0.2):
        with pytest.raises(httpx.RemoteProtocolError):
            await client.get("/v1/echo", headers=bearer())


@pytest.mark.parametrize(
    ("method", "headers", "attempts"),
    [
        ("GET", {}, 2),
        ("HEAD", {}, 2),
        ("PUT", {}, 2),
        ("DELETE", {}, 2),
        ("POST", {}, 1),
        ("PATCH", {}, 1),
        ("PUT", {"if-match": '"1"'}, 1),
    ],
)
async def test_only_what_may_be_repeated_is_tried_a_second_time(
    in_front_of: InFrontOf, bearer: Tokens, method: str, headers: dict[str, str], attempts: int
) -> None:
    seen: list[bytes] = []

    async def die_first(
        head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        body = await reader.readexactly(4) if b"content-length: 4" in head else b""
        seen.append(body)
        if len(seen) == 2:
            writer.write(OK)

    async for client in in_front_of(die_first):
        content = None if method in ("GET", "HEAD", "DELETE") else b"body"
        response = await client.request(
            method, "/v1/echo", headers=bearer() | headers, content=content
        )
        assert response.status_code == (200 if attempts == 2 else 503)
        assert seen == [content or b""] * attempts


async def test_nothing_is_repeated_once_the_answer_has_begun(
    in_front_of: InFrontOf, bearer: Tokens
) -> None:
    seen = 0

    async def half(_: bytes, __: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal seen
        seen += 1
        writer.write(b"HTTP/1.1 200")
        await writer.drain()

    async for client in in_front_of(half):
        problem(await client.get("/v1/echo", headers=bearer()), 502, "bad-gateway")
    assert seen == 1


async def test_requests_beyond_the_bound_are_503_at_once(
    in_front_of: InFrontOf, bearer: Tokens
) -> None:
    release = asyncio.Event()

    async def wait(_: bytes, __: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await release.wait()
        writer.write(OK)

    async for client in in_front_of(wait, max_in_flight=2):
        asking = [asyncio.create_task(client.get("/v1/echo", headers=bearer())) for _ in range(2)]
        await asyncio.sleep(0.3)
        refused = await client.get("/v1/echo", headers=bearer())
        problem(refused, 503, "unavailable")
        assert refused.headers["retry-after"] == "1"
        release.set()
        assert [(await each).status_code for each in asking] == [200, 200]


@pytest.mark.parametrize("begun", [False, True])
async def test_a_client_that_leaves_takes_its_request_back(
    in_front_of: InFrontOf, bearer: Tokens, begun: bool
) -> None:
    arrived, left = asyncio.Event(), asyncio.Event()

    async def wait(_: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if begun:
            writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n")
        arrived.set()
        try:
            await reader.read()
        finally:
            left.set()

    async for client in in_front_of(wait):
        async with talking(str(client.base_url)) as (_, writer):
            token = bearer()["authorization"]
            head = f"GET /v1/echo HTTP/1.1\r\nhost: x\r\nauthorization: {token}\r\n\r\n"
            writer.write(head.encode())
            await asyncio.wait_for(arrived.wait(), 2)
        await asyncio.wait_for(left.wait(), 2)


async def test_a_service_may_answer_before_it_has_read_the_body(
    in_front_of: InFrontOf, bearer: Tokens
) -> None:
    async def refuse(_: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 422 No\r\ncontent-length: 2\r\n\r\nno")
        await reader.read()

    async def slowly() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b"x" * 10_000
            await asyncio.sleep(0.01)

    async for client in in_front_of(refuse):
        response = await client.post("/v1/echo", headers=bearer(), content=slowly())
        assert (response.status_code, response.text) == (422, "no")
        # The connection still expects the rest of that body: the next request needs another.
        headers = bearer() | {"x-request-timeout": "1"}
        assert (await client.get("/v1/echo", headers=headers)).status_code == 422


# Limits on bodies


async def test_a_body_that_says_it_is_too_long_is_not_read(
    gateways: Gateways, bearer: Tokens, orders: Orders
) -> None:
    async with gateways(upstreams={"orders": orders[1]}, max_body_bytes=100_000) as client:
        response = await client.post("/v1/echo", headers=bearer(), content=b"x" * 100_001)
        problem(response, 413, "payload-too-large")
    assert orders[0].seen == []


async def test_a_body_that_turns_out_too_long_is_refused_while_it_streams(
    gateways: Gateways, bearer: Tokens, orders: Orders
) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(50):
            yield b"x" * 10_000

    async with gateways(upstreams={"orders": orders[1]}, max_body_bytes=100_000) as client:
        response = await client.post("/v1/echo", headers=bearer(), content=endless())
        problem(response, 413, "payload-too-large")
    assert orders[0].bodies == []
