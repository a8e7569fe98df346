"""A request as the edge sees it, and the reply that the edge sends."""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from starlette.types import Message, Scope, Send

from gateway import headers
from shared import problems
from shared.problems import FieldError, Problem, Text
from shared.requests import request_id

_SECONDS = re.compile(rb"\d{1,6}(\.\d{1,6})?")


class Request:
    """One request: what the client sent, read once."""

    def __init__(self, scope: Scope) -> None:
        self.method: str = scope["method"]
        self.raw_path: bytes = scope.get("raw_path") or scope["path"].encode()
        self.query: bytes = scope["query_string"]
        self.headers: list[tuple[bytes, bytes]] = list(scope["headers"])
        self.client: tuple[str, int] | None = scope.get("client")
        self.scheme: str = scope["scheme"]
        self.id = request_id(scope)

    def header(self, name: bytes) -> bytes | None:
        return headers.first(self.headers, name)

    @property
    def accept_language(self) -> str | None:
        value = self.header(b"accept-language")
        return value.decode("latin-1") if value else None

    def patience(self, most: float) -> float:
        """Seconds until the answer must begin: what the caller asks for, at most `most`."""
        asked = self.header(b"x-request-timeout")
        if asked is None:
            return most
        if not _SECONDS.fullmatch(asked) or not float(asked):
            detail: Text = {"zh": "须为正的秒数。", "en": "Must be a positive number of seconds."}
            error = FieldError(code="seconds", detail=detail, header="X-Request-Timeout")
            raise problems.invalid(error)
        return min(most, float(asked))


class Reply:
    """Sends one answer, with the headers that every answer of the gateway carries."""

    def __init__(self, send: Send, request: Request, *, last: bool) -> None:
        self._send = send
        self._request = request
        self.extra: headers.Headers = [(b"x-request-id", request.id.encode())]
        if last:
            # The process is about to stop: the client opens its next connection elsewhere.
            self.extra.append((b"connection", b"close"))
        self.status: int | None = None

    async def start(self, status: int, headers_: headers.Headers) -> None:
        self.status = status
        message: Message = {"type": "http.response.start", "status": status}
        await self._send({**message, "headers": [*headers_, *self.extra]})

    async def body(self, data: bytes, *, more: bool) -> None:
        await self._send({"type": "http.response.body", "body": data, "more_body": more})

    async def whole(self, status: int, headers_: Mapping[str, str], body: bytes = b"") -> None:
        """A complete answer."""
        raw = [(name.encode(), value.encode("latin-1")) for name, value in headers_.items()]
        if status not in (204, 304):
            raw.append((b"content-length", str(len(body)).encode()))
        await self.start(status, raw)
        await self.body(b"" if self._request.method == "HEAD" else body, more=False)

    async def json(self, status: int, value: Any, headers_: Mapping[str, str]) -> None:
        body = json.dumps(value, ensure_ascii=False).encode()
        await self.whole(status, {"content-type": "application/json", **headers_}, body)

    async def problem(self, problem: Problem) -> None:
        """The problem in the caller's language, with the request's id."""
        told = replace(problem, extensions={**problem.extensions, "request_id": self._request.id})
        status, headers_, body = problems.render(told, self._request.accept_language)
        await self.whole(status, headers_, body)


def unavailable(service: str, retry_after: float = 1) -> Problem:
    """503: the service cannot be reached, or is asked too much, and will be back."""
    return Problem(
        problems.UNAVAILABLE,
        {
            "zh": f"服务 {service} 暂不可用，请稍后重试。",
            "en": f"The service {service} is unavailable for the moment.",
        },
        headers={"retry-after": str(max(1, math.ceil(retry_after)))},
    )
