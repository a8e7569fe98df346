"""Webhooks in: the raw bytes are checked and stored; deliveries can be listed and replayed."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from sqlalchemy import event
from sqlmodel import SQLModel

from services.commitments import tables
from services.commitments.intake import Accepted, Intake
from services.commitments.operations import deliveries as operations
from services.commitments.operations.storing import NewDelivery
from services.commitments.providers import PROVIDERS, delivery_key, split
from services.commitments.queries import deliveries as queries
from services.commitments.queries import tenants
from services.commitments.schemas import deliveries as schemas
from services.commitments.schemas.deliveries import DeliveryStatus
from services.commitments.settings import Settings
from shared import problems
from shared.http import InTransaction, router
from shared.identity import Role, require
from shared.pages import Cursor, Limit, Page
from shared.problems import FieldError, Problem, documented
from shared.store import Session, Store

REMEMBERED_SECONDS = 1.0
MAX_EVENTS = 1_000
"""In one batch of CloudEvents."""
UNSTORED_HEADERS = ("authorization", "cookie", "x-gitlab-token")
"""What opens doors: a password, or a secret that is sent as it is."""

Name = Annotated[str | None, Query(max_length=500)]

routes = APIRouter(tags=["webhooks"])
deliveries = router("webhooks")
ADMINISTRATORS = [Depends(require(Role.ADMINISTRATOR, Role.INTEGRATION))]


@dataclass(frozen=True, slots=True)
class Listed:
    """An integration, and whether its tenant is closed."""

    integration: tables.Integration
    closed: bool


class Directory:
    """The integrations by id, remembered for a second: a burst asks the database once."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[str, tuple[float, Listed]] = {}
        self._changes = 0

    async def find(self, integration_id: str) -> Listed:
        """As it is remembered; raises a 404 problem."""
        at, listed = self._known.get(integration_id, (0.0, None))
        if listed is None or time.monotonic() - at > REMEMBERED_SECONDS:
            listed = await self.read(integration_id)
        return listed

    async def read(self, integration_id: str) -> Listed:
        """As it is now; raises a 404 problem."""
        changes = self._changes
        async with self._store.queue() as session:
            found = await queries.integration(session, integration_id)
            listed = Listed(found, await tenants.is_closed(session, found.tenant))
        if changes == self._changes:
            self._known[integration_id] = (time.monotonic(), listed)
        return listed

    def forget_after(self, session: Session, integration_id: str) -> None:
        """What this transaction changes is not remembered as it was before."""

        def forget(_: object) -> None:
            self._changes += 1
            self._known.pop(integration_id, None)

        event.listen(session.sync_session, "after_commit", forget, once=True)


_SIGNATURES: dict[str, list[str]] = {}
for _provider in PROVIDERS.values():
    _told = (_provider.is_authentic.__doc__ or "").partition("\n")[0]
    _SIGNATURES.setdefault(_provider.SIGNATURE_HEADER, []).append(f"{_provider.NAME}: {_told}")

_PAYLOAD = {
    "schema": {"description": "What the tool sends, as the integration's mapping reads it"},
    "example": {
        "number": "INC0000045",
        "state": "Resolved",
        "priority": "3 - Moderate",
        "assignment_group": "Group 56",
        "sys_updated_on": "2016-02-29T11:29:00Z",
        "sys_mod_count": "3",
    },
}

_EVENT = {
    "specversion": "1.0",
    "id": "8a2c5e1f",
    "source": "/desk/tickets",
    "type": "ticket.closed",
    "subject": "T-1",
    "time": "2025-03-03T01:00:00Z",
    "data": {"state": "closed", "priority": "high"},
}
_CONTENT = {
    "application/json": _PAYLOAD,
    "application/cloudevents+json": {"schema": {"type": "object"}, "example": _EVENT},
    "application/cloudevents-batch+json": {
        "schema": {"type": "array", "items": {"type": "object"}, "maxItems": MAX_EVENTS},
        "example": [_EVENT],
    },
}


@routes.post(
    "/v1/hooks/{integration_id}",
    status_code=202,
    summary="Receive a ticketing tool's webhook",
    description="The provider's own payload and signature, checked over the bytes as they are sent "
    "with each of the integration's secrets. Answered when it is stored: a duplicate like the "
    "first, a payload that cannot be read is quarantined, and one of no concern ignored. The "
    "events of a batch of CloudEvents are stored together, each as a delivery of its own.",
    responses=documented(
        problems.UNAUTHENTICATED,
        problems.UNKNOWN_TENANT,
        problems.NOT_FOUND,
        problems.PAYLOAD_TOO_LARGE,
    ),
    openapi_extra={
        "security": [],
        "x-transactional": False,
        "requestBody": {"required": True, "content": _CONTENT},
        "parameters": [
            {
                "name": header,
                "in": "header",
                "required": False,
                "schema": {"type": "string"},
                "description": " ".join(told),
            }
            for header, told in _SIGNATURES.items()
        ],
    },
)
async def receive_webhook(integration_id: str, request: Request) -> schemas.Receipt:
    state = request.app.state
    settings: Settings = state.settings
    directory: Directory = state.directory
    intake: Intake = state.intake
    raw: bytes = request.scope["state"]["raw_body"]
    if len(raw) > settings.max_webhook_bytes:
        raise _too_large(settings.max_webhook_bytes)
    now = datetime.now(UTC)
    listed = await _authenticated(directory, integration_id, request.headers, raw, now)
    integration = listed.integration
    provider = PROVIDERS[integration.provider]
    if listed.closed:
        raise closed_tenant()
    held = split(provider, _kept(request.headers), await request.body())
    if len(held) > MAX_EVENTS:
        raise _too_many(len(held))
    accepted = await intake.accept(
        [
            NewDelivery(
                tenant=integration.tenant,
                integration_id=integration.id,
                key=delivery_key(provider, headers, body),
                headers=headers,
                body=body,
                received_at=now,
            )
            for headers, body in held
        ]
    )
    return _receipt(accepted)


@deliveries.get(
    "/v1/deliveries", summary="Stored webhooks and imported rows", dependencies=ADMINISTRATORS
)
async def list_deliveries(
    session: InTransaction,
    status: Annotated[DeliveryStatus | None, Query()] = None,
    integration_id: Name = None,
    case_key: Name = None,
    import_id: Name = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[schemas.Delivery]:
    asked = {
        "status": status,
        "integration_id": integration_id,
        "case_key": case_key,
        "import_id": import_id,
    }
    rows, following = await queries.listed(session, asked, limit, cursor)
    return Page(items=[_shown(row) for row in rows], next_cursor=following)


@deliveries.get(
    "/v1/deliveries/{delivery_id}",
    summary="One stored webhook",
    responses=documented(problems.NOT_FOUND),
    dependencies=ADMINISTRATORS,
)
async def get_delivery(delivery_id: str, session: InTransaction) -> schemas.Delivery:
    return _shown(await queries.one(session, delivery_id))


@deliveries.post(
    "/v1/deliveries/{delivery_id}/replay",
    status_code=202,
    summary="Read a quarantined or ignored delivery again",
    responses=documented(problems.NOT_FOUND, problems.CONFLICT),
    dependencies=ADMINISTRATORS,
)
async def replay_delivery(delivery_id: str, session: InTransaction) -> schemas.Delivery:
    return _shown(await operations.replay_delivery(session, delivery_id))


def _receipt(accepted: Sequence[Accepted]) -> schemas.Receipt:
    each = [
        schemas.EventReceipt(delivery_id=one.delivery_id, duplicate=one.duplicate)
        for one in accepted
    ]
    return schemas.Receipt(
        delivery_id=each[0].delivery_id,
        duplicate=all(one.duplicate for one in each),
        batch=each if len(each) > 1 else None,
    )


def _kept(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name not in UNSTORED_HEADERS}


def _shown(row: SQLModel) -> schemas.Delivery:
    plain = row.model_dump(exclude={"tenant", "key"})
    return schemas.Delivery(**{**plain, "body": plain["body"].decode(errors="replace")})


async def _authenticated(
    directory: Directory, integration_id: str, headers: Mapping[str, str], raw: bytes, at: datetime
) -> Listed:
    """The integration, one of whose secrets signed this; raises a 401 or a 404 problem."""
    listed = await directory.find(integration_id)
    if not _is_signed(listed.integration, headers, raw, at):
        # The secret may have been rotated a moment ago, through another replica.
        listed = await directory.read(integration_id)
        if not _is_signed(listed.integration, headers, raw, at):
            raise _unsigned(PROVIDERS[listed.integration.provider].SIGNATURE_HEADER)
    return listed


def _is_signed(
    integration: tables.Integration, headers: Mapping[str, str], raw: bytes, at: datetime
) -> bool:
    provider = PROVIDERS[integration.provider]
    return provider.is_authentic(headers, raw, integration.secrets, at)


def _unsigned(header: str) -> Problem:
    error = FieldError(
        code="signature_mismatch",
        detail={
            "zh": "签名缺失，与请求体不符，或所签时间与现在相差五分钟以上。",
            "en": "The signature is missing, does not match the body, or signs a time that is more "
            "than five minutes from now.",
        },
        header=header,
    )
    return Problem(problems.UNAUTHENTICATED, errors=[error])


def closed_tenant() -> Problem:
    """403: nothing is taken for a tenant that was closed."""
    zh, en = "租户已关闭，不再接收回调。", "The tenant is closed and takes no webhooks."
    return Problem(problems.UNKNOWN_TENANT, {"zh": zh, "en": en})


def _too_many(events: int) -> Problem:
    zh = f"一批最多 {MAX_EVENTS} 个事件，收到 {events} 个。"
    en = f"A batch has at most {MAX_EVENTS} events, and this one has {events}."
    return Problem(problems.PAYLOAD_TOO_LARGE, {"zh": zh, "en": en})


def _too_large(limit: int) -> Problem:
    zh, en = f"回调不得超过 {limit} 字节。", f"A webhook has at most {limit} bytes."
    return Problem(problems.PAYLOAD_TOO_LARGE, {"zh": zh, "en": en})
