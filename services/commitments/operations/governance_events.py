"""What happens in governance, as it is told to others; people are told of by their ids."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from services.commitments import tables
from services.commitments.domain.penalties import REVISIONS
from services.commitments.domain.process_change import FILED, FOUND, WITHDRAWN
from shared import outbox
from shared.contracts import governance as contracts
from shared.contracts.event import Event
from shared.store import Session

_STEPS: dict[str, type[Event]] = {
    FOUND: contracts.ChangeRequestDemanded,
    FILED: contracts.ChangeRequestFiled,
    "approved": contracts.ChangeRequestReviewed,
    "rejected": contracts.ChangeRequestReviewed,
    "published": contracts.ChangeRequestPublished,
    WITHDRAWN: contracts.ChangeRequestWithdrawn,
}
"""That a process has been changed is told with its new version, not here."""


async def tell_of_violation(
    session: Session, row: tables.Violation, at: datetime, *, is_new: bool
) -> None:
    """That a violation was recorded, if it was, and judged, if it is."""
    told = _members(contracts.ViolationJudged, row) | {"violation_id": row.id, "at": at}
    if is_new:
        await outbox.record(
            session, contracts.ViolationRecorded(**told, occurred_at=row.occurred_at)
        )
    if row.status != "recorded":
        await outbox.record(session, contracts.ViolationJudged(**told))


async def tell_of_charges(session: Session, rows: list[dict[str, Any]]) -> None:
    """That these lines were added to the ledger."""
    events = [
        contracts.PenaltyCharged(
            **_penalty(row, row["entered_at"], "charged"), occurred_at=row["occurred_at"]
        )
        for row in rows
    ]
    await outbox.record(session, *events)


async def tell_of_reversals(session: Session, rows: list[tables.PenaltyEntry]) -> None:
    """That lines of the ledger were taken back by these."""
    events = [
        contracts.PenaltyWaived(
            **_penalty(_taken_back(row), row.entered_at, "waived"), reversal_id=row.id
        )
        for row in rows
    ]
    await outbox.record(session, *events)


async def tell_of_settlement(
    session: Session, entry: tables.PenaltyEntry, step: str, at: datetime
) -> None:
    """That a line of the ledger was confirmed or paid."""
    contract = contracts.PenaltyConfirmed if step == "confirmed" else contracts.PenaltyPaid
    await outbox.record(session, contract(**_penalty(entry.model_dump(), at, step)))


async def tell_of_filing(
    session: Session, row: tables.SelfCheck | tables.DepartmentSummary, at: datetime
) -> None:
    """That a monthly report was submitted."""
    if isinstance(row, tables.SelfCheck):
        told = _members(contracts.SelfCheckFiled, row) | {"self_check_id": row.id, "at": at}
        await outbox.record(session, contracts.SelfCheckFiled(**told))
        return
    told = _members(contracts.SummaryFiled, row) | {"summary_id": row.id, "at": at}
    await outbox.record(session, contracts.SummaryFiled(**told))


async def tell_of_lateness(
    session: Session, deadline: tables.GovernanceDeadline, due_at: datetime, at: datetime
) -> None:
    """That a deadline has passed, and what was due then is not there."""
    when = {"due_at": due_at, "at": at}
    if deadline.cause == "self_check":
        check = await session.get_one(tables.SelfCheck, deadline.cause_id)
        told = _members(contracts.SelfCheckOverdue, check) | {"self_check_id": check.id}
        await outbox.record(session, contracts.SelfCheckOverdue(**told | when))
    elif deadline.cause == "summary":
        summary = await session.get_one(tables.DepartmentSummary, deadline.cause_id)
        told = _members(contracts.SummaryOverdue, summary) | {"summary_id": summary.id}
        await outbox.record(session, contracts.SummaryOverdue(**told | when))
    else:
        request = await session.get_one(tables.ChangeRequest, deadline.cause_id)
        stage = "filing" if deadline.rule == "late_filing" else "handling"
        told = _members(contracts.ChangeRequestLate, request) | {"change_request_id": request.id}
        event = contracts.ChangeRequestLate.model_validate(told | when | {"stage": stage})
        await outbox.record(session, event)


async def tell_of_step(session: Session, row: tables.ChangeRequest, at: datetime) -> None:
    """What a change request has become."""
    contract = _STEPS.get(row.status)
    if contract is None:
        return
    told = _members(contract, row) | {"change_request_id": row.id, "at": at}
    if contract is contracts.ChangeRequestReviewed:
        told["decision"] = row.status
    await outbox.record(session, contract.model_validate(told))


async def tell_of_duty(session: Session, row: tables.DutyRecord, at: datetime) -> None:
    """What an owner did for a duty, or that it was not done after all."""
    void = contracts.OwnerDutyVoided
    contract = void if row.status == "void" else contracts.OwnerDutyRecorded
    told = _members(contract, row) | {"record_id": row.id, "at": at}
    await outbox.record(session, contract.model_validate(told))


async def tell_of_owner(
    session: Session, row: tables.ProcessGovernance, told: dict[str, Any], at: datetime
) -> None:
    """That a process was given its owner."""
    event = contracts.OwnerAppointed.model_validate(
        {**told, "process": row.process, "revision": row.roles_revision, "at": at}
    )
    await outbox.record(session, event)


async def tell_of_conflict(session: Session, row: tables.OwnerConflict, at: datetime) -> None:
    """That an owner is no longer what they have to be, or is again."""
    told = row.model_dump() | {"conflict_id": row.id, "at": at}
    if row.resolved_at is None:
        event: Event = contracts.OwnerConflictRaised.model_validate(told | {"revision": 1})
    else:
        event = contracts.OwnerConflictResolved.model_validate(told | {"revision": 2})
    await outbox.record(session, event)


def _members(contract: type[Event], row: tables.Row) -> dict[str, Any]:
    """What a row holds of what a contract tells."""
    return row.model_dump(include=set(contract.model_fields))


def _taken_back(reversal: tables.PenaltyEntry) -> dict[str, Any]:
    """The line that was taken back, as its reversal tells of it."""
    return reversal.model_dump() | {"id": reversal.reverses, "amount": -reversal.amount}


def _penalty(row: dict[str, Any], at: datetime, status: str) -> dict[str, Any]:
    told = {name: row[name] for name in contracts.PenaltyPaid.model_fields if name in row}
    amount: Decimal = row["amount"]
    return told | {
        "entry_id": row["id"],
        "amount": f"{amount:.2f}",
        "at": at,
        "revision": REVISIONS[status],
    }
