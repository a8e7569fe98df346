"""What a fold says of alerts: instants still to come, what lies far back, what was wrong."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, func, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from services.commitments.domain.alert_rules import AlertRule, Scope, rule_for
from services.commitments.domain.alerting import Instant, instants, percent_of
from services.commitments.domain.calendars import Calendars
from services.commitments.domain.history import CaseHistory, ClockVersion
from services.commitments.operations.alerts import alert_id, of
from services.commitments.operations.escalation_moves import cancel_messages, move_escalations
from services.commitments.queries import alerts as queries
from services.commitments.tables import Alert, DueInstant, Escalation
from shared import outbox
from shared.contracts.commitments import AlertWithdrawn
from shared.ids import derived_id
from shared.store import Session, core

PREFIX = {"case": "clk", "run": "run", "leg": "leg"}


@dataclass(frozen=True, slots=True)
class Noted:
    """An instant of a clock of a case, with the id that its alert has or would have."""

    id: str
    run_id: str
    case_id: str
    process: str
    instant: Instant
    is_asked: bool
    """Whether the rule that holds now asks for it; an alert that is recorded stays either way."""


def level_of(version: ClockVersion) -> str:
    """`case` for a whole case, `run` for a visit to a node, `leg` for a department's share."""
    key = version.key
    return "case" if key.node is None else "run" if key.leg is None else "leg"


def clock_id(case_id: str, version: ClockVersion) -> str:
    """The id under which a clock is stored."""
    key = version.key
    return derived_id(PREFIX[level_of(version)], case_id, key.node, key.visit, key.leg)


async def note_instants(
    session: Session,
    process: str,
    folded: Mapping[str, CaseHistory],
    calendars: Calendars,
    since: datetime,
) -> None:
    """Set the instants of these cases anew, record what is historic, withdraw what was wrong.

    What was reached before `since` is historic: recorded, and nobody is told. The instants are
    deleted first: that waits for a worker that raises one of them, so that its alert is seen here.
    """
    await session.execute(delete(DueInstant).where(col(DueInstant.case_id).in_(list(folded))))
    rules = await queries.rules(session)
    known = await queries.of_cases(session, list(folded))
    raised = _raised(known)
    noted = {
        each.id: each
        for case_id, history in folded.items()
        for each in _noted((case_id, process, history), rules, raised, calendars)
    }
    standing = await _mend(session, noted, known)
    await _wait(session, [n for n in noted.values() if n.id not in standing and _waits(n, since)])
    await _remember(session, [n for n in noted.values() if n.id not in known and _old(n, since)])
    await move_escalations(session, _clocks(folded), [known[key] for key in standing], calendars)


def _raised(known: Mapping[str, Any]) -> Mapping[str, frozenset[int]]:
    """The pre-warnings that stand, by run."""
    found: dict[str, set[int]] = defaultdict(set)
    for alert in known.values():
        percent = percent_of(alert.threshold)
        if percent is not None and alert.state != "withdrawn":
            found[alert.run_id].add(percent)
    return {run_id: frozenset(percents) for run_id, percents in found.items()}


def _clocks(folded: Mapping[str, CaseHistory]) -> Mapping[str, list[ClockVersion]]:
    """The versions of whole cases and runs by the id of their clock; legs alert nobody."""
    clocks: dict[str, list[ClockVersion]] = defaultdict(list)
    for case_id, history in folded.items():
        for version in history.clocks:
            if version.key.leg is None:
                clocks[clock_id(case_id, version)].append(version)
    return clocks


def _noted(
    case: tuple[str, str, CaseHistory],
    rules: Iterable[AlertRule],
    raised: Mapping[str, Collection[int]],
    calendars: Calendars,
) -> Iterator[Noted]:
    """Every instant that is asked for, or stands, of the whole case and of its runs."""
    case_id, process, history = case
    for run_id, versions in _clocks({case_id: history}).items():
        asked = rule_for(rules, _scope(process, versions[-1])).percents
        for instant in instants(versions, asked.union(raised.get(run_id, ())), calendars):
            _, threshold, promise, revision = instant.identity
            identifier = alert_id(run_id, threshold, promise, revision)
            is_asked = percent_of(threshold) in (None, *asked)
            yield Noted(identifier, run_id, case_id, process, instant, is_asked)


def _scope(process: str, version: ClockVersion) -> Scope:
    clock = version.clock
    promise = clock.promise.code if clock.promise else None
    return Scope(process, version.key.node, clock.segment, clock.priority, promise)


def _waits(noted: Noted, since: datetime) -> bool:
    return noted.is_asked and not noted.instant.is_reached and noted.instant.at >= since


def _old(noted: Noted, since: datetime) -> bool:
    return noted.instant.at < since


async def _wait(session: Session, waiting: Sequence[Noted]) -> None:
    rows = [
        {
            "tenant": session.info["tenant"],
            "run_id": noted.run_id,
            "threshold": noted.instant.threshold,
            "case_id": noted.case_id,
            "due_at": noted.instant.at,
        }
        for noted in waiting
    ]
    if rows:
        await session.execute(insert(core(DueInstant)), rows)


async def _remember(session: Session, old: Sequence[Noted]) -> None:
    if not old:
        return
    tenant = session.info["tenant"]
    columns = {"passed_at": func.clock_timestamp()}
    new = insert(core(Alert)).values(columns).on_conflict_do_nothing()
    await session.execute(new, [_historic(tenant, noted) for noted in old])


def _historic(tenant: str, noted: Noted) -> dict[str, Any]:
    version, clock = noted.instant.version, noted.instant.version.clock
    _, threshold, promise, promise_version = noted.instant.identity
    return {
        "id": noted.id,
        "tenant": tenant,
        "run_id": noted.run_id,
        "level": level_of(version),
        "case_id": noted.case_id,
        "case_key": version.key.case_key,
        "process": noted.process,
        "node": version.key.node or "",
        "visit": version.key.visit,
        "department": version.department,
        "position": version.position,
        "segment": clock.segment,
        "priority": clock.priority,
        "threshold": threshold,
        "promise_id": promise,
        "promise_code": clock.promise.code if clock.promise else None,
        "promise_version": promise_version,
        "due_at": noted.instant.at,
        "historic": True,
        "state": "open",
        "raised": 1,
        "revision": 1,
    }


async def _mend(
    session: Session, noted: Mapping[str, Noted], known: Mapping[str, Any]
) -> Collection[str]:
    """Withdraw alerts whose threshold was not reached when they were raised; which others stand.

    Of a historic one nobody was told: it is deleted, unless somebody has answered it.
    """
    live = [alert for alert in known.values() if alert.state != "withdrawn"]
    wrong = {alert.id: alert for alert in live if not _holds(alert, noted)}
    untold = [key for key, a in wrong.items() if a.historic and a.state == "open"]
    if untold:
        await session.execute(delete(Alert).where(col(Alert.id).in_(untold)))
    await _withdraw(session, wrong.keys() - set(untold))
    standing = [alert for alert in live if alert.id not in wrong]
    await _move(session, [n for a in standing if (n := noted[a.id]).instant.at != a.due_at])
    return {alert.id for alert in standing}


async def _move(session: Session, moved: Sequence[Noted]) -> None:
    """An alert that stands, at another instant than first thought."""
    if not moved:
        return
    alerts = core(Alert)
    change = update(alerts).where(alerts.c.id == bindparam("moved")).values(due_at=bindparam("at"))
    rows = [{"moved": noted.id, "at": noted.instant.at} for noted in moved]
    await (await session.connection()).execute(change, rows)


def _holds(alert: Any, noted: Mapping[str, Noted]) -> bool:
    found = noted.get(alert.id)
    return found is not None and (found.instant.is_reached or found.instant.at < alert.passed_at)


async def _withdraw(session: Session, wrong: Collection[str]) -> None:
    if not wrong:
        return
    values = {"state": "withdrawn", "withdrawn_at": func.clock_timestamp()}
    changed = update(Alert).where(col(Alert.id).in_(wrong))
    withdrawn = changed.values(**values, revision=col(Alert.revision) + 1).returning(Alert)
    rows = (await session.scalars(withdrawn)).all()
    await session.execute(delete(Escalation).where(col(Escalation.alert_id).in_(wrong)))
    await cancel_messages(session, wrong)
    told = [{**of(row), "at": row.withdrawn_at} for row in rows if not row.historic]
    await outbox.record(session, *(AlertWithdrawn(**facts) for facts in told))
