"""What is owed is confirmed, waived with a reason, or paid; each is an entry of the ledger."""

from collections.abc import Collection
from decimal import Decimal

from services.commitments.domain.offices import owner
from services.commitments.operations.authority import require_office
from services.commitments.operations.compensation_accrual import enter_in_ledger, told_of
from services.commitments.operations.history import Act
from services.commitments.queries import compensations as queries
from services.commitments.tables import Compensation, CompensationEntry
from shared import outbox
from shared.contracts.service_levels import CompensationDecided
from shared.http import require_match
from shared.problems import CONFLICT, Problem
from shared.store import Session


async def confirm_compensation(
    session: Session, compensation_id: str, if_match: str | None, act: Act
) -> Compensation:
    """Say that the amount is right."""
    row, act = await _held(session, compensation_id, if_match, act, ("accrued",))
    return await _decided(session, row, "confirmed", Decimal(0), None, act)


async def waive_compensation(
    session: Session, compensation_id: str, reason: str, if_match: str | None, act: Act
) -> Compensation:
    """Leave it unpaid, and say why."""
    row, act = await _held(session, compensation_id, if_match, act, ("accrued", "confirmed"))
    return await _decided(session, row, "waived", -owed(row), reason, act)


async def pay_compensation(
    session: Session, compensation_id: str, reference: str | None, if_match: str | None, act: Act
) -> Compensation:
    """Pay what was confirmed; of what was paid before, settle what a late event has changed."""
    row, act = await _held(session, compensation_id, if_match, act, ("confirmed", "paid"))
    amount = owed(row)
    if not amount:
        raise _conflict("该笔赔付已结清。", "Nothing is owed any more.")
    row.paid += amount
    return await _decided(session, row, "paid", -amount, reference, act)


def owed(row: Compensation) -> Decimal:
    """What is still to be paid; negative where a late event came after the payment."""
    return Decimal(0) if row.status == "waived" else row.accrued - row.paid


async def _held(
    session: Session,
    compensation_id: str,
    if_match: str | None,
    act: Act,
    standing: Collection[str],
) -> tuple[Compensation, Act]:
    """The account, and in what capacity the owner of its process decides on it."""
    row = await queries.one(session, compensation_id, lock=True)
    act = await require_office(session, act, owner(row.process))
    require_match(if_match, row.revision)
    if row.status not in standing:
        zh = f"状态为 {row.status} 的赔付不可如此处理。"
        en = f"A compensation that is {row.status} cannot be decided like this."
        raise _conflict(zh, en)
    return row, act


async def _decided(
    session: Session, row: Compensation, kind: str, amount: Decimal, said: str | None, act: Act
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
        by=act.by,
        at=act.at,
    )
    await enter_in_ledger(session, row, entry)
    told = told_of(row) | {"decision": kind, "amount": amount, "reason": said}
    told |= {"by": act.by, "at": act.at}
    await outbox.record(session, CompensationDecided.model_validate(told))
    return row


def _conflict(zh: str, en: str) -> Problem:
    return Problem(CONFLICT, {"zh": zh, "en": en})
