"""The gateway as an ASGI application: one request in, one answer or problem out."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import structlog
from starlette.types import Receive, Scope, Send

from gateway.admission import Admission
from gateway.fragments import Fragments
from gateway.live import Live
from gateway.pages import Page
from gateway.proxy import Destination, Proxy
from gateway.requests import Reply, Request
from gateway.routing import AmbiguousPath, Match, MethodNotAllowed, NoSuchPath
from gateway.surface import MALFORMED_PATH
from shared import problems
from shared.problems import Problem

log = structlog.get_logger()

Lifespan = Callable[[], AbstractAsyncContextManager[None]]
_NOT_STORED = {"cache-control": "no-store"}


class Gateway:
    """Answers pages and its own operations itself, and passes everything else on.

    `draining` is set when the process is about to stop.
    """

    def __init__(
        self,
        pages: Mapping[bytes, Page],
        fragments: Fragments,
        admission: Admission,
        proxy: Proxy,
        live: Live,
        lifespan: Lifespan,
        request_seconds: float,
    ) -> None:
        self.draining = False
        self._pages = pages
        self._fragments = fragments
        self._admission = admission
        self._proxy = proxy
        self._live = live
        self._lifespan = lifespan
        self._request_seconds = request_seconds
        self._own = {
            "get_openapi": self._get_openapi,
            "get_liveness": self._get_liveness,
            "get_readiness": self._get_readiness,
            "get_platform_status": self._get_platform_status,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await receive()
            async with self._lifespan():
                await send({"type": "lifespan.startup.complete"})
                await receive()
            await send({"type": "lifespan.shutdown.complete"})
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1003})
        else:
            await self._answer(Request(scope), receive, send)

    async def _answer(self, request: Request, receive: Receive, send: Send) -> None:
        reply = Reply(send, request, last=self.draining)
        started = time.perf_counter()
        with structlog.contextvars.bound_contextvars(request_id=request.id):
            try:
                await self._dispatch(request, receive, reply)
            except Problem as problem:
                await reply.problem(problem)
            except Exception:
                log.exception("request_failed", method=request.method)
                if reply.status is None:
                    await reply.problem(Problem(problems.INTERNAL_ERROR))
            finally:
                log.debug(
                    "request_answered",
                    method=request.method,
                    status=reply.status,
                    milliseconds=round((time.perf_counter() - started) * 1000, 1),
                )

    async def _dispatch(self, request: Request, receive: Receive, reply: Reply) -> None:
        try:
            if page := self._pages.get(request.raw_path):
                await _show(page, request, reply)
            else:
                match = self._fragments.surface.router.find(request.method, request.raw_path)
                await self._perform(match, request, receive, reply)
        except MethodNotAllowed as error:
            headers = {"allow": ", ".join(error.allowed)}
            if request.method != "OPTIONS":
                raise Problem(problems.METHOD_NOT_ALLOWED, headers=headers) from error
            await reply.whole(204, headers)
        except NoSuchPath as error:
            raise Problem(problems.NOT_FOUND) from error
        except AmbiguousPath as error:
            raise Problem(MALFORMED_PATH) from error

    async def _perform(
        self, match: Match, request: Request, receive: Receive, reply: Reply
    ) -> None:
        route = match.route
        caller = await self._admission.caller(request, match, reply)
        if route.operation_id == "stream_events" and caller:
            await self._live.stream(request, caller, receive, reply, lambda: self.draining)
        elif route.service == "gateway":
            await self._own[route.operation_id](request, reply)
        else:
            token = self._admission.token(caller, route.service) if caller else None
            to = Destination(route.service, route.method, token, route.max_body_bytes)
            seconds = request.patience(route.max_seconds or self._request_seconds)
            await self._proxy.forward(request, to, seconds, receive, reply)

    async def _get_openapi(self, request: Request, reply: Reply) -> None:
        surface = self._fragments.surface
        headers = {
            "content-type": "application/json",
            "cache-control": "no-cache",
            "etag": surface.etag,
        }
        await _show(Page(surface.body, headers, surface.etag), request, reply)

    async def _get_liveness(self, _request: Request, reply: Reply) -> None:
        await reply.json(200, {"status": "alive"}, _NOT_STORED)

    async def _get_readiness(self, _request: Request, reply: Reply) -> None:
        status, word = (503, "not ready") if self.draining else (200, "ready")
        await reply.json(status, {"status": word}, _NOT_STORED)

    async def _get_platform_status(self, _request: Request, reply: Reply) -> None:
        etag = self._fragments.surface.etag
        status = {"document": etag, "services": self._fragments.status()}
        await reply.json(200, status, _NOT_STORED)


@asynccontextmanager
async def kept_current(fragments: Fragments, seconds: float) -> AsyncIterator[None]:
    """While inside, the services' documents are fetched again and again."""
    refreshing = asyncio.create_task(fragments.keep_current(seconds))
    try:
        yield
    finally:
        refreshing.cancel()
        await asyncio.wait((refreshing,))


async def _show(page: Page, request: Request, reply: Reply) -> None:
    """The page, or that the client has it already."""
    if request.method not in ("GET", "HEAD"):
        raise MethodNotAllowed(("GET", "HEAD", "OPTIONS"))
    asked = (request.header(b"if-none-match") or b"").decode("latin-1")
    held = {each.strip().removeprefix("W/") for each in asked.split(",")}
    if page.etag in held or "*" in held:
        await reply.whole(304, page.headers)
    else:
        await reply.whole(200, page.headers, page.body)
