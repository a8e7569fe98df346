"""What senders ask of a hook before they send: permission, and proof that it has the secret."""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request, Response

from services.commitments.providers import glpi
from services.commitments.routes.hooks import Directory, closed_tenant
from services.commitments.settings import Settings
from shared import problems
from shared.problems import FieldError, Problem, documented

routes = APIRouter(tags=["webhooks"])

_OPEN: dict[str, Any] = {"security": []}
_ALLOW = "GET, OPTIONS, POST"
_PER_MINUTE = 10_000_000


@routes.options(
    "/v1/hooks/{integration_id}",
    status_code=200,
    summary="Ask whether a hook takes events from a sender",
    description="The validation request of the CloudEvents specification on web hooks: a sender "
    "names itself, and the hook of a CloudEvents integration permits it and a rate. Others are "
    "told the methods alone.",
    responses=documented(problems.NOT_FOUND),
    response_class=Response,
    openapi_extra=_OPEN,
)
async def permit_sender(
    integration_id: str,
    request: Request,
    origin: Annotated[
        str | None,
        Header(alias="WebHook-Request-Origin", max_length=253, pattern=r"^[A-Za-z0-9._*-]+$"),
    ] = None,
    rate: Annotated[
        int | None,
        Header(alias="WebHook-Request-Rate", ge=1, le=_PER_MINUTE, description="Per minute"),
    ] = None,
) -> Response:
    settings: Settings = request.app.state.settings
    directory: Directory = request.app.state.directory
    listed = await directory.find(integration_id)
    takes = listed.integration.provider == "cloudevents" and not listed.closed
    told = {"allow": _ALLOW}
    # The hook answers at once: `WebHook-Request-Callback` is an address that it never calls.
    if origin and takes:
        permitted = min(rate or settings.webhooks_per_minute, settings.webhooks_per_minute)
        told |= {"webhook-allowed-origin": origin, "webhook-allowed-rate": str(permitted)}
    return Response(headers=told)


@routes.get(
    "/v1/hooks/{integration_id}",
    summary="Answer a challenge with the hook's secret",
    description="GLPI asks before it sends (`crc_token`), and compares the answer with its own.",
    responses=documented(problems.NOT_FOUND, problems.UNAUTHENTICATED, problems.UNKNOWN_TENANT)
    | {200: {"content": {"text/plain": {"schema": {"type": "string"}, "example": "5d3e1c"}}}},
    response_class=Response,
    openapi_extra=_OPEN,
)
async def answer_challenge(
    integration_id: str,
    request: Request,
    token: Annotated[str, Query(alias="crc_token", min_length=1, max_length=200)],
) -> Response:
    directory: Directory = request.app.state.directory
    # A challenge comes once, when a hook is set up: with the secret as it is now.
    listed = await directory.read(integration_id)
    answer = None
    if listed.integration.provider == "glpi":
        answer = glpi.answered(token, listed.integration.secrets)
    if answer is None:
        raise _unknown_challenge()
    if listed.closed:
        raise closed_tenant()
    return Response(answer, media_type="text/plain")


def _unknown_challenge() -> Problem:
    zh, en = (
        "不是以此集成的密钥提出的质询。",
        "No challenge made with a secret of this integration.",
    )
    error = FieldError(code="unknown_challenge", detail={"zh": zh, "en": en}, parameter="crc_token")
    return Problem(problems.UNAUTHENTICATED, errors=[error])
