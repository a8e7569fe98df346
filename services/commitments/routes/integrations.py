"""Integrations: the ticketing tools whose webhooks are accepted."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Request, Response

from services.commitments import tables
from services.commitments.operations import integrations as operations
from services.commitments.operations import payloads
from services.commitments.operations.trials import dry_run
from services.commitments.queries import deliveries as queries
from services.commitments.queries import payloads as payload_queries
from services.commitments.routes.hooks import Directory
from services.commitments.schemas import integrations as schemas
from services.commitments.schemas import trials
from services.commitments.settings import Settings
from shared import problems
from shared.http import IfMatch, InTransaction, etag, router
from shared.identity import Principal, Role, require
from shared.pages import Cursor, Limit, Page
from shared.problems import documented

routes = router("integrations")

ADMINISTRATORS = [Depends(require(Role.ADMINISTRATOR))]
Administrator = Annotated[Principal, Depends(require(Role.ADMINISTRATOR))]
MISSING = documented(problems.NOT_FOUND)


@routes.post(
    "/v1/integrations",
    status_code=201,
    summary="Accept a ticketing tool's webhooks",
    dependencies=ADMINISTRATORS,
)
async def add_integration(
    body: schemas.NewIntegration, session: InTransaction, response: Response
) -> schemas.Integration:
    row = await operations.add_integration(session, body, _now())
    response.headers["etag"] = etag(row.revision)
    return _integration(row)


@routes.get("/v1/integrations", summary="Integrations", dependencies=ADMINISTRATORS)
async def list_integrations(
    session: InTransaction, limit: Limit = 50, cursor: Cursor = None
) -> Page[schemas.Integration]:
    rows, following = await queries.listed_integrations(session, limit, cursor)
    return Page(items=[_integration(row) for row in rows], next_cursor=following)


@routes.get(
    "/v1/integrations/{integration_id}",
    summary="One integration",
    responses=MISSING,
    dependencies=ADMINISTRATORS,
)
async def get_integration(
    integration_id: str, session: InTransaction, response: Response
) -> schemas.Integration:
    row = await queries.integration(session, integration_id)
    response.headers["etag"] = etag(row.revision)
    return _integration(row)


@routes.patch(
    "/v1/integrations/{integration_id}",
    summary="Rotate secrets or mend the mapping",
    responses=documented(
        problems.NOT_FOUND, problems.PRECONDITION_FAILED, problems.PRECONDITION_REQUIRED
    ),
    dependencies=ADMINISTRATORS,
)
async def change_integration(
    integration_id: str,
    body: schemas.IntegrationChange,
    request: Request,
    session: InTransaction,
    response: Response,
    if_match: IfMatch = None,
) -> schemas.Integration:
    row = await operations.change_integration(session, integration_id, body, if_match)
    directory: Directory = request.app.state.directory
    directory.forget_after(session, integration_id)
    response.headers["etag"] = etag(row.revision)
    return _integration(row)


@routes.post(
    "/v1/integrations/{integration_id}/dry-run",
    summary="See what a payload would do",
    description="Reads the payload as a webhook of this integration, shows the event, the case and "
    "how its node runs would change, and stores nothing.",
    responses=MISSING,
    dependencies=ADMINISTRATORS,
)
async def dry_run_integration(
    integration_id: str, body: trials.Trial, session: InTransaction
) -> trials.DryRun:
    return await dry_run(session, integration_id, body, _now())


@routes.get(
    "/v1/payload-retention",
    summary="How long raw payloads stay",
    dependencies=ADMINISTRATORS,
)
async def get_payload_retention(
    request: Request, session: InTransaction, response: Response
) -> schemas.PayloadRetention:
    row = await payload_queries.retention(session)
    response.headers["etag"] = etag(row.revision if row else 0)
    return _retention(row, request.app.state.settings)


@routes.put(
    "/v1/payload-retention",
    summary="Say how long raw payloads stay",
    responses=documented(problems.PRECONDITION_FAILED, problems.PRECONDITION_REQUIRED),
)
async def change_payload_retention(
    body: schemas.RetentionChange,
    request: Request,
    session: InTransaction,
    response: Response,
    by: Administrator,
    if_match: IfMatch = None,
) -> schemas.PayloadRetention:
    row = await payloads.change_retention(session, body, if_match, by.subject, _now())
    response.headers["etag"] = etag(row.revision)
    return _retention(row, request.app.state.settings)


def _retention(row: tables.PayloadRetention | None, settings: Settings) -> schemas.PayloadRetention:
    said = row.model_dump() if row else dict.fromkeys(("days", "changed_by", "changed_at"))
    days = said["days"] or settings.payload_days
    return schemas.PayloadRetention.model_validate({"revision": 0, **said, "effective_days": days})


def _integration(row: tables.Integration) -> schemas.Integration:
    plain = row.model_dump(exclude={"secrets", "tenant"})
    hook = f"/v1/hooks/{row.id}"
    return schemas.Integration(**plain, secret_count=len(row.secrets), hook=hook)


def _now() -> datetime:
    return datetime.now(UTC)
