"""New events of a case are added to its history, and the whole history is folded again."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from services.commitments import tables
from services.commitments.domain import history
from services.commitments.domain.clock import Clock
from services.commitments.domain.events import TicketEvent
from services.commitments.domain.fold import fold
from services.commitments.domain.process import Process
from services.commitments.operations.alert_instants import clock_id, level_of, note_instants
from services.commitments.operations.calendar_gaps import raise_gaps
from services.commitments.operations.compensation_accrual import accrue
from services.commitments.operations.restatement_marks import mark_again
from services.commitments.queries import cases, definitions
from services.commitments.queries.cases import Ended, as_ended
from services.commitments.queries.promises import published_promises
from services.commitments.queries.started import share_process
from shared.ids import derived_id
from shared.store import Session, core

Arrived = tuple[TicketEvent, str | None]
"""An event, and the delivery that it came in; a correction by hand came in none."""


async def fold_cases(
    session: Session, process: str, arrived: Sequence[Arrived], alerts_since: datetime
) -> None:
    """Add these events to the cases they belong to and rewrite what the cases' clocks show.

    Cases are locked in one order, so that workers with events of the same cases take turns.
    Limits that passed before `alerts_since` are history, and wake nobody.
    """
    await share_process(session, process)
    tenant = session.info["tenant"]
    ids = {e.case_key: case_id_of(tenant, process, e.case_key) for e, _ in arrived}
    await _lock_cases(session, process, ids)
    await _append(session, ids, arrived)
    await _rewrite(session, process, list(ids.values()), alerts_since)


async def refold_cases(
    session: Session, process: str, case_ids: Sequence[str], alerts_since: datetime
) -> None:
    """Fold these cases of a process again, because what they are folded with is known better."""
    await share_process(session, process)
    await cases.lock_cases(session, case_ids)
    await _rewrite(session, process, case_ids, alerts_since)


async def _rewrite(
    session: Session, process: str, case_ids: Sequence[str], alerts_since: datetime
) -> None:
    defined = await definitions.processes(session, process)
    promises = await published_promises(session, process)
    calendars = await definitions.calendars(session)
    tenant = session.info["tenant"]
    events = await cases.events_of(session, case_ids)
    before = await cases.ended_clocks(session, case_ids)
    clocks: list[dict[str, Any]] = []
    versions: list[dict[str, Any]] = []
    folded: dict[str, history.CaseHistory] = {}
    for case_id, known in events.items():
        # A case stays on the version of the process that was in force at its first event.
        its = defined.in_force(min(event.at for event in known))
        folded[case_id] = told = fold(known, its, promises, calendars)
        versions += _case_rows(tenant, case_id, its, told)
        clocks += [clock_row(tenant, case_id, process, v) for v in told.clocks]
    await _replace(session, case_ids, versions, clocks)
    await note_instants(session, process, folded, calendars, alerts_since)
    await raise_gaps(session, clocks, calendars)
    await _mark(session, process, before, _ended(clocks))
    await mark_again(session, process, list(folded))
    await accrue(session, process, folded)


def case_id_of(tenant: str, process: str, case_key: str) -> str:
    """The one identifier of the case with this number in this process."""
    return derived_id("cas", tenant, process, case_key)


async def _lock_cases(session: Session, process: str, ids: Mapping[str, str]) -> None:
    tenant = session.info["tenant"]
    rows = [
        {"id": case_id, "tenant": tenant, "process": process, "key": key}
        for key, case_id in sorted(ids.items(), key=lambda item: item[1])
    ]
    await session.execute(insert(core(tables.Case)).on_conflict_do_nothing(), rows)
    await cases.lock_cases(session, ids.values())


async def _append(session: Session, ids: Mapping[str, str], arrived: Sequence[Arrived]) -> None:
    tenant = session.info["tenant"]
    rows = [
        {
            "tenant": tenant,
            "case_id": ids[event.case_key],
            "event_id": event.event_id,
            "at": event.at,
            "sequence": event.sequence,
            "body": cases.event_body(event),
            "delivery_id": delivery_id,
        }
        for event, delivery_id in arrived
    ]
    await session.execute(insert(core(tables.TicketEventRow)).on_conflict_do_nothing(), rows)


def _case_rows(
    tenant: str, case_id: str, process: Process, folded: history.CaseHistory
) -> list[dict[str, Any]]:
    return [
        {
            "tenant": tenant,
            "case_id": case_id,
            "process": process.code,
            "process_version": process.version,
            "key": folded.case_key,
            "valid_from": version.valid_from,
            "valid_until": version.valid_until,
            "opened_at": version.opened_at,
            "state": version.state,
            "priority": version.priority,
            "segment": version.segment,
            "department": version.department,
        }
        for version in folded.case
    ]


def clock_row(
    tenant: str, case_id: str, process: str, version: history.ClockVersion
) -> dict[str, Any]:
    """A clock's version as it is stored."""
    key = version.key
    return {
        "tenant": tenant,
        "id": clock_id(case_id, version),
        "valid_from": version.valid_from,
        "valid_until": version.valid_until,
        "level": level_of(version),
        "case_id": case_id,
        "case_key": key.case_key,
        "process": process,
        "node": key.node or "",
        "visit": key.visit,
        "leg": key.leg or 0,
        "department": version.department,
        "position": version.position,
        **_measured(version.clock),
    }


def _measured(clock: Clock) -> dict[str, Any]:
    """What binds a clock, and what it shows."""
    promise = clock.promise
    return {
        "segment": clock.segment,
        "priority": clock.priority,
        "promise_id": promise.id if promise else None,
        "promise_code": promise.code if promise else None,
        "promise_version": promise.version if promise else None,
        "commitment_calendar": clock.commitment.calendar,
        "tolerance_calendar": clock.tolerance.calendar,
        "started_at": clock.started_at,
        "running_since": clock.running_since,
        "paused_at": clock.paused_at,
        "finished_at": clock.finished_at,
        "cancelled_at": clock.cancelled_at,
        "consumed": clock.commitment.consumed,
        "commitment_due_at": clock.commitment_due_at,
        "tolerance_due_at": clock.tolerance_due_at,
        "due_reason": clock.due_reason,
        "pauses": [[since.isoformat(), u and u.isoformat()] for since, u in clock.pauses],
    }


async def _replace(
    session: Session,
    case_ids: Sequence[str],
    versions: Sequence[dict[str, Any]],
    clocks: Sequence[dict[str, Any]],
) -> None:
    for table in (tables.CaseVersion, tables.ClockVersion):
        await session.execute(delete(table).where(col(table.case_id).in_(case_ids)))
    await session.execute(insert(core(tables.CaseVersion)), versions)
    if clocks:
        await session.execute(insert(core(tables.ClockVersion)), clocks)


def _ended(clocks: Iterable[Mapping[str, Any]]) -> set[Ended]:
    """The group and state of every clock that has ended."""
    newest = (c for c in clocks if c["valid_until"] is None and c["level"] != "case")
    return {ended for clock in newest if (ended := as_ended(clock))}


async def _mark(session: Session, process: str, before: set[Ended], after: set[Ended]) -> None:
    """Note which groups have to be measured again: those that gained, lost or changed a run."""
    tenant = session.info["tenant"]
    groups = {(e.node, e.level, e.department or "", e.month) for e in before ^ after}
    rows = [
        {
            "tenant": tenant,
            "process": process,
            "node": node,
            "level": level,
            "department": department,
            "month": month,
        }
        for node, level, department, month in sorted(groups)
    ]
    if rows:
        await session.execute(insert(core(tables.AttainmentMark)), rows)
