"""Calendars, processes and integrations are defined here; every fault is listed."""

from datetime import datetime

from services.commitments import tables
from services.commitments.domain.calendar import Calendar
from services.commitments.domain.calendars import SINCE_EVER
from services.commitments.domain.faults import InvalidDefinitionError
from services.commitments.domain.process import Process
from services.commitments.operations.refusals import insert_new, refused, unknown
from services.commitments.queries import definitions as queries
from services.commitments.queries import deliveries as delivery_queries
from services.commitments.schemas import definitions as schemas
from shared import outbox
from shared.contracts.commitments import NodeName, ProcessDefined
from shared.http import require_match
from shared.ids import new_id
from shared.problems import invalid
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


async def add_integration(
    session: Session, new: schemas.NewIntegration, at: datetime
) -> tables.Integration:
    """Accept a ticketing tool's webhooks for a process."""
    if await queries.find_newest(session, tables.ProcessVersion, new.process) is None:
        raise invalid(unknown("/process", "流程", "process", new.process))
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
