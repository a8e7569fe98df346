"""The audit trail: every change of an assessment, noted in the transaction that makes it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic_core import to_jsonable_python

from services.assessment import tables
from shared.identity import Principal, Role
from shared.ids import new_id
from shared.store import Session


@dataclass(frozen=True, slots=True)
class Change:
    """What changed; with `rater` it is that rater's alone until consensus opens."""

    action: str
    before: Any = None
    after: Any = None
    cell: str | None = None
    rater: str | None = None


def stands_in(session: Session, role: Role) -> None:
    """From here on in this transaction the caller acts by a role, without an appointment."""
    session.info["acting_as"] = role


def note(session: Session, assessment: str, change: Change, by: Principal, at: datetime) -> None:
    """Add an entry to the trail of this assessment."""
    entry = tables.AuditEntry(
        id=new_id("aud"),
        tenant=by.tenant,
        assessment=assessment,
        action=change.action,
        cell=change.cell,
        rater=change.rater,
        by=by.subject,
        at=at,
        acting_as=session.info.get("acting_as"),
        before=to_jsonable_python(change.before),
        after=to_jsonable_python(change.after),
    )
    session.add(entry)
