"""A fold says what each broken run costs; the ledger is brought there by entries, never undone."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select
from sqlmodel import col

from services.commitments.domain.compensation import Rule, excess
from services.commitments.domain.history import CaseHistory, ClockVersion
from services.commitments.operations.alert_instants import clock_id
from services.commitments.queries import compensations as queries
from services.commitments.tables import Compensation, CompensationEntry, Promise
from shared import outbox
from shared.contracts.service_levels import CompensationAccrued
from shared.ids import derived_id
from shared.store import Session, database_now

_NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Due:
    """What a run owes by the newest history."""

    case_id: str
    version: ClockVersion
    promise: Promise
    amount: Decimal
    currency: str


async def accrue(session: Session, process: str, folded: Mapping[str, CaseHistory]) -> None:
    """Owe what the broken runs of these cases cost, once a run, and reverse what is not so.

    The cases are locked by their fold, so that nobody else accrues for their runs meanwhile.
    """
    carrying = await queries.promises_with_rules(session, process)
    known = await queries.of_cases(session, list(folded))
    if not carrying and not known:
        return
    due = {
        clock_id(case_id, version): owed
        for case_id, history in folded.items()
        for version in history.current
        if (owed := _due(case_id, version, carrying)) is not None
    }
    at = await database_now(session)
    for run_id, owed in due.items():
        row = known.get(run_id)
        if row is None:
            await _open(session, run_id, owed, at)
        elif row.accrued != owed.amount or row.currency != owed.currency:
            await _correct(session, row, owed, at)
    for run_id, row in known.items():
        if run_id not in due and row.accrued:
            await _change(session, row, "reversed", -row.accrued, at)


def _due(case_id: str, version: ClockVersion, carrying: Mapping[str, Promise]) -> Due | None:
    bound = version.clock.promise
    promise = carrying.get(bound.id) if bound and version.key.leg is None else None
    if promise is None or promise.compensation is None:
        return None
    rule = Rule.of(promise.compensation)
    amount = rule.owed(excess(version.clock, rule.beyond))
    return Due(case_id, version, promise, amount, rule.currency) if amount else None


async def _open(session: Session, run_id: str, owed: Due, at: datetime) -> None:
    key = owed.version.key
    row = Compensation(
        id=derived_id("cmp", run_id),
        tenant=session.info["tenant"],
        run_id=run_id,
        case_id=owed.case_id,
        case_key=key.case_key,
        process=owed.promise.process,
        node=key.node,
        visit=key.visit,
        **_bound(owed),
        status="accrued",
        currency=owed.currency,
        accrued=_NOTHING,
        paid=_NOTHING,
        accrued_at=at,
        revision=0,
    )
    session.add(row)
    await session.flush()
    await _change(session, row, "accrued", owed.amount, at)


async def _correct(session: Session, row: Compensation, owed: Due, at: datetime) -> None:
    """The run owes another amount than it did, or owes again after a reversal."""
    if row.currency != owed.currency and row.accrued:
        await _change(session, row, "reversed", -row.accrued, at)
    kind = "adjusted" if row.accrued else "accrued"
    row.currency = owed.currency
    for name, value in _bound(owed).items():
        setattr(row, name, value)
    await _change(session, row, kind, owed.amount - row.accrued, at)


def _bound(owed: Due) -> dict[str, Any]:
    return {
        "promise_id": owed.promise.id,
        "promise_code": owed.promise.code,
        "promise_version": owed.promise.version,
        "broken_at": owed.version.clock.finished_at,
    }


async def _change(
    session: Session, row: Compensation, kind: str, amount: Decimal, at: datetime
) -> None:
    row.accrued += amount
    # What was confirmed is confirmed anew when it changes; what was waived or paid stays so.
    if row.status in ("accrued", "confirmed", "reversed"):
        row.status = "accrued" if row.accrued else "reversed"
    await enter_in_ledger(session, row, CompensationEntry(
        tenant=row.tenant, compensation_id=row.id, number=0,
        kind=kind, amount=amount, currency=row.currency, at=at,
    ))  # fmt: skip
    told = told_of(row) | {"change": kind, "amount": amount, "accrued": row.accrued, "at": at}
    await outbox.record(session, CompensationAccrued.model_validate(told))


def told_of(row: Compensation) -> dict[str, Any]:
    """What every event of an account says."""
    names = {*("case_id", "case_key", "process", "node", "visit", "promise_version", "currency")}
    said = row.model_dump(include=names | {"revision"})
    return said | {"compensation_id": row.id, "promise": row.promise_code}


async def enter_in_ledger(session: Session, row: Compensation, entry: CompensationEntry) -> None:
    """Add the next entry of an account that this transaction holds."""
    number = func.coalesce(func.max(col(CompensationEntry.number)), 0)
    query = select(number).where(col(CompensationEntry.compensation_id) == row.id)
    entry.number = (await session.execute(query)).scalar_one() + 1
    row.revision += 1
    session.add(entry)
    await session.flush()
