"""Restatements, what they have yet to judge, and which one answers a question."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import exists, func, select
from sqlmodel import col

from services.commitments.tables import Case, Restatement, RestatementMark
from shared import pages
from shared.problems import not_found
from shared.store import Session


async def one(session: Session, restatement_id: str) -> Restatement:
    """The restatement; raises a 404 problem."""
    query = select(Restatement).where(col(Restatement.id) == restatement_id)
    row = (await session.scalars(query)).one_or_none()
    if row is None:
        raise not_found({"zh": "重述", "en": "restatement"}, restatement_id)
    return row


async def listed(
    session: Session, process: str | None, limit: int, cursor: str | None
) -> tuple[list[Restatement], str | None]:
    """One page, newest first."""
    filters: list[Any] = [] if process is None else [col(Restatement.process) == process]
    query = pages.seek(
        select(Restatement).where(*filters), [col(Restatement.id)], cursor, descending=True
    )
    rows = (await session.scalars(query.limit(limit + 1))).all()
    return pages.page(rows, limit, lambda row: [row.id])


async def cases_left(session: Session, ids: Sequence[str]) -> Mapping[str, int]:
    """How many cases each of these has yet to judge."""
    mark = RestatementMark
    query = select(col(mark.restatement_id), func.count(col(mark.case_id).distinct()))
    query = query.where(col(mark.restatement_id).in_(ids)).group_by(col(mark.restatement_id))
    return {row[0]: row[1] for row in (await session.execute(query)).all()}


async def newest_like(session: Session, wanted: Restatement) -> Restatement | None:
    """The newest restatement of the process that judges by the same promises."""
    query = select(Restatement).where(
        col(Restatement.process) == wanted.process, col(Restatement.terms) == wanted.terms
    )
    return (await session.scalars(query.order_by(col(Restatement.id).desc()).limit(1))).first()


async def count_cases(session: Session, process: str) -> int:
    query = select(func.count()).select_from(Case).where(col(Case.process) == process)
    return int((await session.execute(query)).scalar_one())


async def take_one_with_marks(session: Session) -> Restatement | None:
    """A restatement of any tenant with cases left that no worker holds, taken by this one.

    Folds add marks meanwhile: their foreign key asks for a weaker lock than this one denies.
    """
    waiting = exists().where(col(RestatementMark.restatement_id) == col(Restatement.id))
    query = select(Restatement).where(waiting).order_by(col(Restatement.id)).limit(1)
    taken = query.with_for_update(skip_locked=True, key_share=True)
    return (await session.scalars(taken)).one_or_none()


async def marks(session: Session, restatement_id: str, limit: int) -> Sequence[RestatementMark]:
    query = select(RestatementMark).where(col(RestatementMark.restatement_id) == restatement_id)
    return (await session.scalars(query.order_by(col(RestatementMark.id)).limit(limit))).all()
