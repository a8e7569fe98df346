"""The audit trail: every change, noted in the transaction that makes it."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic_core import to_jsonable_python

from services.assessment import tables
from services.assessment.domain import trail
from services.assessment.queries import trails as queries
from services.assessment.schemas import trails as schemas
from shared.identity import Principal, Role
from shared.ids import new_id
from shared.problems import not_found
from shared.store import Session

_SAID = {"cell", "rater", "by", "acting_as", "before", "after"}
"""What of an entry may be personal, and goes when a person is erased."""


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


def note(session: Session, about: str, change: Change, by: Principal, at: datetime) -> None:
    """Add an entry to the trail of an assessment, a campaign, some evidence or a model.

    The database gives it its place in the chain.
    """
    said = {
        "cell": change.cell,
        "rater": change.rater,
        "by": by.subject,
        "acting_as": session.info.get("acting_as"),
        "before": to_jsonable_python(change.before),
        "after": to_jsonable_python(change.after),
    }
    salt = secrets.token_hex(16)
    entry = tables.AuditEntry(
        id=new_id("aud"),
        tenant=by.tenant,
        assessment=about if about.startswith("asm_") else None,
        about=about,
        action=change.action,
        at=at,
        salt=salt,
        commitment=trail.vouched(said, salt),
        **said,
    )
    session.add(entry)


async def verify_trail(session: Session, about: str) -> schemas.TrailVerification:
    """Whether every chain of this trail holds that the caller may see; a 404 problem for none."""
    verification = trail.Verification()
    async for row in queries.whole_trail(session, about):
        verification.take(_entry(row))
    checked = verification.chains()
    if not checked:
        raise not_found({"zh": "变更记录", "en": "trail"}, about)
    return schemas.TrailVerification(
        valid=all(each.broken_at is None for each in checked),
        chains=[schemas.CheckedChain.model_validate(each) for each in checked],
    )


def _entry(row: tables.AuditEntry) -> trail.Entry:
    return trail.Entry(
        chain=row.chain,
        position=row.position,
        id=row.id,
        action=row.action,
        at=row.at,
        said=row.model_dump(include=_SAID),
        salt=row.salt,
        commitment=row.commitment,
        hash=row.hash,
        anchors=tuple(row.after["trails"]) if _anchors(row) else (),
    )


def _anchors(row: tables.AuditEntry) -> bool:
    """Whether it names hashes of other chains, and is still vouched for."""
    return row.salt is not None and isinstance(row.after, dict) and "trails" in row.after
