"""A threshold that a clock in progress reaches is recorded and published, exactly once."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Row, delete, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from services.commitments.domain.alert_rules import Scope, rule_for
from services.commitments.domain.alerting import percent_of
from services.commitments.queries import alerts as queries
from services.commitments.queries.cases import running_clocks
from services.commitments.tables import Alert, DueInstant, Escalation
from shared import outbox
from shared.contracts.commitments import (
    AlertReinstated,
    CaseLimitPassed,
    LimitApproached,
    LimitPassed,
)
from shared.contracts.event import Event
from shared.ids import derived_id
from shared.metrics import meter
from shared.store import Session, Store, core, enter

log = structlog.get_logger()

lateness = meter.create_histogram(
    "see.alert.lateness",
    unit="s",
    description="From the instant of a threshold to the commit of its alert",
    explicit_bucket_boundaries_advisory=(0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 3600),
)

BATCH = 500
SHORTEST_SECONDS = 0.02

FACTS = {"case_id", "case_key", "process", "node", "visit", "department", "position"}
_OF_CLOCK = FACTS | {"tenant", "level", "segment", "priority"}
_OF_CLOCK |= {"promise_id", "promise_code", "promise_version"}


async def alert_passed_limits(store: Store, at: datetime, batch: int = BATCH) -> int:
    """Record an alert for every threshold that was reached before `at`; how many were due.

    One transaction, and of each tenant one statement a table. Instants that another worker holds,
    or a fold that is about to move them, are left to that one.
    """
    async with store.queue() as session:
        due = (await session.execute(_taken(at, batch))).all()
        for tenant in sorted({instant.tenant for instant in due}):
            await enter(session, tenant)
            await _alert(session, [each for each in due if each.tenant == tenant], at)
    for each in due:
        lateness.record((at - each.due_at) / timedelta(seconds=1), {"threshold": _kind(each)})
    if due:
        late = sorted((at - each.due_at) / timedelta(seconds=1) for each in due)
        log.info("alerts_due", due=len(due), late_median=late[len(late) // 2], late_most=late[-1])
    return len(due)


def _kind(due: Row[Any]) -> str:
    """The threshold as a label: pre-warnings are of one kind, whatever their percentage."""
    return "warning" if percent_of(due.threshold) is not None else str(due.threshold)


async def seconds_to_next(store: Store, at: datetime, longest: float) -> float:
    """How long until the next threshold is reached, at most `longest`.

    One that is reached already is in another worker's hands: at least SHORTEST_SECONDS.
    """
    async with store.queue() as session:
        query = select(col(DueInstant.due_at)).order_by(col(DueInstant.due_at)).limit(1)
        following = (await session.scalars(query)).one_or_none()
    if following is None:
        return longest
    return min(max((following - at) / timedelta(seconds=1), SHORTEST_SECONDS), longest)


def alert_id(run_id: str, threshold: str, promise: str, version: int) -> str:
    """The id that an alert has wherever and whenever it is raised."""
    return derived_id("alr", run_id, threshold, promise, version)


def _taken(at: datetime, batch: int) -> Any:
    due = core(DueInstant).c
    query = select(due.tenant, due.run_id, due.threshold, due.due_at).where(due.due_at < at)
    return query.order_by(due.due_at).limit(batch).with_for_update(skip_locked=True)


async def _alert(session: Session, due: Sequence[Row[Any]], at: datetime) -> None:
    instant = tuple_(col(DueInstant.run_id), col(DueInstant.threshold))
    await session.execute(
        delete(DueInstant).where(instant.in_([(each.run_id, each.threshold) for each in due]))
    )
    clocks = await running_clocks(session, {each.run_id for each in due}, at)
    rows = [_row(clocks[each.run_id], each, at) for each in due if each.run_id in clocks]
    rows = await _asked(session, rows)
    raised = await _raised(session, rows)
    await outbox.record(session, *(passed(alert) for alert in raised))
    await escalate(session, raised)


async def _asked(session: Session, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without pre-warnings that no rule asks for any more since their instants were noted."""
    rules = await queries.rules(session)

    def is_asked(row: Mapping[str, Any]) -> bool:
        percent = percent_of(row["threshold"])
        names = (row["process"], row["node"] or None, row["segment"], row["priority"])
        return (
            percent is None
            or percent in rule_for(rules, Scope(*names, row["promise_code"])).percents
        )

    return [row for row in rows if is_asked(row)]


def _row(clock: Row[Any], due: Row[Any], at: datetime) -> dict[str, Any]:
    return {
        **{name: getattr(clock, name) for name in _OF_CLOCK},
        "run_id": clock.id,
        "id": alert_id(clock.id, due.threshold, clock.promise_id, clock.promise_version),
        "threshold": due.threshold,
        "due_at": due.due_at,
        "passed_at": at,
        "historic": False,
        "state": "open",
        "raised": 1,
        "revision": 1,
    }


async def _raised(session: Session, rows: Sequence[dict[str, Any]]) -> Sequence[Row[Any]]:
    """Write what is new and reinstate what had been withdrawn; these, not those already known."""
    if not rows:
        return []
    alert = core(Alert)
    new = insert(alert)
    again = {name: new.excluded[name] for name in ("due_at", "passed_at", "historic", "state")}
    counted = {"raised": alert.c.raised + 1, "revision": alert.c.revision + 1}
    once = new.on_conflict_do_update(
        index_elements=["tenant", "run_id", "threshold", "promise_id", "promise_version"],
        set_={**again, **counted, "withdrawn_at": None},
        where=alert.c.state == "withdrawn",
    )
    written = await session.execute(once.returning(*alert.c), rows)
    return written.all()


def of(alert: Any) -> dict[str, Any]:
    """Which alert a later fact is about, and of what."""
    names = ("case_id", "case_key", "process", "visit", "threshold", "revision")
    facts = {name: getattr(alert, name) for name in names}
    return {**facts, "alert_id": alert.id, "node": alert.node or None}


def passed(alert: Row[Any]) -> Event:
    """The fact that a raised alert publishes."""
    if alert.raised > 1:
        return AlertReinstated(**of(alert), at=alert.passed_at, due_at=alert.due_at)
    facts = {name: getattr(alert, name) for name in FACTS}
    facts |= {
        "alert_id": alert.id,
        "due_at": alert.due_at,
        "revision": alert.revision,
        "passed_at": alert.passed_at,
        "segment": alert.segment,
        "priority": alert.priority,
        "promise": alert.promise_code,
        "promise_version": alert.promise_version,
    }
    percent = percent_of(alert.threshold)
    if percent is not None:
        return LimitApproached(**{**facts, "node": alert.node or None}, percent=percent)
    if alert.level == "case":
        return CaseLimitPassed(**facts, threshold=alert.threshold)
    return LimitPassed(**facts, threshold=alert.threshold, run_id=alert.run_id)


async def escalate(session: Session, raised: Sequence[Row[Any]]) -> None:
    """Let people be told of these alerts, from the first step of their rules."""
    if not raised:
        return
    rows = [
        {
            "tenant": alert.tenant,
            "alert_id": alert.id,
            "step": 0,
            "since": alert.passed_at,
            "at": alert.passed_at,
            "round": 0,
            "department": alert.department,
            "position": alert.position,
        }
        for alert in raised
    ]
    first = insert(core(Escalation))
    again = {name: first.excluded[name] for name in rows[0] if name not in ("tenant", "alert_id")}
    await session.execute(
        first.on_conflict_do_update(index_elements=["tenant", "alert_id"], set_=again), rows
    )


def scope_of(alert: Any) -> Scope:
    """What a rule has to cover to hold for this alert."""
    node = alert.node or None
    return Scope(alert.process, node, alert.segment, alert.priority, alert.promise_code)
