"""The shipped process of change requests comes to a tenant when it first needs it, once."""

from datetime import datetime
from typing import Any

from sqlalchemy.dialects.postgresql import insert

from services.commitments import tables
from services.commitments.domain import process_change
from services.commitments.domain.calendars import SINCE_EVER
from services.commitments.operations.calendars import define_calendar
from services.commitments.operations.definitions import define_process
from services.commitments.operations.governance import governance_settings
from services.commitments.operations.turns import take_turns
from services.commitments.queries import definitions
from services.commitments.schemas import calendars as calendar_schemas
from services.commitments.schemas import definitions as definition_schemas
from shared.ids import derived_id
from shared.problems import CONFLICT, Problem
from shared.store import Session, core


async def ensure_process_change(session: Session, at: datetime) -> None:
    """Define the process, its calendars and promises unless the tenant has them.

    What the tenant made of them since stays. Raises a 409 problem when the tenant uses the code
    for a process without the nodes that change requests run through.
    """
    await take_turns(session, process_change.CODE)
    row = await definitions.find_newest(session, tables.ProcessVersion, process_change.CODE)
    if row is None:
        await _install(session, at)
        row = await definitions.newest(session, tables.ProcessVersion, process_change.CODE)
    known = {node["code"] for node in row.definition["nodes"]}
    missing = [n["code"] for n in process_change.NODES if n["code"] not in known]
    if missing:
        said = ", ".join(missing)
        zh = f"流程 {process_change.CODE} 缺少变更申请所需的节点：{said}。"
        en = f"The process {process_change.CODE} lacks nodes that change requests need: {said}."
        raise Problem(CONFLICT, {"zh": zh, "en": en})


async def _install(session: Session, at: datetime) -> None:
    settings = await governance_settings(session, at)
    for code, plain in process_change.calendars(settings.time_zone).items():
        if await definitions.find_newest(session, tables.CalendarVersion, code) is None:
            calendar = calendar_schemas.NewCalendar.model_validate({"code": code, **plain})
            await define_calendar(session, calendar, at)
    named = {"code": process_change.CODE, "name": process_change.NAME}
    process = {**named, "nodes": process_change.NODES}
    await define_process(session, definition_schemas.NewProcess.model_validate(process), at)
    rows = [_promise(session, plain, at).model_dump() for plain in process_change.promises()]
    await session.execute(insert(core(tables.Promise)).on_conflict_do_nothing(), rows)


def _promise(session: Session, plain: dict[str, Any], at: datetime) -> tables.Promise:
    # In force as it is: it comes from the source, and no customer has to agree to it.
    tenant = session.info["tenant"]
    return tables.Promise(
        **plain,
        id=derived_id("prm", tenant, plain["code"]),
        tenant=tenant,
        version=1,
        status="published",
        valid_from=SINCE_EVER,
        binds_from=SINCE_EVER,
        created_at=at,
        published_at=at,
    )
