"""Outgoing webhooks: subscribed, rotated, and every delivery with its tries."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import Depends, Query, Request, Response

from services.commitments import tables
from services.commitments.channels.addresses import is_private_literal
from services.commitments.operations import subscribing as operations
from services.commitments.queries import notifications as queries
from services.commitments.schemas import subscriptions as schemas
from services.commitments.settings import Settings
from shared import problems
from shared.http import IfMatch, InTransaction, etag, router
from shared.identity import Role, require
from shared.pages import Cursor, Limit, Page
from shared.problems import at_pointer, documented, invalid

routes = router("subscriptions")

ADMINISTRATORS = [Depends(require(Role.ADMINISTRATOR, Role.INTEGRATION))]
MISSING = documented(problems.NOT_FOUND)
CHANGED = documented(
    problems.NOT_FOUND, problems.PRECONDITION_FAILED, problems.PRECONDITION_REQUIRED
)


@routes.post(
    "/v1/subscriptions",
    status_code=201,
    summary="Have events pushed to an address",
    description="Signed as Standard Webhooks has it. The secret is shown in this answer alone.",
    dependencies=ADMINISTRATORS,
)
async def subscribe(
    body: schemas.NewSubscription, session: InTransaction, request: Request, response: Response
) -> schemas.SubscriptionWithSecret:
    _require_public(body.url, request)
    row = await operations.subscribe(session, body, _now())
    response.headers["etag"] = etag(row.revision)
    return _with_secret(row)


@routes.get("/v1/subscriptions", summary="Outgoing webhooks", dependencies=ADMINISTRATORS)
async def list_subscriptions(
    session: InTransaction, limit: Limit = 50, cursor: Cursor = None
) -> Page[schemas.Subscription]:
    rows, following = await queries.subscriptions(session, limit, cursor)
    items = [schemas.Subscription.model_validate(row) for row in rows]
    return Page(items=items, next_cursor=following)


@routes.get(
    "/v1/subscriptions/{subscription_id}",
    summary="One outgoing webhook",
    responses=MISSING,
    dependencies=ADMINISTRATORS,
)
async def get_subscription(
    subscription_id: str, session: InTransaction, response: Response
) -> schemas.Subscription:
    row = await queries.subscription(session, subscription_id)
    response.headers["etag"] = etag(row.revision)
    return schemas.Subscription.model_validate(row)


@routes.patch(
    "/v1/subscriptions/{subscription_id}",
    summary="Change an outgoing webhook, or enable it again",
    responses=CHANGED,
    dependencies=ADMINISTRATORS,
)
async def change_subscription(
    subscription_id: str,
    body: schemas.SubscriptionChange,
    session: InTransaction,
    request: Request,
    response: Response,
    if_match: IfMatch = None,
) -> schemas.Subscription:
    if body.url is not None:
        _require_public(body.url, request)
    row = await operations.change_subscription(session, subscription_id, body, if_match)
    response.headers["etag"] = etag(row.revision)
    return schemas.Subscription.model_validate(row)


@routes.delete(
    "/v1/subscriptions/{subscription_id}",
    status_code=204,
    summary="Push nothing more, and forget the log",
    responses=CHANGED,
    dependencies=ADMINISTRATORS,
)
async def unsubscribe(
    subscription_id: str, session: InTransaction, if_match: IfMatch = None
) -> None:
    await operations.unsubscribe(session, subscription_id, if_match)


@routes.post(
    "/v1/subscriptions/{subscription_id}/rotate-secret",
    summary="Sign with a new secret",
    description="The secret before it signs beside the new one for another day.",
    responses=MISSING,
    dependencies=ADMINISTRATORS,
)
async def rotate_subscription_secret(
    subscription_id: str, session: InTransaction, response: Response
) -> schemas.SubscriptionWithSecret:
    row = await operations.rotate_secret(session, subscription_id, _now())
    response.headers["etag"] = etag(row.revision)
    return _with_secret(row)


@routes.get(
    "/v1/subscriptions/{subscription_id}/deliveries",
    summary="What was pushed to an address, and every try",
    responses=MISSING,
    dependencies=ADMINISTRATORS,
)
async def list_subscription_deliveries(
    subscription_id: str,
    session: InTransaction,
    status: Annotated[
        Literal["pending", "delivered", "failed", "cancelled"] | None, Query()
    ] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[schemas.SubscriptionDelivery]:
    await queries.subscription(session, subscription_id)
    rows, following = await queries.of_target(session, subscription_id, status, limit, cursor)
    tries = await queries.attempts(session, [row.id for row in rows])
    return Page(items=[_delivery(row, tries[row.id]) for row in rows], next_cursor=following)


@routes.post(
    "/v1/subscriptions/{subscription_id}/deliveries/{delivery_id}/replay",
    status_code=202,
    summary="Push an event once more, under the same id",
    responses=MISSING,
    dependencies=ADMINISTRATORS,
)
async def replay_subscription_delivery(
    subscription_id: str, delivery_id: str, session: InTransaction
) -> schemas.SubscriptionDelivery:
    row = await operations.replay_notification(session, subscription_id, delivery_id, _now())
    return _delivery(row, (await queries.attempts(session, [row.id]))[row.id])


def _delivery(
    row: tables.Notification, tries: Sequence[tables.NotificationAttempt]
) -> schemas.SubscriptionDelivery:
    attempts = [schemas.Attempt.model_validate(each) for each in tries]
    plain = row.model_dump(exclude={"attempts"})
    return schemas.SubscriptionDelivery.model_validate({**plain, "attempts": attempts})


def _with_secret(row: tables.Subscription) -> schemas.SubscriptionWithSecret:
    return schemas.SubscriptionWithSecret.model_validate(
        {**row.model_dump(), "secret": row.secrets[0]}
    )


def _require_public(url: str, request: Request) -> None:
    """A name is looked at with every delivery; an address that is private is refused at once."""
    settings: Settings = request.app.state.settings
    if not settings.allow_private_targets and is_private_literal(url):
        zh, en = "该地址位于专用网络。", "This address lies in a private network."
        raise invalid(at_pointer("/url", "private_address", zh, en))


def _now() -> datetime:
    return datetime.now(UTC)
