"""Uploaded models, alone and beside the shipped ones."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Integer, Row, Text, column, func, select, text, values
from sqlmodel import col

from services.assessment.domain.model import Assessed
from services.assessment.tables import ModelVersion
from shared import pages
from shared.store import Session

_NAME = (col(ModelVersion.code), col(ModelVersion.version))
_HEADING = (
    ModelVersion.code,
    ModelVersion.version,
    ModelVersion.hash,
    ModelVersion.uploaded_by,
    ModelVersion.uploaded_at,
    ModelVersion.withdrawn_by,
    ModelVersion.withdrawn_at,
    ModelVersion.withdrawal_reason,
)


async def lock_code(session: Session, code: str) -> None:
    """Wait for whoever else gives a version of this code in this tenant."""
    key = f"{session.info['tenant']}/{code}"
    locked = text("SELECT pg_advisory_xact_lock(hashtextextended('model/' || :key, 0))")
    await session.execute(locked, {"key": key})


async def versions(session: Session, code: str) -> Sequence[ModelVersion]:
    """All versions of an uploaded model, the newest first."""
    query = select(ModelVersion).where(col(ModelVersion.code) == code)
    return (await session.scalars(query.order_by(col(ModelVersion.version).desc()))).all()


async def codes(
    session: Session, shipped: Iterable[tuple[str, int]], limit: int, cursor: str | None
) -> tuple[list[Row[tuple[str, int]]], str | None]:
    """One page of codes, uploaded or `shipped`, each with its newest version, by code."""
    listed = values(column("code", Text), column("version", Integer), name="shipped")
    uploaded = select(_NAME[0], func.max(_NAME[1]).label("version")).group_by(_NAME[0])
    both = uploaded.union_all(select(listed.data(list(shipped)))).subquery()
    query = pages.seek(select(both), [both.c.code], cursor, descending=False)
    rows = (await session.execute(query.limit(limit + 1))).all()
    return pages.page(rows, limit, lambda row: [row.code])


async def headings(session: Session, of: Iterable[str]) -> Sequence[Row[Any]]:
    """What lists say of all versions of these uploaded models, the newest of each first."""
    document = ModelVersion.document
    columns: list[Any] = [
        *_HEADING,
        func.coalesce(document["assesses"].astext, Assessed.UNIT).label("assesses"),
        document["title"].label("title"),
        document["description"].label("description"),
    ]
    query = select(*columns).where(col(ModelVersion.code).in_(list(of)))
    return (await session.execute(query.order_by(_NAME[0], _NAME[1].desc()))).all()
