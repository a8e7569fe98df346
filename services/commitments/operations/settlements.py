"""Lines of the penalty ledger are confirmed and paid; what was taken back is neither."""

from collections.abc import Sequence

from sqlalchemy.dialects.postgresql import insert

from services.commitments import tables
from services.commitments.domain.offices import PLANNING
from services.commitments.domain.penalties import REVISIONS
from services.commitments.operations.authority import require_office
from services.commitments.operations.governance_events import tell_of_settlement
from services.commitments.operations.history import Act, Revision, keep_change
from services.commitments.operations.penalties import hold_entry, money
from services.commitments.queries import governance as queries
from services.commitments.schemas import penalties as schemas
from shared.problems import CONFLICT, Problem
from shared.store import Session, core

CONFIRMED, PAID = "confirmed", "paid"


async def confirm_penalty(session: Session, entry_id: str, act: Act) -> tables.PenaltyEntry:
    """The planning department says that a line stands; 409 when it was taken back or confirmed."""
    return await _settle(session, entry_id, CONFIRMED, None, act, "confirm_penalty")


async def pay_penalty(
    session: Session, entry_id: str, payment: schemas.Payment, act: Act
) -> tables.PenaltyEntry:
    """Note that a confirmed line was paid; 409 when it is not confirmed, or is paid already."""
    return await _settle(session, entry_id, PAID, payment.reference, act, "pay_penalty")


async def shown_entries(
    session: Session, rows: Sequence[tables.PenaltyEntry]
) -> list[schemas.PenaltyEntry]:
    """Lines of the ledger with what has become of each."""
    statuses = await queries.statuses_of(session, [row.id for row in rows])
    return [
        schemas.PenaltyEntry.model_validate(
            {
                **row.model_dump(exclude={"tenant", "amount", "currency"}),
                "penalty": money(row.amount, row.currency),
                "status": "reversal" if row.reverses else statuses.get(row.id, "charged"),
            }
        )
        for row in rows
    ]


async def _settle(
    session: Session, entry_id: str, step: str, reference: str | None, act: Act, operation: str
) -> tables.PenaltyEntry:
    act = await require_office(session, act, PLANNING)
    entry = await hold_entry(session, entry_id)
    status = (await queries.statuses_of(session, [entry.id])).get(entry.id, "charged")
    if entry.reverses is not None or status != {CONFIRMED: "charged", PAID: CONFIRMED}[step]:
        shown = "reversal" if entry.reverses else status
        zh, en = f"该笔考核的状态为 {shown}。", f"This entry is {shown}: it cannot be {step}."
        raise Problem(CONFLICT, {"zh": zh, "en": en})
    row = tables.PenaltySettlement(
        tenant=entry.tenant, entry=entry.id, step=step, reference=reference, at=act.at, by=act.by
    )
    await session.execute(insert(core(tables.PenaltySettlement)).values(row.model_dump()))
    await tell_of_settlement(session, entry, step, act.at)
    (shown_entry,) = await shown_entries(session, [entry])
    body = shown_entry.model_dump(mode="json") | {"reference": reference}
    await keep_change(session, Revision("penalty", entry.id, REVISIONS[step]), operation, body, act)
    return entry
