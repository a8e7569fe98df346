"""Alerts are told step by step to whoever holds the office then, until somebody has answered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from services.commitments import tables
from services.commitments.channels import EMAIL
from services.commitments.domain.alert_rules import AlertRule, Scope, Step, rule_for
from services.commitments.domain.alert_texts import Told, message
from services.commitments.domain.alerting import held_until
from services.commitments.domain.calendars import Calendars
from services.commitments.domain.faults import Text
from services.commitments.domain.process import Process
from services.commitments.operations.governance import governance_settings
from services.commitments.operations.recipients import Directory
from services.commitments.queries import alerts as queries
from services.commitments.queries import definitions
from services.commitments.queries.cases import running_clocks
from services.commitments.tables import Escalation, Notification
from shared.ids import derived_id
from shared.store import Session, Store, core, enter

BATCH = 200


@dataclass(frozen=True, slots=True)
class Desk:
    """What a tenant's alerts are told with: rules, calendars, channels, people, processes."""

    rules: Sequence[AlertRule]
    calendars: Calendars
    channels: Mapping[str, tables.AlertChannel]
    people: Directory
    time_zone: str
    public_url: str
    mails: bool


async def escalate_due(store: Store, at: datetime, public_url: str, *, mails: bool) -> int:
    """Take the steps that are due, of one batch of alerts; how many there were.

    `mails` says whether a mail server is set: nothing is queued that could never leave.
    """
    async with store.queue() as session:
        due = core(Escalation)
        query = select(due).where(due.c.at <= at).order_by(due.c.at).limit(BATCH)
        taken = (await session.execute(query.with_for_update(skip_locked=True))).all()
        for tenant in sorted({each.tenant for each in taken}):
            await enter(session, tenant)
            desk = await _desk(session, at, public_url, mails=mails)
            await _escalate(session, desk, [e for e in taken if e.tenant == tenant], at)
    return len(taken)


async def _desk(session: Session, at: datetime, public_url: str, *, mails: bool) -> Desk:
    return Desk(
        rules=await queries.rules(session),
        calendars=await definitions.calendars(session),
        channels={channel.code: channel for channel in await queries.channels(session)},
        people=Directory(session),
        time_zone=(await governance_settings(session, at)).time_zone,
        public_url=public_url.rstrip("/"),
        mails=mails,
    )


async def _escalate(session: Session, desk: Desk, taken: Sequence[Any], at: datetime) -> None:
    alerts = {row.id: row for row in await queries.some(session, [e.alert_id for e in taken])}
    clocks = await running_clocks(session, {a.run_id for a in alerts.values()}, at)
    processes = {
        code: await definitions.process(session, code)
        for code in {alert.process for alert in alerts.values()}
    }
    later: list[dict[str, Any]] = []
    queued: dict[str, dict[str, Any]] = {}
    for each in taken:
        alert = alerts.get(each.alert_id)
        # Whoever has answered needs no telling, and a run that has ended no more haste.
        if alert is None or alert.state != "open" or alert.run_id not in clocks:
            continue
        told = _told(desk, alert, clocks[alert.run_id], processes[alert.process])
        following = await _steps(desk, alert, told, each, at, queued)
        if following is not None:
            later.append({"tenant": each.tenant, "alert_id": alert.id, **following})
    ids = [each.alert_id for each in taken]
    await session.execute(delete(Escalation).where(col(Escalation.alert_id).in_(ids)))
    if later:
        await session.execute(insert(core(Escalation)), later)
    if queued:
        rows = insert(core(Notification)).on_conflict_do_nothing()
        await session.execute(rows, list(queued.values()))


async def _steps(
    desk: Desk,
    alert: tables.Alert,
    told: Told,
    due: Any,
    at: datetime,
    queued: dict[str, dict[str, Any]],
) -> dict[str, Any] | None:
    """Queue what the due step says; the step after it with its time, None when it was the last.

    A step that reaches nobody is followed by the next one at once.
    """
    rule = rule_for(desk.rules, _scope(alert))
    if alert.threshold not in rule.thresholds:
        return None
    opens = held_until(at, rule.calendar, desk.calendars)
    if opens > at:
        return {"step": due.step, "at": opens}
    steps = rule.steps
    for number in range(due.step, len(steps)):
        reached = await _messages(desk, alert, told, steps[number], number, at)
        queued |= reached
        if reached and number + 1 < len(steps):
            wait = steps[number + 1].after - steps[number].after
            return {"step": number + 1, "at": at + wait}
        if reached:
            return None
    return None


async def _messages(
    desk: Desk, alert: tables.Alert, told: Told, step: Step, number: int, at: datetime
) -> dict[str, dict[str, Any]]:
    """The notifications of one step by id: one a mailbox, one a group however many it names."""
    people = await desk.people.holding(step.to, alert, at)
    found: dict[str, dict[str, Any]] = {}
    for code in step.channels:
        channel = desk.channels.get(code)
        if channel is not None and people:
            names = ", ".join(person.name for person in people)
            said = message(told, channel.language, desk.time_zone, at)
            content = {"title": said.title, "text": f"{said.text}\n@ {names}"}
            row = _notification(alert, (code, channel.kind, names), number, content, at)
            found[row["id"]] = row
        elif code == EMAIL and desk.mails:
            for person in people:
                for address in _mailboxes(person):
                    said = message(told, person.language, person.time_zone, at)
                    content = {"title": said.title, "text": said.text, "address": address}
                    row = _notification(alert, (EMAIL, EMAIL, person.name), number, content, at)
                    found[row["id"]] = row
    return found


def _mailboxes(person: tables.Person) -> list[str]:
    return [a["address"] for a in person.addresses if a["channel"] == EMAIL]


def _notification(
    alert: tables.Alert,
    where: tuple[str, str, str],
    step: int,
    content: dict[str, str],
    at: datetime,
) -> dict[str, Any]:
    target, channel, recipient = where
    to = content.get("address", target)
    return {
        "id": derived_id("ntf", alert.id, alert.raised, step, target, to),
        "tenant": alert.tenant,
        "target": target,
        "channel": channel,
        "recipient": recipient[:500],
        "alert_id": alert.id,
        "body": content,
        "status": "pending",
        "attempts": 0,
        "tries": 0,
        "created_at": at,
        "next_attempt_at": at,
    }


def _scope(alert: tables.Alert) -> Scope:
    node = alert.node or None
    return Scope(alert.process, node, alert.segment, alert.priority, alert.promise_code)


def _told(desk: Desk, alert: tables.Alert, clock: Any, process: Process) -> Told:
    names = {node.code: node.name for node in process.nodes}
    return Told(
        case_key=alert.case_key,
        process=process.name,
        node=names.get(alert.node, Text(alert.node, alert.node)) if alert.node else None,
        visit=alert.visit,
        threshold=alert.threshold,
        due_at=alert.due_at,
        commitment_due_at=clock.commitment_due_at,
        department=alert.department,
        position=alert.position,
        link=f"{desk.public_url}/v1/alerts/{alert.id}",
    )
