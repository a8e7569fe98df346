"""Reads of ratings. While rating is independent, row security shows a caller their own only."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlmodel import col

from services.assessment.tables import Rating
from shared import pages
from shared.problems import not_found
from shared.store import Session


async def sheet(session: Session, assessment_id: str, rater: str) -> Sequence[Rating]:
    """All that one rater says, by cell; nothing when the caller may not see it."""
    query = select(Rating).where(
        col(Rating.assessment) == assessment_id, col(Rating.rater) == rater
    )
    return (await session.scalars(query.order_by(col(Rating.cell)))).all()


async def ratings(
    session: Session,
    assessment_id: str,
    cell: str | None,
    rater: str | None,
    limit: int,
    cursor: str | None,
) -> tuple[list[Rating], str | None]:
    """One page by cell and rater of the ratings that the caller may see."""
    query = select(Rating).where(col(Rating.assessment) == assessment_id)
    if cell is not None:
        query = query.where(col(Rating.cell) == cell)
    if rater is not None:
        query = query.where(col(Rating.rater) == rater)
    found = pages.seek(query, [col(Rating.cell), col(Rating.rater)], cursor, descending=False)
    rows = (await session.scalars(found.limit(limit + 1))).all()
    return pages.page(rows, limit, lambda row: [row.cell, row.rater])


async def all_ratings(
    session: Session, assessment_id: str, cell: str | None = None
) -> Sequence[Rating]:
    """Every rating that the caller may see, of one cell if it is named, by cell and rater."""
    query = select(Rating).where(col(Rating.assessment) == assessment_id)
    if cell is not None:
        query = query.where(col(Rating.cell) == cell)
    return (await session.scalars(query.order_by(col(Rating.cell), col(Rating.rater)))).all()


async def rating(session: Session, assessment_id: str, rater: str, cell: str) -> Rating:
    """One rating; raises a 404 problem where the caller may see none."""
    found = await session.get(Rating, (session.info["tenant"], assessment_id, rater, cell))
    if found is None:
        raise not_found({"zh": "评分", "en": "rating"}, f"{rater}/{cell}")
    return found


async def rating_for_update(
    session: Session, assessment_id: str, rater: str, cell: str
) -> Rating | None:
    """One rating, locked, or None."""
    query = select(Rating).where(
        col(Rating.assessment) == assessment_id,
        col(Rating.rater) == rater,
        col(Rating.cell) == cell,
    )
    return (await session.scalars(query.with_for_update())).one_or_none()
