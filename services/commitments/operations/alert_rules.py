"""Alert rules and alert channels are set here; every fault is listed."""

import asyncio
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlmodel import col, select

from services.commitments import tables
from services.commitments.channels import EMAIL, messengers
from services.commitments.operations.alert_sweeps import sweep_processes
from services.commitments.operations.refusals import insert_new, require_none, taken, unknown
from services.commitments.queries import alerts as queries
from services.commitments.queries import definitions, people
from services.commitments.schemas import alert_rules as schemas
from shared.http import require_match
from shared.ids import new_id
from shared.problems import CONFLICT, FieldError, Problem, at_pointer, invalid
from shared.store import Session


async def add_alert_rule(
    session: Session, new: schemas.NewAlertRule, at: datetime
) -> tables.AlertRule:
    """Say who is told of what; runs in progress follow it as soon as a worker has reached them."""
    row = tables.AlertRule(
        **new.model_dump(mode="json"),
        id=new_id("rul"),
        tenant=session.info["tenant"],
        revision=1,
        created_at=at,
    )
    await _check(session, row)
    session.add(row)
    await sweep_processes(session, [row.process])
    return row


async def change_alert_rule(
    session: Session, rule_id: str, change: schemas.AlertRuleChange, if_match: str | None
) -> tables.AlertRule:
    """Change a rule; runs in progress, and alerts that are being escalated, go on by it."""
    row = await queries.rule(session, rule_id, lock=True)
    require_match(if_match, row.revision)
    before = row.process
    # Not `exclude_unset`: it would leave out what a step leaves to its default.
    given = change.model_dump(mode="json", include=change.model_fields_set)
    for name, value in given.items():
        if value is not None or name not in ("name", "thresholds", "steps"):
            setattr(row, name, value)
    with session.no_autoflush:
        await _check(session, row)
    row.revision += 1
    await sweep_processes(session, [before, row.process])
    return row


async def remove_alert_rule(session: Session, rule_id: str, if_match: str | None) -> None:
    """Let the next specific rule, or the default, hold instead."""
    row = await queries.rule(session, rule_id, lock=True)
    require_match(if_match, row.revision)
    await session.delete(row)
    await sweep_processes(session, [row.process])


async def add_alert_channel(
    session: Session, new: schemas.NewAlertChannel, at: datetime
) -> tables.AlertChannel:
    """Let alerts go to a group or a messenger; raises a 409 problem when the code is taken."""
    row = tables.AlertChannel(
        **new.model_dump(exclude={"credential"}, mode="json"),
        credential=await _checked(new.kind, _plain(new.credential)),
        tenant=session.info["tenant"],
        revision=1,
        created_at=at,
    )
    if new.code == EMAIL:
        raise taken("email 是内置渠道。", "email is a channel of its own.")
    await insert_new(session, row, new.code)
    return row


async def change_alert_channel(
    session: Session, code: str, change: schemas.AlertChannelChange, if_match: str | None
) -> tables.AlertChannel:
    """Rename a channel, or give it another credential."""
    row = await queries.channel(session, code, lock=True)
    require_match(if_match, row.revision)
    if change.name is not None:
        row.name = change.name.model_dump()
    if change.language is not None:
        row.language = change.language
    if change.credential is not None:
        row.credential = await _checked(row.kind, _plain(change.credential))
    row.revision += 1
    return row


async def remove_alert_channel(session: Session, code: str, if_match: str | None) -> None:
    """Let nothing go there any more; raises a 409 problem while a rule names it."""
    row = await queries.channel(session, code, lock=True)
    require_match(if_match, row.revision)
    naming = [rule for rule in await queries.all_rules(session) if code in _channels(rule.steps)]
    if naming:
        names = ", ".join(rule.id for rule in naming)
        zh, en = f"仍被告警规则引用：{names}。", f"Alert rules still name it: {names}."
        raise Problem(CONFLICT, {"zh": zh, "en": en})
    await session.delete(row)


def _plain(credential: Mapping[str, Any]) -> dict[str, str]:
    return {name: value.get_secret_value() for name, value in credential.items()}


async def _checked(kind: str, credential: dict[str, str]) -> dict[str, str]:
    # The library reads its hundred plugins when it is first asked.
    said = await asyncio.to_thread(messengers.faults, kind, credential)
    if said is not None:
        zh = f"凭据无法使用：{said}"
        raise invalid(at_pointer("/credential", "unusable_credential", zh, said))
    return credential


def _channels(steps: list[dict[str, Any]]) -> set[str]:
    return {code for step in steps for code in step["channels"]}


async def _check(session: Session, row: tables.AlertRule) -> None:
    faults = [*_disorder(row), *await _unknown_scope(session, row)]
    known = {EMAIL, *(channel.code for channel in await queries.channels(session))}
    for number, step in enumerate(row.steps):
        for place, code in enumerate(step["channels"]):
            if code not in known:
                faults.append(unknown(f"/steps/{number}/channels/{place}", "渠道", "channel", code))
        for place, to in enumerate(step["to"]):
            if to.startswith("per_") and await people.find_person(session, to) is None:
                faults.append(unknown(f"/steps/{number}/to/{place}", "人员", "person", to))
    require_none(faults)


def _disorder(row: tables.AlertRule) -> Iterator[FieldError]:
    """A step that would come before the one above it."""
    waits = [step["after_seconds"] for step in row.steps]
    for number in range(1, len(waits)):
        if waits[number] <= waits[number - 1]:
            zh, en = "须晚于上一步。", "Must come after the step before it."
            yield at_pointer(f"/steps/{number}/after_seconds", "not_later", zh, en)


async def _unknown_scope(session: Session, row: tables.AlertRule) -> list[FieldError]:
    found: list[FieldError] = []
    process = None
    if row.process is not None:
        process = await definitions.find_newest(session, tables.ProcessVersion, row.process)
        if process is None:
            found.append(unknown("/process", "流程", "process", row.process))
    if row.node is not None:
        nodes = {node["code"] for node in process.definition["nodes"]} if process else set()
        if row.node not in nodes:
            found.append(unknown("/node", "节点", "node", row.node))
    if row.promise is not None:
        query = select(tables.Promise).where(col(tables.Promise.code) == row.promise).limit(1)
        if (await session.scalars(query)).first() is None:
            found.append(unknown("/promise", "承诺", "promise", row.promise))
    if row.calendar is not None:
        calendar = tables.CalendarVersion
        if await definitions.find_newest(session, calendar, row.calendar) is None:
            found.append(unknown("/calendar", "日历", "calendar", row.calendar))
    return found
