"""A sealed assessment is corrected by a new version; the sealed one stays as it is."""

import secrets
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import select
from sqlmodel import col

from services.assessment import tables
from services.assessment.domain.workflow import Status
from services.assessment.operations.audit import Change, note
from services.assessment.operations.leading import demand_lead
from services.assessment.operations.refusals import conflict, demand_status
from services.assessment.queries import assessments as queries
from services.assessment.queries import consensus as consensus_queries
from services.assessment.queries import ratings as rating_queries
from services.assessment.queries.erasure import keep_due
from services.assessment.queries.evidence import attached
from shared.http import require_match
from shared.identity import Principal
from shared.ids import new_id
from shared.store import Session

R = TypeVar("R", bound=tables.Row)

_UNBOUND: dict[str, Any] = {"text_salt": None, "text_commitment": None}
"""The commitments to words are those of one seal."""


async def unseal_assessment(
    session: Session, id_: str, reason: str, by: Principal, at: datetime, if_match: str | None
) -> tables.Assessment:
    """A new version in consensus with all that the sealed one holds, and why there is one."""
    old = await queries.assessment_for_update(session, id_)
    demand_lead(session, by, old)
    require_match(if_match, old.revision)
    demand_status(old, Status.SEALED)
    later = select(col(tables.Assessment.id)).where(col(tables.Assessment.previous) == id_)
    if (taken := await session.scalar(later)) is not None:
        raise conflict(f"已有新版本 {taken}。", f"There is a new version already: {taken}.")
    new = _again(
        old,
        id=new_id("asm"),
        version=old.version + 1,
        previous=id_,
        reason=reason,
        status=Status.CONSENSUS,
        created_at=at,
        confirmed_by=None,
        sealed_at=None,
        revision=1,
    )
    session.add(new)
    await session.flush()
    await _copy(session, old, new)
    await keep_due(session, old.id, new.id)
    note(session, id_, Change("unseal_assessment", after={"new": new.id}), by, at)
    said = {"previous": id_, "reason": reason}
    note(session, new.id, Change("unseal_assessment", after=said), by, at)
    await session.flush()
    return new


async def _copy(session: Session, old: tables.Assessment, new: tables.Assessment) -> None:
    """Raters first: ratings refer to them."""
    here = {"assessment": new.id}
    for rater in await queries.raters(session, old.id):
        session.add(_again(rater, **here))
    await session.flush()
    for rating in await rating_queries.all_ratings(session, old.id):
        session.add(_again(rating, **here, **_UNBOUND, salt=secrets.token_hex(16)))
    for decision in await consensus_queries.decisions(session, old.id):
        salt = secrets.token_hex(16)
        session.add(_again(decision, **here, **_UNBOUND, salt=salt, revision=1))
    for said in await consensus_queries.notes(session, old.id):
        session.add(_again(said, **here, id=new_id("dsc")))
    for told, _ in await attached(session, old.id):
        session.add(_again(told, **here, **_UNBOUND))
    await session.flush()


def _again(row: R, **other: Any) -> R:
    """The same row with other values of these columns."""
    return type(row)(**{**row.model_dump(), **other})
