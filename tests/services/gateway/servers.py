"""Servers on loopback ports: the gateway under uvicorn, and services that behave or misbehave."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.serving import ProbeServer, config
from shared.settings import ProcessSettings

Handler = Callable[[bytes, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def listener() -> socket.socket:
    taken = socket.socket()
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    taken.bind(("127.0.0.1", 0))
    return taken


def free_port() -> int:
    with listener() as taken:
        return int(taken.getsockname()[1])


@asynccontextmanager
async def serving(app: ASGIApp, port: int = 0) -> AsyncIterator[str]:
    """The address at which the app is served, as the platform's processes serve theirs."""
    taken = listener() if not port else socket.create_server(("127.0.0.1", port))
    settings = ProcessSettings(stop_seconds=1)
    prepared: uvicorn.Config = config(app, settings, taken.getsockname()[1])
    server = ProbeServer(prepared)
    running = asyncio.create_task(server.serve(sockets=[taken]))
    while not server.started:  # noqa: ASYNC110 - uvicorn tells it by a flag alone
        await asyncio.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"
    finally:
        server.should_exit = True
        await running


@asynccontextmanager
async def raw_server(handler: Handler) -> AsyncIterator[str]:
    """A server that speaks bytes: a call per connection, with the head of the first request."""
    tasks: set[asyncio.Task[None]] = set()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async def run() -> None:
            try:
                head = await head_of(reader)
                if not head.startswith(b"GET /openapi.json"):
                    await handler(head, reader, writer)
            except (ConnectionError, asyncio.IncompleteReadError):
                pass
            finally:
                writer.close()

        task = asyncio.create_task(run())
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def head_of(reader: asyncio.StreamReader) -> bytes:
    return await reader.readuntil(b"\r\n\r\n")


@asynccontextmanager
async def talking(address: str) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection on which the test writes its own bytes."""
    host, _, port = address.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        yield reader, writer
    finally:
        writer.close()


class Service:
    """A service: its document, what it knows of tenants, and a handler for everything else."""

    def __init__(self, paths: dict[str, Any] | None = None) -> None:
        self.begin(paths or {})

    def begin(self, paths: dict[str, Any]) -> None:
        """Forget what was; have these paths from now on."""
        self.document: Any = document(paths)
        self.tenants = {"demo": "open", "closed": "closed"}
        self.principals: dict[tuple[str, str], list[str]] = {}
        self.asked: list[str] = []
        self.seen: list[Scope] = []
        self.bodies: list[bytes] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        path: str = scope["path"]
        if path == "/openapi.json":
            await answer(send, 200, self.document)
        elif path.startswith("/internal/"):
            self.asked.append(path)
            await answer(send, *self._known(path.split("/")[2:]))
        else:
            await self.handle(scope, receive, send)

    def _known(self, path: list[str]) -> tuple[int, Any]:
        if path[0] == "tenants":
            found: Any = self.tenants.get(path[1])
            return (200, {"tenant": path[1], "status": found}) if found else (404, {})
        found = self.principals.get((path[1], path[2]))
        return (200, {"roles": found}) if found else (404, {})

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Echo the body, with repeated headers."""
        self.seen.append(scope)
        body = await read(receive)
        if body is None:
            return
        self.bodies.append(body)
        headers = [
            *((b"set-cookie", b"a=1"), (b"via", b"1.1 first"), (b"set-cookie", b"b=2")),
            *((b"via", b"1.1 second"), (b"x-latin", b"caf\xe9"), (b"content-type", b"x/y")),
            (b"connection", b"x-hop"),
            *((b"x-hop", b"gone"), (b"content-length", str(len(body)).encode())),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def operation(name: str, **more: Any) -> dict[str, Any]:
    return {"operationId": name, "responses": {"200": {"description": ""}}, **more}


def document(paths: dict[str, Any]) -> dict[str, Any]:
    bearer = {"type": "http", "scheme": "bearer"}
    return {
        "openapi": "3.1.0",
        "info": {"title": "service", "version": "1"},
        "paths": paths,
        "components": {"securitySchemes": {"bearer": bearer}},
    }


async def read(receive: Receive) -> bytes | None:
    """The whole body; None when it broke off."""
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


async def answer(send: Send, status: int, value: Any) -> None:
    body = json.dumps(value).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
