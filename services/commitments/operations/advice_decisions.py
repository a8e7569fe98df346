"""The owner of a process accepts, changes or declines what is proposed about its promises."""

from datetime import datetime, timedelta
from typing import Any, Literal

from services.commitments.domain.offices import owner
from services.commitments.operations.advice import expected_of, told_of
from services.commitments.operations.advice_plans import open_plan
from services.commitments.operations.authority import require_office
from services.commitments.operations.history import Act, Revision, keep_change
from services.commitments.operations.promises import draft_promise, publish_promise
from services.commitments.queries import advice as queries
from services.commitments.schemas import advice as schemas
from services.commitments.schemas.promises import NewPromise
from services.commitments.tables import Advice, Promise
from shared import outbox
from shared.contracts.service_levels import AdviceDecided
from shared.http import require_match
from shared.problems import CONFLICT, Problem
from shared.store import Session

Decision = Literal["accepted", "changed", "declined"]


async def accept_advice(
    session: Session,
    advice_id: str,
    body: schemas.AcceptAdvice,
    if_match: str | None,
    act: Act,
    floor: float,
) -> Advice:
    """Accept as proposed: a tighter promise is the next version, improvement is planned.

    The version stays a draft unless it is to be published at once; then it is refused with every
    fault that publishing finds, and nothing is decided.
    """
    row, act = await _open(session, advice_id, if_match, act)
    if row.proposed_commitment_seconds is not None:
        await _draft(session, row, body, act, floor)
    else:
        row.improvement_plan = (await open_plan(session, row, body.plan, act)).id
    return await _decided(session, row, "accepted", body.reason, act)


async def change_advice(
    session: Session,
    advice_id: str,
    body: schemas.ChangeAdvice,
    if_match: str | None,
    act: Act,
    floor: float,
) -> Advice:
    """Accept with other limits; what to expect of them is counted over the same runs."""
    row, act = await _open(session, advice_id, if_match, act)
    found = await expected_of(session, row, body.commitment_seconds)
    row.proposed_commitment_seconds = body.commitment_seconds
    row.proposed_tolerance_seconds = body.tolerance_seconds or max(
        row.tolerance_seconds, body.commitment_seconds
    )
    row.expected_within = found.within
    await _draft(session, row, body, act, floor)
    if body.plan is not None:
        row.improvement_plan = (await open_plan(session, row, body.plan, act)).id
    return await _decided(session, row, "changed", body.reason, act)


async def decline_advice(
    session: Session, advice_id: str, body: schemas.DeclineAdvice, if_match: str | None, act: Act
) -> Advice:
    """Leave the promise as it is."""
    row, act = await _open(session, advice_id, if_match, act)
    return await _decided(session, row, "declined", body.reason, act)


async def _open(
    session: Session, advice_id: str, if_match: str | None, act: Act
) -> tuple[Advice, Act]:
    row = await queries.one(session, advice_id, lock=True)
    act = await require_office(session, act, owner(row.process))
    require_match(if_match, row.revision)
    if row.status != "open":
        zh, en = f"该建议已处理（{row.status}）。", f"This advice was decided: {row.status}."
        raise Problem(CONFLICT, {"zh": zh, "en": en})
    return row, act


async def _draft(
    session: Session, row: Advice, body: schemas.AcceptAdvice, act: Act, floor: float
) -> None:
    promise = await session.get(Promise, row.promise_id)
    assert promise is not None  # noqa: S101 - promises are never deleted
    begins = body.valid_from or act.at
    new = NewPromise.model_validate(
        {
            **promise.model_dump(include=set(NewPromise.model_fields)),
            "commitment_seconds": row.proposed_commitment_seconds,
            "tolerance_seconds": row.proposed_tolerance_seconds,
            "valid_from": begins,
            "valid_until": body.valid_until or _lasting(promise.valid_until, begins),
        }
    )
    row.drafted_promise_id = (await draft_promise(session, new, act.at, floor)).id
    if body.publish:
        await session.flush()
        await publish_promise(session, row.drafted_promise_id, act.at, floor)


def _lasting(until: datetime | None, begins: datetime) -> datetime | None:
    return until if until is not None and until - begins > timedelta(0) else None


async def _decided(
    session: Session, row: Advice, decision: Decision, reason: str | None, act: Act
) -> Advice:
    row.status, row.reason = decision, reason
    row.decided_by, row.decided_at = act.by, act.at
    row.revision += 1
    body: dict[str, Any] = row.model_dump(mode="json", exclude={"tenant", "findings"})
    await keep_change(session, Revision("advice", row.id, row.revision), decision, body, act)
    decided = AdviceDecided(
        **told_of(row),
        decision=decision,
        reason=reason,
        drafted_promise_id=row.drafted_promise_id,
        improvement_plan=row.improvement_plan,
        by=act.by,
        at=act.at,
    )
    await outbox.record(session, decided)
    return row
