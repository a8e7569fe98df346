"""Escalations move with their runs and with the rules: pauses, ends, hand-overs, changed steps."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, func, update
from sqlmodel import col

from services.commitments.channels import WEBHOOK
from services.commitments.domain.alert_rules import AlertRule, rule_for
from services.commitments.domain.alerting import held_until
from services.commitments.domain.calendars import Calendars
from services.commitments.domain.escalating import Climb, handed_over, step_at
from services.commitments.domain.history import ClockVersion
from services.commitments.operations.alerts import scope_of
from services.commitments.queries import alerts as queries
from services.commitments.tables import Escalation, Notification
from shared.store import Session, core

_COLUMNS = ("step", "since", "at", "round", "department", "position")


async def move_escalations(
    session: Session,
    clocks: Mapping[str, Sequence[ClockVersion]],
    standing: Sequence[Any],
    calendars: Calendars,
) -> None:
    """Set when the next step is due of these alerts, by their clocks and rules as they are now.

    A message that waits to tell people of a pre-warning that no rule asks for is not sent.
    """
    waiting = {
        alert.id: alert for alert in standing if alert.state == "open" and not alert.historic
    }
    rows = await queries.held_escalations(session, waiting.keys()) if waiting else ()
    if not rows:
        return
    rules = await queries.rules(session)
    following = {alert.id: rule_for(rules, scope_of(alert)) for alert in waiting.values()}
    moved = []
    for row in rows:
        alert = waiting[row.alert_id]
        new = _moved(row, alert, clocks[alert.run_id], following[alert.id], calendars)
        if any(getattr(row, name) != new[name] for name in _COLUMNS):
            moved.append({"of": row.alert_id, **{f"new_{name}": new[name] for name in _COLUMNS}})
    if moved:
        escalation = core(Escalation)
        values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in _COLUMNS}
        change = update(escalation).where(escalation.c.alert_id == bindparam("of")).values(values)
        await (await session.connection()).execute(change, moved)
    unasked = [k for k, alert in waiting.items() if alert.threshold not in following[k].thresholds]
    await cancel_messages(session, unasked)


def _moved(
    row: Any,
    alert: Any,
    versions: Sequence[ClockVersion],
    rule: AlertRule,
    calendars: Calendars,
) -> dict[str, Any]:
    department, position = row.department, row.position
    if department is None and position is None:
        department, position = alert.department, alert.position
    climb = Climb(row.step, row.since, row.round, department, position)
    climb = handed_over(climb, versions)
    at = None
    if alert.threshold in rule.thresholds:
        at = step_at(rule.steps, climb, versions[-1].clock, alert.due_at)
    if at is not None:
        at = held_until(at, rule.calendar, calendars)
    return {
        "step": climb.step,
        "since": climb.since,
        "at": at,
        "round": climb.round,
        "department": climb.department,
        "position": climb.position,
    }


async def cancel_messages(session: Session, alert_ids: Collection[str]) -> None:
    """Send nothing that still waits to tell people of these alerts; what was sent was sent."""
    if not alert_ids:
        return
    waiting = update(Notification).where(
        col(Notification.alert_id).in_(list(alert_ids)),
        col(Notification.status) == "pending",
        col(Notification.channel) != WEBHOOK,
    )
    ended = {"status": "cancelled", "next_attempt_at": None, "settled_at": func.clock_timestamp()}
    await session.execute(waiting.values(ended))
