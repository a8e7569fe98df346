"""HTTP as every service speaks it: one request is one transaction, every error is a problem."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Depends, FastAPI, Header, Request, Response, params
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from shared import idempotency, problems
from shared.bodies import BodyLimit, is_form
from shared.identity import authenticate
from shared.problems import FieldError, Problem, Text, documented
from shared.requests import RequestContext
from shared.store import Session, Store, is_unavailable
from shared.validation import field_errors

log = structlog.get_logger()

Handle = Callable[[Request], Coroutine[Any, Any, Response]]
Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]

STREAMS_AT_ONCE = 3
"""In one process: each holds a connection to the database until its last byte has come."""
STREAM_SECONDS = 900
"""How long the answer to a streamed request may take to begin."""

COMMON_PROBLEMS = documented(
    problems.VALIDATION_FAILED,
    problems.MALFORMED_BODY,
    problems.UNAUTHENTICATED,
    problems.FORBIDDEN,
    problems.UNKNOWN_TENANT,
    problems.PAYLOAD_TOO_LARGE,
    problems.TOO_MANY_REQUESTS,
    problems.UNAVAILABLE,
)


class AuthenticatedRoute(APIRoute):
    """Knows the caller before it reads the body."""

    def get_route_handler(self) -> Handle:
        handle = super().get_route_handler()

        async def authenticated(request: Request) -> Response:
            authenticate(request)
            return await handle(request)

        return authenticated


class StreamedRoute(APIRoute):
    """Like a transactional route, for a handler that reads the body while it comes.

    `request.state.body` gives its pieces; a form is read as a whole beforehand.
    """

    def get_route_handler(self) -> Handle:
        handle = super().get_route_handler()

        async def streamed(request: Request) -> Response:
            principal = authenticate(request)
            who = principal.tenant, principal.subject
            store: Store = request.app.state.store
            key: idempotency.Key | None
            if is_form(request.headers.get("content-type", "").encode()):
                key = await idempotency.Key.of(request, *who)
            elif key := idempotency.StreamKey.of_stream(request, *who):
                request.state.body = key.body
            else:
                request.state.body = request.stream()
            try:
                async with _turn(request.app), store.transaction(*who) as session:
                    return await _answered_once(handle, request, session, key)
            except ClientDisconnect:
                log.info("client_gone")
                return Response(status_code=400)

        return streamed


@asynccontextmanager
async def _turn(app: FastAPI) -> AsyncIterator[None]:
    """A place among the streams, each of which holds a transaction while its client sends."""
    turns: asyncio.Semaphore = app.state.turns
    if turns.locked():
        raise Problem(problems.UNAVAILABLE, headers={"retry-after": "5"})
    async with turns:
        yield


async def _answered_once(
    handle: Handle, request: Request, session: Session, key: idempotency.Key | None
) -> Response:
    if key and (answer := await key.claim(session)):
        return answer
    request.state.session = session
    response = await handle(request)
    if key:
        await key.keep(session, response)
    return response


class TransactionalRoute(APIRoute):
    """Runs the whole handler in one transaction of the caller and their tenant.

    The answer leaves after the commit; a problem rolls everything back. A POST with an
    Idempotency-Key stores its answer in the same transaction and gives it again to a repetition.
    """

    def get_route_handler(self) -> Handle:
        handle = super().get_route_handler()

        async def in_transaction(request: Request) -> Response:
            principal = authenticate(request)
            store: Store = request.app.state.store
            key = await idempotency.Key.of(request, principal.tenant, principal.subject)
            async with store.transaction(principal.tenant, principal.subject) as session:
                return await _answered_once(handle, request, session, key)

        return in_transaction


async def _session(request: Request) -> Session:
    session: Session = request.state.session
    return session


InTransaction = Annotated[Session, Depends(_session)]
"""The transaction of this request; routes that use it belong to a `router()`."""


def router(tag: str) -> APIRouter:
    """A router whose operations each run in one transaction."""
    return APIRouter(tags=[tag], route_class=TransactionalRoute)


def stream_router(tag: str) -> APIRouter:
    """A router whose operations each run in one transaction, and read their body as it comes."""
    return APIRouter(tags=[tag], route_class=StreamedRoute)


def stateless_router(tag: str, dependencies: Sequence[params.Depends]) -> APIRouter:
    """A router whose operations need a caller and no database."""
    return APIRouter(tags=[tag], route_class=AuthenticatedRoute, dependencies=dependencies)


IfMatch = Annotated[
    str | None,
    Header(alias="If-Match", description="The ETag that the change is based on; required"),
]


def etag(revision: int) -> str:
    """The strong ETag of a resource at this revision."""
    return f'"{revision}"'


def require_match(if_match: str | None, revision: int) -> None:
    """428 when the caller named no revision, 412 when it is not the current one."""
    if if_match is None:
        detail: Text = {
            "zh": "修改前须以 If-Match 给出所依据的 ETag。",
            "en": "Name the ETag that the change is based on in If-Match.",
        }
        error = FieldError(code="missing", detail=detail, header="If-Match")
        raise Problem(problems.PRECONDITION_REQUIRED, errors=[error])
    if if_match.strip() not in (etag(revision), "*"):
        detail = {
            "zh": f"当前版本的 ETag 是 {etag(revision)}。",
            "en": f"The current ETag is {etag(revision)}.",
        }
        error = FieldError(code="stale", detail=detail, header="If-Match")
        headers = {"etag": etag(revision)}
        raise Problem(problems.PRECONDITION_FAILED, errors=[error], headers=headers)


def create_app(  # noqa: PLR0913, PLR0917 - each is a part of a service's frame
    name: str,
    title: str,
    description: str,
    routers: Sequence[APIRouter],
    lifespan: Lifespan,
    max_body_bytes: int,
    tags: Mapping[str, str],
    uploads: Mapping[str, int] | None = None,
    streams: Mapping[str, int] | None = None,
) -> FastAPI:
    """The HTTP side of one service: its routes, the health endpoints and the common behaviour.

    `uploads` are the paths whose bodies have a limit of their own, in bytes; so have `streams`,
    whose bodies are read as they come.
    """
    app = FastAPI(
        title=title,
        description=description,
        version="1",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=lambda route: route.name,
        responses=COMMON_PROBLEMS,
        telemetry={"operation_spans": False},
        openapi_tags=[{"name": tag, "description": said} for tag, said in tags.items()],
    )
    app.state.draining = False
    app.state.turns = asyncio.Semaphore(STREAMS_AT_ONCE)
    app.state.body_limits = {**(uploads or {}), **(streams or {})}
    app.state.streamed = frozenset(streams or ())
    for each in (*routers, _health):
        app.include_router(each)
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(HTTPException, _http_exception)
    app.add_exception_handler(RequestValidationError, _validation)
    for away in (DBAPIError, PoolTimeout, OSError):
        app.add_exception_handler(away, _database)
    app.add_exception_handler(Exception, _unexpected)
    app.add_middleware(BodyLimit, max_bytes=max_body_bytes, uploads=uploads, streams=streams)
    app.add_middleware(RequestContext, service=name)
    app.openapi = lambda: _document(app)  # type: ignore[method-assign]
    return app


_health = APIRouter(include_in_schema=False)


@_health.get("/healthz")
async def healthz() -> dict[str, str]:
    """Alive: says nothing about dependencies."""
    return {"status": "alive"}


@_health.get("/readyz")
async def readyz(request: Request, response: Response) -> dict[str, str]:
    """Ready: the database answers and the process is not about to stop."""
    app = request.app
    store: Store | None = getattr(app.state, "store", None)
    ready = not app.state.draining and (store is None or await store.ready())
    response.status_code = 200 if ready else 503
    return {"status": "ready" if ready else "not ready"}


def answer(problem: Problem, request: Request) -> Response:
    """The problem as a response in the caller's language."""
    status, headers, body = problems.render(problem, request.headers.get("accept-language"))
    return Response(body, status, headers)


async def _problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)  # noqa: S101 - registered for this type
    return answer(error, request)


async def _validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this type
    errors = field_errors(error.errors())
    kind = problems.VALIDATION_FAILED
    if any(each.code == "json_invalid" for each in errors):
        kind = problems.MALFORMED_BODY
    elif isinstance(error.body, bytes) and error.body:
        # The framework hands bytes on only when the content type is not JSON.
        kind, errors = problems.UNSUPPORTED_MEDIA_TYPE, [_NOT_JSON]
    return answer(Problem(kind, errors=errors), request)


_NOT_JSON = FieldError(
    code="not_json",
    detail={"zh": "须为 application/json。", "en": "Must be application/json."},
    header="Content-Type",
)
_NUL: Text = {
    "zh": "文本含有无法存储的字符（U+0000）。",
    "en": "A text has a character that cannot be stored (U+0000).",
}
_UNREADABLE: Text = {
    "zh": "请求体不是可读取的 JSON（编码、嵌套深度或数字长度）。",
    "en": "The body is no JSON that can be read (encoding, nesting or length of numbers).",
}


_BY_STATUS = {
    400: problems.MALFORMED_BODY,
    404: problems.NOT_FOUND,
    405: problems.METHOD_NOT_ALLOWED,
    413: problems.PAYLOAD_TOO_LARGE,
    415: problems.UNSUPPORTED_MEDIA_TYPE,
}


# character_not_in_repertoire, untranslatable_character
_UNSTORABLE = ("22021", "22P05")


async def _http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this type
    kind = _BY_STATUS.get(error.status_code, problems.INTERNAL_ERROR)
    detail = _UNREADABLE if kind is problems.MALFORMED_BODY else None
    return answer(Problem(kind, detail, headers=dict(error.headers or {})), request)


async def _database(request: Request, error: Exception) -> Response:
    if getattr(getattr(error, "orig", None), "sqlstate", None) in _UNSTORABLE:
        return answer(Problem(problems.VALIDATION_FAILED, _NUL, _nul_characters(request)), request)
    if not is_unavailable(error):
        return await _unexpected(request, error)
    log.warning("database_unavailable", error=repr(error))
    return answer(Problem(problems.UNAVAILABLE, headers={"retry-after": "2"}), request)


def _nul_characters(request: Request) -> list[FieldError]:
    """The parameters with the character; a body that may hold it is checked where it is read."""
    given = (*request.path_params.items(), *request.query_params.multi_items())
    named = dict.fromkeys(name for name, value in given if "\0" in str(value))
    return [FieldError(code="nul_character", detail=_NUL, parameter=name) for name in named]


async def _unexpected(request: Request, error: Exception) -> Response:
    log.error("request_failed", path=request.url.path, exc_info=error)
    return answer(Problem(problems.INTERNAL_ERROR), request)


def _document(app: FastAPI) -> dict[str, Any]:
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title,
            version=app.version,
            description=app.description,
            routes=app.routes,
            tags=app.openapi_tags,
            openapi_version="3.1.0",
        )
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        for generated in ("HTTPValidationError", "ValidationError"):
            schemas.pop(generated, None)
        schemas["Problem"] = problems.SCHEMA
        schemas["FieldError"] = problems.FIELD_ERROR_SCHEMA
        for path, item in document["paths"].items():
            for method, operation in item.items():
                _complete(method, operation)
                _tell_limits(app, path, method, operation)
        app.openapi_schema = document
    return app.openapi_schema


def _tell_limits(app: FastAPI, path: str, method: str, operation: dict[str, Any]) -> None:
    """What is larger and slower than usual stands in the document, where the gateway reads it."""
    if method in ("post", "put", "patch") and path in app.state.body_limits:
        operation["x-max-body-bytes"] = app.state.body_limits[path]
        if path in app.state.streamed:
            operation["x-max-seconds"] = STREAM_SECONDS


def _complete(method: str, operation: dict[str, Any]) -> None:
    if "requestBody" in operation:
        for status, said in documented(problems.UNSUPPORTED_MEDIA_TYPE).items():
            operation["responses"].setdefault(str(status), said)
    transactional = operation.pop("x-transactional", True)
    if method == "post" and transactional:
        parameters = operation.setdefault("parameters", [])
        parameters.append(
            {
                "name": idempotency.HEADER,
                "in": "header",
                "required": False,
                "description": "Makes a repetition of this request safe for two days.",
                "schema": {"type": "string", "minLength": 1, "maxLength": idempotency.MAX_LENGTH},
            }
        )
