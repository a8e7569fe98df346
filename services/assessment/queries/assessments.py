"""Reads of assessments and raters.

Whom an assessment of a person concerns, and what is blind, is enforced below by row security: a
query here returns what the caller may see and nothing else, and an unseen assessment is a 404.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import exists, select
from sqlmodel import col

from services.assessment.tables import Assessment, AssessmentRater
from shared import pages
from shared.problems import Text, not_found
from shared.store import Session

_KIND: Text = {"zh": "评估", "en": "assessment"}
_RATER: Text = {"zh": "评分人", "en": "rater"}


async def assessment(session: Session, id_: str) -> Assessment:
    """The assessment; raises a 404 problem."""
    return await _one(session, id_, None)


async def assessment_for_update(session: Session, id_: str) -> Assessment:
    """The assessment, locked against every other change, of itself or of anything in it."""
    return await _one(session, id_, {})


async def assessment_for_entry(session: Session, id_: str) -> Assessment:
    """The assessment, locked against a change of its status while something in it changes."""
    return await _one(session, id_, {"read": True})


async def assessments(
    session: Session,
    named: Mapping[str, str | None],
    rater: str | None,
    sort: str,
    page: tuple[int, str | None],
) -> tuple[list[Assessment], str | None]:
    """One page, a limit and a cursor, of those whose columns are as named.

    `sort` is `created_at`, `period` or `unit`, with `-` from the last to the first.
    """
    query = select(Assessment)
    for name, value in named.items():
        if value is not None:
            query = query.where(getattr(Assessment, name) == value)
    if rater is not None:
        query = query.where(
            exists().where(
                col(AssessmentRater.tenant) == col(Assessment.tenant),
                col(AssessmentRater.assessment) == col(Assessment.id),
                col(AssessmentRater.subject) == rater,
            )
        )
    # An id tells when it was made.
    names = ["id"] if sort.endswith("created_at") else [sort.removeprefix("-"), "id"]
    order, (limit, cursor) = [getattr(Assessment, name) for name in names], page
    found = pages.seek(query, order, cursor, descending=sort.startswith("-"))
    rows = (await session.scalars(found.limit(limit + 1))).all()
    return pages.page(rows, limit, lambda row: [getattr(row, name) for name in names])


async def raters(session: Session, assessment_id: str) -> Sequence[AssessmentRater]:
    """Everyone who rates in it, by subject."""
    query = select(AssessmentRater).where(col(AssessmentRater.assessment) == assessment_id)
    return (await session.scalars(query.order_by(col(AssessmentRater.subject)))).all()


async def find_rater(
    session: Session, assessment_id: str, subject: str, *, lock: bool = False
) -> AssessmentRater | None:
    """The rater of this subject, or None."""
    query = select(AssessmentRater).where(
        col(AssessmentRater.assessment) == assessment_id, col(AssessmentRater.subject) == subject
    )
    if lock:
        query = query.with_for_update()
    return (await session.scalars(query)).one_or_none()


async def rater(session: Session, assessment_id: str, subject: str) -> AssessmentRater:
    """The rater of this subject; raises a 404 problem."""
    found = await find_rater(session, assessment_id, subject)
    if found is None:
        raise not_found(_RATER, subject)
    return found


async def _one(session: Session, id_: str, lock: dict[str, Any] | None) -> Assessment:
    query = select(Assessment).where(col(Assessment.id) == id_)
    if lock is not None:
        query = query.with_for_update(**lock)
    found = (await session.scalars(query)).one_or_none()
    if found is None:
        raise not_found(_KIND, id_)
    return found
