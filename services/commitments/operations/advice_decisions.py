"""The owner of a promise accepts, changes or declines what is proposed about it."""

from datetime import datetime

from services.commitments.operations.advice import expected_of
from services.commitments.operations.promises import draft_promise
from services.commitments.queries import advice as queries
from services.commitments.schemas import advice as schemas
from services.commitments.schemas.promises import NewPromise
from services.commitments.tables import Advice, Promise
from shared.http import require_match
from shared.problems import CONFLICT, Problem
from shared.store import Session

By = tuple[str, datetime]
"""Who decides, and when."""


async def accept_advice(
    session: Session,
    advice_id: str,
    body: schemas.AcceptAdvice,
    if_match: str | None,
    by: By,
    floor: float,
) -> Advice:
    """Accept as proposed: a tighter promise is drafted, and SMART-checked when it is published."""
    row = await _open(session, advice_id, if_match)
    if row.proposed_commitment_seconds is not None:
        await _draft(session, row, body, by, floor)
    return _decided(row, "accepted", body.reason, by)


async def change_advice(
    session: Session,
    advice_id: str,
    body: schemas.ChangeAdvice,
    if_match: str | None,
    by: By,
    floor: float,
) -> Advice:
    """Accept with other limits; what to expect of them is counted over the same runs."""
    row = await _open(session, advice_id, if_match)
    found = await expected_of(session, row, body.commitment_seconds)
    row.proposed_commitment_seconds = body.commitment_seconds
    row.proposed_tolerance_seconds = body.tolerance_seconds or max(
        row.tolerance_seconds, body.commitment_seconds
    )
    row.expected_within = found.within
    await _draft(session, row, body, by, floor)
    return _decided(row, "changed", body.reason, by)


async def decline_advice(
    session: Session, advice_id: str, body: schemas.DeclineAdvice, if_match: str | None, by: By
) -> Advice:
    """Leave the promise as it is."""
    row = await _open(session, advice_id, if_match)
    return _decided(row, "declined", body.reason, by)


async def _open(session: Session, advice_id: str, if_match: str | None) -> Advice:
    row = await queries.one(session, advice_id, lock=True)
    require_match(if_match, row.revision)
    if row.status != "open":
        zh, en = f"该建议已处理（{row.status}）。", f"This advice was decided: {row.status}."
        raise Problem(CONFLICT, {"zh": zh, "en": en})
    return row


async def _draft(
    session: Session, row: Advice, body: schemas.AcceptAdvice, by: By, floor: float
) -> None:
    promise = await session.get(Promise, row.promise_id)
    assert promise is not None  # noqa: S101 - promises are never deleted
    begins = body.valid_from or by[1]
    kept = promise.valid_until if promise.valid_until and promise.valid_until > begins else None
    said = promise.model_dump(include=set(NewPromise.model_fields))
    new = NewPromise.model_validate(
        {
            **said,
            "commitment_seconds": row.proposed_commitment_seconds,
            "tolerance_seconds": row.proposed_tolerance_seconds,
            "valid_from": begins,
            "valid_until": body.valid_until or kept,
        }
    )
    row.drafted_promise_id = (await draft_promise(session, new, by[1], floor)).id


def _decided(row: Advice, status: str, reason: str | None, by: By) -> Advice:
    row.status, row.reason = status, reason
    row.decided_by, row.decided_at = by
    row.revision += 1
    return row
