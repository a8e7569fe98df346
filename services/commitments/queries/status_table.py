"""The rows of the status table: every clock of a period with its state at the end of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, literal, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlmodel import col

from services.commitments.domain.states import State
from services.commitments.queries.attainment import (
    AttainmentFilter,
    Basis,
    alive_in,
    asked,
    judged_by,
)
from services.commitments.queries.cases import NEVER, Requested, state_expression
from services.commitments.tables import ProcessVersion, Promise
from shared import pages
from shared.store import Instant, Session

SORTS = ("started_at", "finished_at", "due_at", "case_key")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows: of one level, alive from `start` until before `end`, in this state."""

    start: datetime
    end: datetime
    as_of: datetime
    level: str
    filter: AttainmentFilter
    state: State | None
    basis: Basis
    sort: str

    @property
    def at(self) -> datetime:
        """The instant that every row is judged at."""
        return min(self.end, self.as_of)


async def rows(session: Session, wanted: Wanted, page: Requested) -> tuple[list[Any], str | None]:
    """One page of (clock, state, service, agreement); what has no such instant stands last."""
    clock = wanted.basis.clock
    found = _of(wanted, clock, _state(wanted), col(Promise.service), col(Promise.agreement))
    name = wanted.sort.removeprefix("-")
    key = _keys(clock)[name]
    query = pages.seek(
        found, [key, col(clock.id)], page.cursor, descending=wanted.sort.startswith("-")
    )
    listed = (await session.execute(query.limit(page.limit + 1))).all()
    kept, following = pages.page(listed, page.limit, lambda row: [_value(row[0], name), row[0].id])
    return kept, following


async def state_counts(session: Session, wanted: Wanted) -> Mapping[str | None, int]:
    """How many rows of the whole table are in each state; None is a row that cannot be judged."""
    rows = _of(wanted, _state(wanted)).subquery()
    counted: Any = select(rows.c.state, func.count()).group_by(rows.c.state)
    return dict((await session.execute(counted)).all())


def _state(wanted: Wanted) -> Any:
    return state_expression(literal(wanted.at, Instant), wanted.basis.clock).label("state")


def _of(wanted: Wanted, *columns: Any) -> Select[Any]:
    """These columns of every row that is wanted."""
    clock = wanted.basis.clock
    filters = [
        *wanted.basis.filters(),
        col(clock.level) == wanted.level,
        alive_in(clock, literal(wanted.start), literal(wanted.end), wanted.as_of),
        *asked(clock, wanted.filter),
    ]
    if wanted.state is not None:
        filters.append(_state(wanted) == wanted.state)
    return select(*columns).select_from(clock).outerjoin(Promise, judged_by(clock)).where(*filters)


def _keys(clock: Any) -> Mapping[str, Any]:
    never = literal(NEVER, Instant)
    return {
        "started_at": col(clock.started_at),
        "finished_at": func.coalesce(col(clock.finished_at), never),
        "due_at": func.coalesce(col(clock.commitment_due_at), never),
        "case_key": col(clock.case_key),
    }


def _value(clock: Any, name: str) -> Any:
    if name == "due_at":
        return clock.commitment_due_at or NEVER
    return getattr(clock, name) or NEVER


async def process_names(session: Session) -> Mapping[str, ProcessVersion]:
    """The newest version of every process."""
    query = select(ProcessVersion).ext(distinct_on(col(ProcessVersion.code)))
    ordered = query.order_by(col(ProcessVersion.code), col(ProcessVersion.version).desc())
    return {row.code: row for row in (await session.scalars(ordered)).all()}
