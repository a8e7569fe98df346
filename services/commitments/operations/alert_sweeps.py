"""A changed alert rule reaches the runs in progress, a batch of cases at a time."""

from collections.abc import Iterable
from datetime import datetime

import structlog
from sqlalchemy import insert

from services.commitments.domain.fold import fold
from services.commitments.operations.alert_instants import note_instants
from services.commitments.queries import alert_sweeps as queries
from services.commitments.queries import alerts, cases, definitions
from services.commitments.queries.promises import published_promises
from services.commitments.queries.started import hold_processes, share_process
from services.commitments.tables import AlertSweep
from shared.store import Session, Store, core, enter, is_unavailable

log = structlog.get_logger()

BATCH = 100


async def sweep_processes(session: Session, scopes: Iterable[str | None]) -> None:
    """Set the alert instants anew of every open case of these processes, of all for None.

    Folds wait until the change is committed, so that none goes on by what held before. A sweep is
    only ever added here: who works on one holds it, and then asks for the process.
    """
    asked = set(scopes)
    named = [code for code in asked if code is not None]
    codes = await hold_processes(session, None if None in asked else named)
    tenant = session.info["tenant"]
    rows = [{"tenant": tenant, "process": code, "checked_up_to": ""} for code in codes]
    if rows:
        await session.execute(insert(core(AlertSweep)), rows)


async def sweep_for_calendar(session: Session, calendar: str) -> None:
    """An alert calendar has changed: what it holds back is held back anew."""
    naming = [rule for rule in await alerts.rules(session) if rule.calendar == calendar]
    if naming:
        await sweep_processes(session, [rule.scope.process for rule in naming])


async def sweep_alerts(store: Store, alerts_since: datetime) -> int:
    """Set the instants of the next cases of one sweep anew, or end it; how many cases and ends."""
    async with store.queue() as session:
        sweep = await queries.take_one(session)
        if sweep is None:
            return 0
        await enter(session, sweep.tenant)
        await share_process(session, sweep.process)
        case_ids = await queries.open_cases(session, sweep, BATCH)
        if not case_ids or await queries.has_later(session, sweep):
            await session.delete(sweep)
            return 1
        await _sweep(session, sweep.process, case_ids, alerts_since)
        sweep.checked_up_to = case_ids[-1]
        return len(case_ids)


async def _sweep(
    session: Session, process: str, case_ids: list[str], alerts_since: datetime
) -> None:
    """A batch that fails is taken case by case; a case that fails alone keeps its instants."""
    try:
        async with session.begin_nested():
            await _set_anew(session, process, case_ids, alerts_since)
    except Exception as error:
        if is_unavailable(error):
            raise
        if len(case_ids) == 1:
            log.exception("case_not_swept", case_id=case_ids[0])
            return
        log.warning("sweep_failed", process=process, error=repr(error))
        for case_id in case_ids:
            await _sweep(session, process, [case_id], alerts_since)


async def _set_anew(
    session: Session, process: str, case_ids: list[str], alerts_since: datetime
) -> None:
    await cases.lock_cases(session, case_ids)
    defined = await definitions.processes(session, process)
    promises = await published_promises(session, process)
    calendars = await definitions.calendars(session)
    folded = {
        case_id: fold(events, defined.in_force(min(e.at for e in events)), promises, calendars)
        for case_id, events in (await cases.events_of(session, case_ids)).items()
    }
    await note_instants(session, process, folded, calendars, alerts_since)
