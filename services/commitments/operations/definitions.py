"""Calendars, processes, promises and integrations are defined here; every fault is listed."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy.dialects.postgresql import insert

from services.commitments import tables
from services.commitments.domain.calendar import Calendar
from services.commitments.domain.faults import InvalidDefinitionError
from services.commitments.domain.process import Process
from services.commitments.queries import definitions as queries
from services.commitments.queries import deliveries as delivery_queries
from services.commitments.schemas import definitions as schemas
from shared import outbox
from shared.contracts.commitments import NodeName, ProcessDefined
from shared.http import require_match
from shared.ids import new_id
from shared.problems import CONFLICT, FieldError, Problem, at_pointer, invalid
from shared.store import Session


async def define_calendar(
    session: Session, new: schemas.NewCalendar, at: datetime
) -> tables.CalendarVersion:
    """Define a working calendar; raises a problem with every faulty window, date and zone."""
    plain = {"time_zone": new.time_zone, "weekly": new.weekly, "overrides": new.overrides}
    try:
        Calendar.of(plain)
    except InvalidDefinitionError as error:
        raise invalid(*_errors(error)) from error
    row = tables.CalendarVersion(
        tenant=session.info["tenant"],
        code=new.code,
        version=1,
        name=new.name.model_dump(),
        definition=plain,
        created_at=at,
    )
    await _add(session, row, new.code)
    return row


async def define_process(
    session: Session, new: schemas.NewProcess, at: datetime
) -> tables.ProcessVersion:
    """Define a process; raises a problem with every faulty node and condition."""
    plain = new.model_dump(mode="json", by_alias=True)
    try:
        process = Process.of({**plain, "version": 1})
    except InvalidDefinitionError as error:
        raise invalid(*_errors(error)) from error
    row = tables.ProcessVersion(
        tenant=session.info["tenant"],
        code=new.code,
        version=1,
        name=plain["name"],
        definition={"nodes": plain["nodes"]},
        created_at=at,
    )
    await _add(session, row, new.code)
    await outbox.record(session, _defined(process))
    return row


async def draft_promise(session: Session, new: schemas.NewPromise, at: datetime) -> tables.Promise:
    """Draft a promise for a node, or for a whole process; raises a problem with every fault."""
    process = await queries.find_newest(session, tables.ProcessVersion, new.process)
    nodes = {node["code"] for node in process.definition["nodes"]} if process else set()
    faults: list[FieldError] = []
    if process is None:
        faults.append(_unknown("/process", "流程", "process", new.process))
    elif new.node is not None and new.node not in nodes:
        faults.append(_unknown("/node", "节点", "node", new.node))
    named = {"calendar": new.calendar, "tolerance_calendar": new.tolerance_calendar or new.calendar}
    versions: dict[str, str] = {}
    for field, code in named.items():
        calendar = await queries.find_newest(session, tables.CalendarVersion, code)
        if calendar is None:
            faults.append(_unknown(f"/{field}", "日历", "calendar", code))
        else:
            versions[field] = f"{code}@{calendar.version}"
    if faults:
        raise invalid(*faults)
    row = tables.Promise(
        **{**new.model_dump(), **versions},
        id=new_id("prm"),
        tenant=session.info["tenant"],
        version=1,
        status="draft",
        created_at=at,
    )
    await _add(session, row, new.code)
    return row


async def publish_promise(session: Session, promise_id: str, at: datetime) -> tables.Promise:
    """Put a draft in force: runs that start within its validity bind it from now on."""
    row = await queries.promise(session, promise_id, lock=True)
    if row.status == "draft":
        row.status, row.published_at = "published", at
    return row


async def add_integration(
    session: Session, new: schemas.NewIntegration, at: datetime
) -> tables.Integration:
    """Accept a ticketing tool's webhooks for a process."""
    if await queries.find_newest(session, tables.ProcessVersion, new.process) is None:
        raise invalid(_unknown("/process", "流程", "process", new.process))
    row = tables.Integration(
        id=new_id("int"),
        tenant=session.info["tenant"],
        name=new.name,
        provider=new.provider,
        process=new.process,
        mapping=new.mapping.model_dump(),
        secrets=[secret.get_secret_value() for secret in new.secrets],
        revision=1,
        created_at=at,
    )
    session.add(row)
    return row


async def change_integration(
    session: Session, integration_id: str, change: schemas.IntegrationChange, if_match: str | None
) -> tables.Integration:
    """Rotate an integration's secrets, or mend its mapping."""
    row = await delivery_queries.integration(session, integration_id, lock=True)
    require_match(if_match, row.revision)
    if change.secrets is not None:
        row.secrets = [secret.get_secret_value() for secret in change.secrets]
    if change.mapping is not None:
        row.mapping = change.mapping.model_dump()
    row.revision += 1
    return row


def _defined(process: Process) -> ProcessDefined:
    nodes = [NodeName(code=n.code, name_zh=n.name.zh, name_en=n.name.en) for n in process.nodes]
    return ProcessDefined(
        process=process.code,
        name_zh=process.name.zh,
        name_en=process.name.en,
        nodes=nodes,
        revision=process.version,
    )


def _errors(error: InvalidDefinitionError) -> Iterable[FieldError]:
    return [
        at_pointer(fault.pointer, fault.code, fault.text.zh, fault.text.en)
        for fault in error.faults
    ]


def _unknown(pointer: str, zh: str, en: str, code: str) -> FieldError:
    return at_pointer(
        pointer, "unknown_reference", f"没有{zh} {code}。", f"There is no {en} {code}."
    )


async def _add(session: Session, row: tables.Row, code: str) -> None:
    """Insert the row; raises a 409 problem when its code is taken."""
    values: Any = insert(type(row)).values(row.model_dump()).on_conflict_do_nothing()
    if not (await session.execute(values)).rowcount:  # type: ignore[attr-defined]
        zh, en = f"编码 {code} 已被使用。", f"The code {code} is taken."
        raise Problem(CONFLICT, {"zh": zh, "en": en}, [at_pointer("/code", "taken", zh, en)])
