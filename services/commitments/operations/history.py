"""Every change of a governed thing is kept: who made it, as what, when, and what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert

from services.commitments.tables import GovernanceChange
from shared.ids import new_id
from shared.store import Session, core


@dataclass(frozen=True, slots=True)
class Act:
    """Who does something, when, and in what capacity, once `require_office` has found it."""

    by: str
    at: datetime
    is_administrator: bool = False
    capacity: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Revision:
    """One state of a governed thing."""

    kind: str
    key: str
    number: int


async def keep_change(
    session: Session, revision: Revision, operation: str, body: Mapping[str, Any], act: Act
) -> None:
    """Add one revision to the history of a thing; `body` is plain JSON."""
    row = GovernanceChange(
        id=new_id("chg"),
        tenant=session.info["tenant"],
        kind=revision.kind,
        key=revision.key,
        revision=revision.number,
        operation=operation,
        by=act.by,
        at=act.at,
        capacity=dict(act.capacity) if act.capacity else None,
        body=dict(body),
    )
    # The change itself first: whoever reads the history finds what it speaks of.
    await session.flush()
    await session.execute(insert(core(GovernanceChange)).values(row.model_dump()))
