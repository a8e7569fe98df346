"""An idempotency key makes a POST happen once: its answer is stored with its effect."""

import hashlib
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from datetime import datetime, timedelta
from email.message import Message
from typing import NamedTuple

from fastapi import Request, Response
from sqlalchemy import (
    Column,
    Integer,
    LargeBinary,
    Table,
    Text,
    case,
    delete,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB, insert

from shared.problems import IDEMPOTENCY_KEY_REUSED, FieldError, Problem, invalid
from shared.problems import Text as ProblemText
from shared.store import PLUMBING, Instant, Session

HEADER = "Idempotency-Key"
MAX_LENGTH = 255
KEPT = timedelta(days=2)

idempotency_key = Table(
    "idempotency_key",
    PLUMBING,
    Column("tenant", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("request_hash", Text, nullable=False),
    Column("status", Integer),
    Column("headers", JSONB),
    Column("body", LargeBinary),
    Column("created_at", Instant, nullable=False, server_default=func.clock_timestamp()),
)


class Key:
    """One caller's key for one request."""

    def __init__(self, tenant: str, subject: str, key: str, request_hash: str) -> None:
        self._identity = {"tenant": tenant, "subject": subject, "key": key}
        self._request_hash = request_hash

    @classmethod
    async def of(cls, request: Request, tenant: str, subject: str) -> "Key | None":
        """The key of this request; None when it has none or is not a POST."""
        key = _named(request)
        if key is None:
            return None
        body = _without_boundary(request.headers.get("content-type", ""), await request.body())
        return cls(tenant, subject, key, hashlib.sha256(_target(request) + body).hexdigest())

    async def claim(self, session: Session) -> Response | None:
        """Take the key within this transaction, or the answer that its first use was given.

        Waits for a first use that is under way; raises a problem if that asked something else.
        """
        row = insert(idempotency_key).values(**self._identity, request_hash=self._request_hash)
        fresh = row.on_conflict_do_nothing().returning(idempotency_key.c.key)
        if (await session.execute(fresh)).first() is not None:
            return None
        stored = (await session.execute(select(idempotency_key).filter_by(**self._identity))).one()
        if stored.request_hash != await self._asked():
            detail: ProblemText = {
                "zh": "同一幂等键此前用于内容不同的请求。",
                "en": "This key was used before, for a request with other content.",
            }
            error = FieldError(code="reused", detail=detail, header=HEADER)
            raise Problem(IDEMPOTENCY_KEY_REUSED, errors=[error])
        headers = {**stored.headers, "idempotency-replayed": "true"}
        return Response(stored.body, stored.status, headers)

    async def keep(self, session: Session, response: Response) -> None:
        """Store the answer beside the effect."""
        headers: Mapping[str, str] = {
            name: value for name, value in response.headers.items() if name != "content-length"
        }
        await session.execute(
            update(idempotency_key)
            .filter_by(**self._identity)
            .values(
                request_hash=await self._asked(),
                status=response.status_code,
                headers=headers,
                body=bytes(response.body),
            )
        )

    async def _asked(self) -> str:
        """A hash of what the request asks."""
        return self._request_hash


class StreamKey(Key):
    """The key of a request whose body is read as it comes: what it asks is known at its end."""

    def __init__(self, request: Request, tenant: str, subject: str, key: str) -> None:
        super().__init__(tenant, subject, key, "")
        self._digest = hashlib.sha256(_target(request))
        self.body = self._read(request.stream())

    @classmethod
    def of_stream(cls, request: Request, tenant: str, subject: str) -> "StreamKey | None":
        """The key of this request; None when it has none or is not a POST."""
        key = _named(request)
        return None if key is None else cls(request, tenant, subject, key)

    async def _read(self, stream: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        async for chunk in stream:
            self._digest.update(chunk)
            yield chunk

    async def _asked(self) -> str:
        async for _ in self.body:
            pass
        return self._digest.hexdigest()


def _named(request: Request) -> str | None:
    key = request.headers.get(HEADER)
    if key is None or request.method != "POST":
        return None
    if not 1 <= len(key) <= MAX_LENGTH:
        detail: ProblemText = {
            "zh": "长度须为 1 到 255 个字符。",
            "en": "Must have 1 to 255 characters.",
        }
        raise invalid(FieldError(code="length", detail=detail, header=HEADER))
    return key


def _target(request: Request) -> bytes:
    return f"{request.url.path}?{request.url.query}\n".encode()


async def forget(session: Session, now: datetime) -> None:
    """Delete keys that are older than a client may rely on."""
    await session.execute(delete(idempotency_key).where(idempotency_key.c.created_at < now - KEPT))


class Answer(NamedTuple):
    """An answer as it is stored for a repetition."""

    status: int
    headers: Mapping[str, str]
    body: bytes


async def forget_subject(session: Session, subject: str) -> None:
    """Delete the keys of one caller, and their answers."""
    await session.execute(delete(idempotency_key).where(idempotency_key.c.subject == subject))


async def rewrite_answers(
    session: Session, needles: Iterable[str], rewrite: Callable[[Answer], Answer]
) -> None:
    """Store other answers in place of those in JSON that hold one of these lower-case texts."""
    body, headers = idempotency_key.c.body, idempotency_key.c.headers
    written = func.lower(func.convert_from(body, "UTF8"))
    holds = or_(False, *(func.strpos(written, needle) > 0 for needle in needles))
    # A case, because the parts of a conjunction are evaluated in any order.
    matching = case((headers["content-type"].astext.like("%json%"), holds), else_=False)
    for row in (await session.execute(select(idempotency_key).where(matching))).all():
        answer = rewrite(Answer(row.status, row.headers, row.body))
        mine = {"tenant": row.tenant, "subject": row.subject, "key": row.key}
        told = update(idempotency_key).filter_by(**mine).values(answer._asdict())
        await session.execute(told)


def _without_boundary(content_type: str, body: bytes) -> bytes:
    """A client draws another multipart boundary whenever it repeats a request."""
    told = Message()
    told["content-type"] = content_type
    boundary = told.get_boundary()
    return body.replace(boundary.encode(), b"") if boundary else body
