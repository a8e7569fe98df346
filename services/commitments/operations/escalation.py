"""Alerts are told step by step to whoever holds the office then, until somebody has answered."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from services.commitments import tables
from services.commitments.channels import EMAIL
from services.commitments.domain.alert_rules import LAST_RESORT, AlertRule, Step, Why, rule_for
from services.commitments.domain.alert_texts import Told, message
from services.commitments.domain.alerting import held_until
from services.commitments.domain.calendars import Calendars
from services.commitments.domain.escalating import wait
from services.commitments.domain.faults import Text
from services.commitments.domain.process import Process
from services.commitments.operations.alerts import scope_of
from services.commitments.operations.governance import governance_settings
from services.commitments.operations.recipients import Directory, Found, Responsible
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


@dataclass(frozen=True, slots=True)
class Telling:
    """An alert, what is said of it, and the escalation row that is due."""

    alert: tables.Alert
    told: Told
    due: Any

    @property
    def responsible(self) -> Responsible:
        """Who has the run now, as far as its events say, else who had it at the instant."""
        due, alert = self.due, self.alert
        if due.department is None and due.position is None:
            return Responsible(alert.department, alert.position, alert.process)
        return Responsible(due.department, due.position, alert.process)


@dataclass(frozen=True, slots=True)
class Turn:
    """What is to be written of one batch: messages, who was found, and how escalations go on."""

    at: datetime
    queued: dict[str, dict[str, Any]] = field(default_factory=dict)
    told: list[dict[str, Any]] = field(default_factory=list)
    moved: list[dict[str, Any]] = field(default_factory=list)
    over: list[str] = field(default_factory=list)


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
    settings = await governance_settings(session, at)
    return Desk(
        rules=await queries.rules(session),
        calendars=await definitions.calendars(session),
        channels={channel.code: channel for channel in await queries.channels(session)},
        people=Directory(session, settings, at),
        time_zone=settings.time_zone,
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
    turn = Turn(at)
    for each in taken:
        alert = alerts.get(each.alert_id)
        # Whoever has answered needs no telling.
        if alert is None or alert.state != "open":
            turn.over.append(each.alert_id)
        elif alert.run_id not in clocks:
            # No more haste; the fold that resumes the run says when the step is due then.
            turn.moved.append(_resting(each, each.step, each.since))
        else:
            told = _told(desk, alert, clocks[alert.run_id], processes[alert.process], each)
            turn.moved.append(await _steps(desk, Telling(alert, told, each), turn))
    await _write(session, turn)


async def _write(session: Session, turn: Turn) -> None:
    escalation = core(Escalation)
    if turn.over:
        await session.execute(delete(escalation).where(escalation.c.alert_id.in_(turn.over)))
    if turn.moved:
        moved = update(escalation).where(escalation.c.alert_id == bindparam("of"))
        columns: dict[str, Any] = {
            name: bindparam(f"new_{name}") for name in ("step", "since", "at")
        }
        await (await session.connection()).execute(moved.values(columns), turn.moved)
    if turn.told:
        rows = insert(core(tables.AlertTelling)).on_conflict_do_nothing()
        await session.execute(rows, turn.told)
    if turn.queued:
        rows = insert(core(Notification)).on_conflict_do_nothing()
        await session.execute(rows, list(turn.queued.values()))


def _resting(due: Any, step: int, since: datetime, at: datetime | None = None) -> dict[str, Any]:
    return {"of": due.alert_id, "new_step": step, "new_since": since, "new_at": at}


async def _steps(desk: Desk, telling: Telling, turn: Turn) -> dict[str, Any]:
    """Queue what the due step says; what the escalation is then, at rest when nothing is left.

    A step that reaches nobody is followed by the next one at once. When none of them does, the
    last resort is asked: somebody is told, at last the administrator.
    """
    due, at = telling.due, turn.at
    rule = rule_for(desk.rules, scope_of(telling.alert))
    if telling.alert.threshold not in rule.thresholds or due.step >= len(rule.steps):
        return _resting(due, due.step, due.since)
    opens = held_until(at, rule.calendar, desk.calendars)
    if opens > at:
        return _resting(due, due.step, due.since, opens)
    steps = rule.steps
    for number in range(due.step, len(steps)):
        if await _tell(desk, telling, steps[number], number, turn):
            following = at + wait(steps, number + 1) if number + 1 < len(steps) else None
            return _resting(due, number + 1, at, following)
    channels = tuple(dict.fromkeys((*steps[-1].channels, EMAIL)))
    for number, office in enumerate(LAST_RESORT, len(steps)):
        last = Step(steps[-1].after, (office,), channels)
        if await _tell(desk, telling, last, number, turn):
            break
    return _resting(due, len(steps), at)


async def _tell(desk: Desk, telling: Telling, step: Step, number: int, turn: Turn) -> bool:
    """Queue one step and note who was found; whether it reaches anybody."""
    found = await desk.people.asked(step.to, telling.responsible)
    people = {each.told.id: each.told for each in found if each.told}
    rows, reached = _messages(desk, telling, step, (number, list(people.values())), turn.at)
    turn.queued.update(rows)
    turn.told.append({
        "tenant": telling.alert.tenant, "alert_id": telling.alert.id,
        "raised": telling.alert.raised, "round": telling.due.round, "step": number,
        "at": turn.at, "found": [_noted(each, reached) for each in found],
    })  # fmt: skip
    return bool(rows)


def _noted(found: Found, reached: Collection[str]) -> dict[str, Any]:
    told = found.told
    why = found.why if told is None or told.id in reached else Why.NO_ADDRESS
    return {
        "office": found.office,
        "of": found.of,
        "holder": found.holder and found.holder.name,
        "told": told.name if told and told.id in reached else None,
        "why": why.value,
    }


def _messages(
    desk: Desk,
    telling: Telling,
    step: Step,
    whom: tuple[int, Sequence[tables.Person]],
    at: datetime,
) -> tuple[dict[str, dict[str, Any]], set[str]]:
    """The notifications of one step by id, and the ids of whom they reach.

    One a mailbox, one a group however many it names.
    """
    (number, people), told = whom, telling.told
    found: dict[str, dict[str, Any]] = {}
    reached: set[str] = set()
    for code in step.channels:
        channel = desk.channels.get(code)
        if channel is not None and people:
            names = ", ".join(person.name for person in people)
            said = message(told, channel.language, desk.time_zone, at)
            content = {"title": said.title, "text": f"{said.text}\n@ {names}"}
            row = _notification(telling, (code, channel.kind, names), number, content, at)
            found[row["id"]] = row
            reached |= {person.id for person in people}
        elif code == EMAIL and desk.mails:
            for person in people:
                for address in _mailboxes(person):
                    said = message(told, person.language, person.time_zone, at)
                    content = {"title": said.title, "text": said.text, "address": address}
                    row = _notification(telling, (EMAIL, EMAIL, person.name), number, content, at)
                    found[row["id"]] = row
                    reached.add(person.id)
    return found, reached


def _mailboxes(person: tables.Person) -> list[str]:
    return [a["address"] for a in person.addresses if a["channel"] == EMAIL]


def _notification(
    telling: Telling,
    where: tuple[str, str, str],
    step: int,
    content: dict[str, str],
    at: datetime,
) -> dict[str, Any]:
    target, channel, recipient = where
    alert, to = telling.alert, content.get("address", target)
    again = (telling.due.round,) if telling.due.round else ()
    return {
        "id": derived_id("ntf", alert.id, alert.raised, step, target, to, *again),
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


def _told(desk: Desk, alert: tables.Alert, clock: Any, process: Process, due: Any) -> Told:
    names = {node.code: node.name for node in process.nodes}
    return Told(
        case_key=alert.case_key,
        process=process.name,
        node=names.get(alert.node, Text(alert.node, alert.node)) if alert.node else None,
        visit=alert.visit,
        threshold=alert.threshold,
        due_at=alert.due_at,
        commitment_due_at=clock.commitment_due_at,
        department=due.department or alert.department,
        position=due.position or alert.position,
        link=f"{desk.public_url}/v1/alerts/{alert.id}",
    )
