"""The rows of the status table: every clock of a period with its state at the end of it."""

from collections.abc import Mapping, Sequence
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
from services.commitments.queries.cases import Requested, last, state_expression
from services.commitments.tables import ProcessVersion, Promise
from shared import pages
from shared.store import Instant, Session


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows: of one level, alive from `start` until before `end`, in these states."""

    start: datetime
    end: datetime
    as_of: datetime
    level: str
    filter: AttainmentFilter
    states: Sequence[State] | None
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
    descending = wanted.sort.startswith("-")
    name, unset = _COLUMNS[wanted.sort.removeprefix("-")], last(descending=descending)
    key: Any = col(getattr(clock, name))
    if name in _MAY_BE_UNSET:
        key = func.coalesce(key, literal(unset, Instant))
    query = pages.seek(found, [key, col(clock.id)], page.cursor, descending=descending)
    listed = (await session.execute(query.limit(page.limit + 1))).all()
    kept, following = pages.page(
        listed, page.limit, lambda row: [getattr(row[0], name) or unset, row[0].id]
    )
    return kept, following


_COLUMNS = {
    "started_at": "started_at",
    "finished_at": "finished_at",
    "due_at": "commitment_due_at",
    "case_key": "case_key",
}
_MAY_BE_UNSET = ("finished_at", "commitment_due_at")


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
    if wanted.states is not None:
        filters.append(_state(wanted).in_(wanted.states))
    return select(*columns).select_from(clock).outerjoin(Promise, judged_by(clock)).where(*filters)


async def process_names(session: Session) -> Mapping[str, ProcessVersion]:
    """The newest version of every process."""
    query = select(ProcessVersion).ext(distinct_on(col(ProcessVersion.code)))
    ordered = query.order_by(col(ProcessVersion.code), col(ProcessVersion.version).desc())
    return {row.code: row for row in (await session.scalars(ordered)).all()}
