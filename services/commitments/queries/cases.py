"""Cases and their clocks, as they were known to be at any instant."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, case, func, literal, null, or_, select
from sqlmodel import col

from services.commitments.domain.clock import DueReason
from services.commitments.domain.events import TicketEvent
from services.commitments.domain.states import COMPLETED, RUNNING, State, state_at
from services.commitments.tables import Case, CaseVersion, ClockVersion, TicketEventRow
from shared import pages
from shared.problems import not_found
from shared.store import Instant, Session, core


class Ended(NamedTuple):
    """A clock that has ended: its group, the month of its end, and its state."""

    id: str
    node: str
    level: str
    department: str | None
    month: str
    state: State | None


EVER = datetime(1, 1, 2, tzinfo=UTC)
NEVER = datetime(9999, 12, 31, tzinfo=UTC)
"""Before and after every instant that there is."""


@dataclass(frozen=True, slots=True)
class Requested:
    """Which page of a list is asked for."""

    limit: int
    cursor: str | None


@dataclass(frozen=True, slots=True)
class ClockFilter:
    """Which clocks a list asks for; a filter that is None lets everything through."""

    states: Sequence[State] | None = None
    process: str | None = None
    node: str | None = None
    department: str | None = None
    position: str | None = None
    priority: str | None = None
    segment: str | None = None
    case_id: str | None = None
    case_key: str | None = None
    due_reason: DueReason | None = None


async def lock_cases(session: Session, case_ids: Iterable[str]) -> None:
    """Hold these cases until the transaction ends."""
    query = select(col(Case.id)).where(col(Case.id).in_(list(case_ids)))
    await session.execute(query.order_by(col(Case.id)).with_for_update())


async def events_of(session: Session, case_ids: Collection[str]) -> dict[str, list[TicketEvent]]:
    """Every known event of these cases."""
    query = select(TicketEventRow).where(col(TicketEventRow.case_id).in_(list(case_ids)))
    found: dict[str, list[TicketEvent]] = {}
    for row in (await session.scalars(query)).all():
        found.setdefault(row.case_id, []).append(_event(row))
    return found


def event_body(event: TicketEvent) -> dict[str, Any]:
    """An event as it is stored, without its order."""
    body = asdict(event)
    for name in ("event_id", "at", "sequence"):
        del body[name]
    body["times"] = {name: at.isoformat() for name, at in event.times.items()}
    return body


def _event(row: TicketEventRow) -> TicketEvent:
    times = {name: datetime.fromisoformat(at) for name, at in row.body["times"].items()}
    body = {**row.body, "times": times, "signals": tuple(row.body.get("signals", ()))}
    return TicketEvent(**body, event_id=row.event_id, at=row.at, sequence=row.sequence)


async def ended_clocks(session: Session, case_ids: Collection[str]) -> set[Ended]:
    """The clocks of these cases that had ended, by what is stored."""
    query = select(ClockVersion).where(
        col(ClockVersion.case_id).in_(list(case_ids)),
        col(ClockVersion.valid_until).is_(None),
        col(ClockVersion.level) != "case",
    )
    rows = (await session.scalars(query)).all()
    return {ended for row in rows if (ended := as_ended(row.model_dump()))}


def as_ended(clock: Mapping[str, Any]) -> Ended | None:
    """The group and state of a clock's newest version, None while it runs."""
    ended_at = clock["finished_at"] or clock["cancelled_at"]
    if ended_at is None:
        return None
    department = clock["department"] if clock["level"] == "leg" else None
    state = state_at(
        ended_at,
        clock["commitment_due_at"],
        clock["tolerance_due_at"],
        finished_at=clock["finished_at"],
        cancelled=clock["cancelled_at"] is not None,
    )
    month = ended_at.strftime("%Y-%m")
    return Ended(clock["id"], clock["node"], clock["level"], department, month, state)


def known_at(table: type[ClockVersion] | type[CaseVersion], as_of: datetime) -> Any:
    """The versions that the events up to that instant leave."""
    until = col(table.valid_until)
    return and_(col(table.valid_from) <= as_of, or_(until.is_(None), until > as_of))


def state_expression(as_of: Any, clock: Any = ClockVersion) -> ColumnElement[str | None]:
    """The state of a clock at that instant, the same as the domain's `state_at`."""
    finished = col(clock.finished_at)
    judged = func.coalesce(finished, func.least(as_of, col(clock.paused_at)))

    def either(completed: State, running: State) -> ColumnElement[str]:
        return case((finished.is_not(None), literal(completed)), else_=literal(running))

    normal, acceptable, warning = (
        either(completed, running) for completed, running in zip(COMPLETED, RUNNING, strict=True)
    )
    return case(
        (col(clock.cancelled_at).is_not(None), literal(State.CANCELLED)),
        (col(clock.commitment_due_at).is_(None), null()),
        (judged <= col(clock.commitment_due_at), normal),
        (col(clock.tolerance_due_at).is_(None), null()),
        (judged <= col(clock.tolerance_due_at), acceptable),
        else_=warning,
    )


async def running_clocks(session: Session, ids: Collection[str], at: datetime) -> Mapping[str, Any]:
    """Those of these clocks that run at `at` under a promise, by id; paused ones do not."""
    clock = core(ClockVersion)
    query = select(clock).where(
        clock.c.id.in_(ids),
        known_at(ClockVersion, at),
        clock.c.running_since.is_not(None),
        clock.c.promise_id.is_not(None),
    )
    return {row.id: row for row in (await session.execute(query)).all()}


async def node_runs(
    session: Session, wanted: ClockFilter, as_of: datetime, sort: str, page: Requested
) -> tuple[list[Any], str | None]:
    """One page of node runs with their state, sorted by start or by when the commitment is due.

    A run without a due instant stands last.
    """
    descending, by_due = sort.startswith("-"), sort.endswith("due_at")
    unset = last(descending=descending)
    due_at = func.coalesce(col(ClockVersion.commitment_due_at), literal(unset, Instant))
    state = state_expression(literal(as_of)).label("state")
    filters = [known_at(ClockVersion, as_of), col(ClockVersion.level) == "run"]
    asked = {name: value for name, value in asdict(wanted).items() if value is not None}
    filters += [
        state.in_(value) if name == "states" else col(getattr(ClockVersion, name)) == value
        for name, value in asked.items()
    ]
    order = [due_at if by_due else col(ClockVersion.started_at), col(ClockVersion.id)]
    found: Any = select(ClockVersion, state).where(*filters)
    query = pages.seek(found, order, page.cursor, descending=descending)
    rows = (await session.execute(query.limit(page.limit + 1))).all()
    kept, following = pages.page(
        rows,
        page.limit,
        lambda row: [
            (row[0].commitment_due_at or unset) if by_due else row[0].started_at,
            row[0].id,
        ],
    )
    return kept, following


def last(*, descending: bool) -> datetime:
    """What stands for an unset instant, so that it comes last in this order."""
    return EVER if descending else NEVER


async def cases(
    session: Session,
    as_of: datetime,
    filters: Mapping[str, str | None],
    sort: str,
    page: Requested,
) -> tuple[list[CaseVersion], str | None]:
    """One page of cases, sorted by when they were opened."""
    wanted = [col(getattr(CaseVersion, name)) == v for name, v in filters.items() if v is not None]
    found = select(CaseVersion).where(known_at(CaseVersion, as_of), *wanted)
    order = [col(CaseVersion.opened_at), col(CaseVersion.case_id)]
    query = pages.seek(found, order, page.cursor, descending=sort.startswith("-"))
    rows = (await session.scalars(query.limit(page.limit + 1))).all()
    return pages.page(rows, page.limit, lambda row: [row.opened_at, row.case_id])


async def one_case(session: Session, case_id: str, as_of: datetime) -> CaseVersion:
    """The case as it was known at that instant; raises a 404 problem."""
    query = select(CaseVersion).where(
        col(CaseVersion.case_id) == case_id, known_at(CaseVersion, as_of)
    )
    row = (await session.scalars(query)).one_or_none()
    if row is None:
        raise not_found({"zh": "工单", "en": "case"}, case_id)
    return row


async def clocks_of_case(session: Session, case_id: str, as_of: datetime) -> Sequence[Any]:
    """The clocks of a case with their states, runs as they started, each before its legs."""
    state = state_expression(literal(as_of)).label("state")
    query = select(ClockVersion, state).where(
        col(ClockVersion.case_id) == case_id,
        known_at(ClockVersion, as_of),
    )
    clock = ClockVersion
    order = (clock.started_at, clock.node, clock.visit, clock.leg)
    return (await session.execute(query.order_by(*(col(each) for each in order)))).all()


async def events_until(session: Session, case_id: str, as_of: datetime) -> list[TicketEvent]:
    """The events of a case up to that instant, in the order in which they count."""
    query = select(TicketEventRow).where(
        col(TicketEventRow.case_id) == case_id, col(TicketEventRow.at) <= as_of
    )
    events = [_event(row) for row in (await session.scalars(query)).all()]
    return sorted(events, key=lambda event: event.order)
