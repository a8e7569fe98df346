"""Rows of cases and clocks as they are shown, with the running time at the instant of reading."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from services.commitments.domain.calendar import ALWAYS, CalendarYearUnknown
from services.commitments.domain.calendars import Calendars
from services.commitments.operations.explaining import Promises, explained
from services.commitments.queries import cases, corrections, definitions, promises
from services.commitments.schemas import cases as schemas
from services.commitments.tables import CaseVersion, ClockVersion
from shared.store import Session

SECOND = timedelta(seconds=1)


def case(row: CaseVersion) -> schemas.Case:
    plain = row.model_dump(exclude={"tenant", "case_id", "valid_from", "valid_until"})
    return schemas.Case(id=row.case_id, **plain)


async def case_detail(session: Session, case_id: str, as_of: datetime) -> schemas.CaseDetail:
    """A case with its clocks, each explained, and its events; raises a 404 problem."""
    shown = case(await cases.one_case(session, case_id, as_of))
    rows = await cases.clocks_of_case(session, case_id, as_of)
    bound = await promises.by_id(session, {clock.promise_id for clock, _ in rows})
    teller = _Teller(as_of, await definitions.calendars(session), bound)
    return schemas.CaseDetail(
        **shown.model_dump(),
        as_of=as_of,
        clocks=[teller.whole(clock, state) for clock, state in rows if clock.level == "case"],
        node_runs=[teller.run(row, rows) for row in rows if row[0].level == "run"],
        events=await _history(session, case_id, as_of),
    )


async def _history(session: Session, case_id: str, as_of: datetime) -> list[schemas.CaseEvent]:
    events = await cases.events_until(session, case_id, as_of)
    made = await corrections.of_case(session, case_id)
    history = []
    for event in events:
        correction = made.get(event.event_id)
        shown = schemas.CaseEvent.model_validate(event, from_attributes=True)
        if correction:
            why = {"corrected_by": correction.corrected_by, "reason": correction.reason}
            shown = shown.model_copy(update=why)
        history.append(shown)
    return history


@dataclass(frozen=True, slots=True)
class _Teller:
    """Tells of clocks at one instant."""

    as_of: datetime
    calendars: Calendars
    promises: Promises

    def whole(self, clock: ClockVersion, state: str | None) -> schemas.CaseClock:
        plain = _node_run(clock, state, self.as_of, self.calendars).model_dump()
        return schemas.CaseClock.model_validate({**plain, "clock": self._explained(clock)})

    def run(self, row: Any, rows: Sequence[Any]) -> schemas.CaseNodeRun:
        clock, state = row
        legs = [
            _leg(leg, its, self.as_of, self.calendars)
            for leg, its in rows
            if leg.level == "leg" and (leg.node, leg.visit) == (clock.node, clock.visit)
        ]
        return schemas.CaseNodeRun(
            **_node_run(clock, state, self.as_of, self.calendars).model_dump(),
            legs=legs,
            pauses=[schemas.Interval(since=p[0], until=p[1]) for p in clock.pauses],
            clock=self._explained(clock),
        )

    def _explained(self, clock: ClockVersion) -> schemas.ClockExplanation:
        return explained(clock, self.as_of, self.calendars, self.promises)


async def node_runs(
    session: Session, rows: Sequence[Any], as_of: datetime
) -> list[schemas.NodeRun]:
    """Node runs with their states, as a list shows them."""
    known = await definitions.calendars(session)
    return [_node_run(clock, state, as_of, known) for clock, state in rows]


def _node_run(
    clock: ClockVersion, state: str | None, as_of: datetime, known: Calendars
) -> schemas.NodeRun:
    return schemas.NodeRun.model_validate(
        {
            **clock.model_dump(),
            "state": state,
            "promise": _bound(clock),
            "running_seconds": running_seconds(clock, as_of, known),
        }
    )


def _bound(clock: ClockVersion) -> schemas.BoundPromise | None:
    if clock.promise_id is None:
        return None
    return schemas.BoundPromise.model_validate(
        {
            "code": clock.promise_code,
            "version": clock.promise_version,
            "calendar": clock.commitment_calendar,
            "tolerance_calendar": clock.tolerance_calendar,
        }
    )


def _leg(clock: ClockVersion, state: str | None, as_of: datetime, known: Calendars) -> schemas.Leg:
    return schemas.Leg.model_validate(
        {
            **clock.model_dump(),
            "state": state,
            "promise": _bound(clock),
            "running_seconds": running_seconds(clock, as_of, known),
        }
    )


def running_seconds(clock: ClockVersion, as_of: datetime, known: Calendars) -> float | None:
    """Working seconds up to that instant; None where the calendar cannot tell."""
    if clock.consumed is None:
        return None
    if clock.running_since is None:
        return clock.consumed / SECOND
    calendar = known[clock.commitment_calendar] if clock.commitment_calendar else ALWAYS
    try:
        return (clock.consumed + calendar.elapsed(clock.running_since, as_of)) / SECOND
    except CalendarYearUnknown:
        return None
