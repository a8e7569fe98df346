"""When advice is made: thresholds of the tenant, and of a process that has its own."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy.dialects.postgresql import insert

from services.commitments.domain.offices import owner
from services.commitments.operations.authority import require_office
from services.commitments.operations.history import Act
from services.commitments.queries import definitions
from services.commitments.schemas import advice as schemas
from services.commitments.tables import AdviceSettings, ProcessVersion
from shared.http import require_match
from shared.problems import at_pointer, invalid
from shared.store import Session, core

EVERY_PROCESS = ""


async def advice_settings(session: Session, process: str | None, at: datetime) -> AdviceSettings:
    """The thresholds in force for a process, or for those without their own.

    A process without its own has the tenant's at revision 0, as the tenant has the defaults.
    """
    tenant = session.info["tenant"]
    for code in (process, EVERY_PROCESS):
        found = await session.get(AdviceSettings, (tenant, code)) if code is not None else None
        if found is not None and code == (process or EVERY_PROCESS):
            return found
        if found is not None:
            own = found.model_dump() | {"process": process, "revision": 0}
            return AdviceSettings(**own)
    return AdviceSettings(
        tenant=tenant,
        process=process or EVERY_PROCESS,
        tighten_at="0.90",
        improve_below="0.10",
        least_runs=5,
        months=12,
        step_seconds=60,
        revision=0,
        changed_at=at,
    )


async def change_advice_settings(
    session: Session,
    process: str | None,
    change: schemas.AdviceSettingsChange,
    if_match: str | None,
    act: Act,
) -> AdviceSettings:
    """Set thresholds, of one process by its owner; 422 when every attainment would ask for both."""
    if process is not None:
        await definitions.newest(session, ProcessVersion, process)
        await require_office(session, act, owner(process))
    before = (await advice_settings(session, process, act.at)).model_dump()
    await session.execute(insert(core(AdviceSettings)).values(before).on_conflict_do_nothing())
    key = (session.info["tenant"], process or EVERY_PROCESS)
    row = await session.get(AdviceSettings, key, with_for_update=True, populate_existing=True)
    assert row is not None  # noqa: S101 - inserted above
    require_match(if_match, row.revision)
    for name, value in change.model_dump(exclude_none=True).items():
        setattr(row, name, str(value) if isinstance(value, Decimal) else value)
    if Decimal(row.improve_below) > Decimal(row.tighten_at):
        zh = "建议改进的界限不得高于建议收紧的界限。"
        en = "The threshold of improvement is above that of tightening."
        raise invalid(at_pointer("/improve_below", "thresholds_crossed", zh, en))
    row.revision += 1
    row.changed_at = act.at
    return row
