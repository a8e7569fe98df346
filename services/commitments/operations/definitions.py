"""Calendars and processes are defined here; every fault is listed."""

from datetime import datetime

from services.commitments import tables
from services.commitments.domain.calendar import Calendar
from services.commitments.domain.calendars import SINCE_EVER
from services.commitments.domain.faults import InvalidDefinitionError
from services.commitments.domain.process import Process
from services.commitments.operations.refusals import insert_new, refused
from services.commitments.schemas import definitions as schemas
from shared import outbox
from shared.contracts.commitments import NodeName, ProcessDefined
from shared.store import Session


async def define_calendar(
    session: Session, new: schemas.NewCalendar, at: datetime
) -> tables.CalendarVersion:
    """Define a working calendar; raises a problem with every faulty window, date and zone."""
    plain = {"time_zone": new.time_zone, "weekly": new.weekly, "overrides": new.overrides}
    try:
        Calendar.of(plain)
    except InvalidDefinitionError as error:
        raise refused(error) from error
    row = tables.CalendarVersion(
        tenant=session.info["tenant"],
        code=new.code,
        version=1,
        name=new.name.model_dump(),
        definition=plain,
        valid_from=SINCE_EVER,
        created_at=at,
    )
    await insert_new(session, row, new.code)
    return row


async def define_process(
    session: Session, new: schemas.NewProcess, at: datetime
) -> tables.ProcessVersion:
    """Define a process; raises a problem with every faulty node and condition."""
    plain = new.model_dump(mode="json", by_alias=True)
    try:
        process = Process.of({**plain, "version": 1})
    except InvalidDefinitionError as error:
        raise refused(error) from error
    row = tables.ProcessVersion(
        tenant=session.info["tenant"],
        code=new.code,
        version=1,
        name=plain["name"],
        definition={"nodes": plain["nodes"]},
        valid_from=SINCE_EVER,
        created_at=at,
    )
    await insert_new(session, row, new.code)
    await outbox.record(session, _defined(process))
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
