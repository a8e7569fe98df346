"""Every request has an id that its answer, its log lines and its problem share."""

import re
import time

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.ids import new_id

log = structlog.get_logger()

_SANE = re.compile(rb"[A-Za-z0-9._:/+=-]{1,128}")


def request_id(scope: Scope) -> str:
    """The caller's X-Request-Id if it is sane, else a new one."""
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _SANE.fullmatch(value):
            return str(value.decode())
    return new_id("req")


class RequestContext:
    """Binds the request id to the log, returns it, and writes one line per answered request."""

    def __init__(self, app: ASGIApp, service: str) -> None:
        self._app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        identifier = request_id(scope)
        started = time.perf_counter()
        status = 500

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", identifier.encode())]
                if scope["app"].state.draining:
                    # Whoever pools this connection must not send the next request into its end.
                    message["headers"].append((b"connection", b"close"))
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=identifier):
            try:
                await self._app(scope, receive, send_with_id)
            finally:
                route = scope.get("route")
                log.debug(
                    "request_answered",
                    operation=getattr(route, "name", None),
                    method=scope["method"],
                    status=status,
                    milliseconds=round((time.perf_counter() - started) * 1000, 1),
                )
