"""What is owed is confirmed, waived with a reason, or paid; each is an entry of the ledger."""

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal

from services.commitments.operations.compensation_accrual import enter_in_ledger, told_of
from services.commitments.queries import compensations as queries
from services.commitments.tables import Compensation, CompensationEntry
from shared import outbox
from shared.contracts.service_levels import CompensationDecided
from shared.http import require_match
from shared.problems import CONFLICT, Problem
from shared.store import Session

By = tuple[str, datetime]
"""Who decides, and when."""


async def confirm_compensation(
    session: Session, compensation_id: str, if_match: str | None, by: By
) -> Compensation:
    """Say that the amount is right."""
    row = await _held(session, compensation_id, if_match, ("accrued",))
    return await _decided(session, row, "confirmed", Decimal(0), None, by)


async def waive_compensation(
    session: Session, compensation_id: str, reason: str, if_match: str | None, by: By
) -> Compensation:
    """Leave it unpaid, and say why."""
    row = await _held(session, compensation_id, if_match, ("accrued", "confirmed"))
    return await _decided(session, row, "waived", -owed(row), reason, by)


async def pay_compensation(
    session: Session, compensation_id: str, reference: str | None, if_match: str | None, by: By
) -> Compensation:
    """Pay what was confirmed; of what was paid before, settle what a late event has changed."""
    row = await _held(session, compensation_id, if_match, ("confirmed", "paid"))
    amount = owed(row)
    if not amount:
        raise _conflict("该笔赔付已结清。", "Nothing is owed any more.")
    row.paid += amount
    return await _decided(session, row, "paid", -amount, reference, by)


def owed(row: Compensation) -> Decimal:
    """What is still to be paid; negative where a late event came after the payment."""
    return Decimal(0) if row.status == "waived" else row.accrued - row.paid


async def _held(
    session: Session, compensation_id: str, if_match: str | None, standing: Collection[str]
) -> Compensation:
    row = await queries.one(session, compensation_id, lock=True)
    require_match(if_match, row.revision)
    if row.status not in standing:
        zh = f"状态为 {row.status} 的赔付不可如此处理。"
        en = f"A compensation that is {row.status} cannot be decided like this."
        raise _conflict(zh, en)
    return row


async def _decided(
    session: Session, row: Compensation, kind: str, amount: Decimal, said: str | None, by: By
) -> Compensation:
    row.status = kind
    entry = CompensationEntry(
        tenant=row.tenant,
        compensation_id=row.id,
        number=0,
        kind=kind,
        amount=amount,
        currency=row.currency,
        reason=said,
        by=by[0],
        at=by[1],
    )
    await enter_in_ledger(session, row, entry)
    told = told_of(row) | {"decision": kind, "amount": amount, "reason": said}
    told |= {"by": by[0], "at": by[1]}
    await outbox.record(session, CompensationDecided.model_validate(told))
    return row


def _conflict(zh: str, en: str) -> Problem:
    return Problem(CONFLICT, {"zh": zh, "en": en})
