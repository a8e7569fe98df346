"""Reads of sealed assessments, many at a time."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Select, exists, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from services.assessment.tables import Assessment, Decision
from shared.store import Session


async def assessments_named(session: Session, ids: Iterable[str]) -> dict[str, Assessment]:
    """Those of these assessments that the caller may see, by id."""
    query = select(Assessment).where(col(Assessment.id).in_(list(ids)))
    return {row.id: row for row in await session.scalars(query)}


async def sealed_assessments(session: Session, named: Mapping[str, object]) -> Sequence[Assessment]:
    """Sealed and not erased, the newest version of each series, in order of sealing."""
    query = newest_sealed()
    for name, value in named.items():
        if value is not None:
            query = query.where(getattr(Assessment, name) == value)
    order = (col(Assessment.sealed_at), col(Assessment.id))
    return (await session.scalars(query.order_by(*order))).all()


def newest_sealed() -> Select[Assessment]:
    """Sealed and not erased, the newest version of each series."""
    newer = aliased(Assessment)
    corrected = exists().where(
        col(newer.tenant) == col(Assessment.tenant),
        col(newer.series) == col(Assessment.series),
        col(newer.version) > col(Assessment.version),
        col(newer.sealed_at).is_not(None),
    )
    return select(Assessment).where(
        col(Assessment.sealed_at).is_not(None),
        col(Assessment.erased_at).is_(None),
        ~corrected,
    )


async def decisions_of(session: Session, ids: Iterable[str]) -> dict[str, list[Decision]]:
    """Everything that was decided in these assessments, by assessment."""
    found: defaultdict[str, list[Decision]] = defaultdict(list)
    query = select(Decision).where(col(Decision.assessment).in_(list(ids)))
    for row in await session.scalars(query):
        found[row.assessment].append(row)
    return found
