"""Reads of awards, examiners and certificates."""

from collections.abc import Sequence

from sqlalchemy import func, select, text
from sqlmodel import col

from services.assessment.tables import Award, AwardExaminer, Certificate
from shared import pages
from shared.problems import Text, not_found
from shared.store import Session

_AWARD: Text = {"zh": "奖项申请", "en": "award"}
_CERTIFICATE: Text = {"zh": "证书", "en": "certificate"}


async def award(session: Session, id_: str, *, lock: bool = False) -> Award:
    """The award, locked for a change if asked; raises a 404 problem."""
    query = select(Award).where(col(Award.id) == id_)
    found = (await session.scalars(query.with_for_update() if lock else query)).one_or_none()
    if found is None:
        raise not_found(_AWARD, id_)
    return found


async def awards(
    session: Session, status: str | None, assessment: str | None, limit: int, cursor: str | None
) -> tuple[list[Award], str | None]:
    """One page, the newest first."""
    query = select(Award)
    if status is not None:
        query = query.where(col(Award.status) == status)
    if assessment is not None:
        query = query.where(col(Award.assessment) == assessment)
    found = pages.seek(query, [col(Award.id)], cursor, descending=True)
    rows = (await session.scalars(found.limit(limit + 1))).all()
    return pages.page(rows, limit, lambda row: [row.id])


async def examiners(session: Session, award_id: str) -> Sequence[AwardExaminer]:
    """Who examines it, by subject."""
    query = select(AwardExaminer).where(col(AwardExaminer.award) == award_id)
    return (await session.scalars(query.order_by(col(AwardExaminer.subject)))).all()


async def find_award(session: Session, assessment: str, programme: str) -> Award | None:
    """The application of an assessment for a programme, or None."""
    query = select(Award).where(
        col(Award.assessment) == assessment, col(Award.programme) == programme
    )
    return (await session.scalars(query)).one_or_none()


async def next_number(session: Session, year: int) -> str:
    """The next free number of a year; waits for whoever else takes one in this tenant."""
    key = f"{session.info['tenant']}/{year}"
    locked = text("SELECT pg_advisory_xact_lock(hashtextextended('certificate/' || :key, 0))")
    await session.execute(locked, {"key": key})
    prefix = f"SEE-{year}-"
    taken = select(func.count()).where(col(Certificate.number).startswith(prefix))
    return f"{prefix}{1 + int(await session.scalar(taken) or 0):04}"


async def certificate(session: Session, number: str, *, lock: bool = False) -> Certificate:
    """The certificate of this number; raises a 404 problem."""
    query = select(Certificate).where(col(Certificate.number) == number)
    found = (await session.scalars(query.with_for_update() if lock else query)).one_or_none()
    if found is None:
        raise not_found(_CERTIFICATE, number)
    return found


async def find_certificate(session: Session, award_id: str) -> Certificate | None:
    """The certificate of an award, or None."""
    query = select(Certificate).where(col(Certificate.award) == award_id)
    return (await session.scalars(query)).one_or_none()
