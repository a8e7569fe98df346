"""A restatement folds the cases of a process again under other promises, batch by batch."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from services.commitments import tables
from services.commitments.domain.fold import fold
from services.commitments.domain.restatement import Term, restated, terms
from services.commitments.operations.folding import clock_row
from services.commitments.operations.refusals import require_none, unknown
from services.commitments.operations.restatement_marks import mark_all
from services.commitments.queries import cases, definitions
from services.commitments.queries import restatements as queries
from services.commitments.queries.promises import processes_promised, published_promises
from services.commitments.schemas import restatements as schemas
from services.commitments.tables import RestatedClock, Restatement, RestatementMark
from shared.ids import new_id
from shared.problems import CONFLICT, FieldError, Problem, at_pointer, invalid
from shared.store import Session, Store, core, enter

BATCH = 100
AT_ONCE = 2000
"""Cases that are restated within a request; more are left to the worker."""

AS_PROMISED = "as_promised"
RESTATED = "restated"


async def request_restatement(
    session: Session, new: schemas.NewRestatement, by: str, at: datetime
) -> Restatement:
    """Judge the history of a process by other promises; the worker does it, batch by batch."""
    await _check(session, new)
    in_force_at = new.at or (None if new.promise_versions else at)
    row = await _prepared(session, new.process, in_force_at, new.promise_versions, (by, at))
    return await _add(session, row)


async def forget_restatement(session: Session, restatement_id: str) -> None:
    """Drop a restatement and its results; raises a 404 problem."""
    row = await queries.one(session, restatement_id)
    await session.execute(delete(RestatedClock).where(col(RestatedClock.restatement_id) == row.id))
    await session.delete(row)


async def restate_pending(store: Store, at: datetime) -> int:
    """Judge one batch of cases of one restatement; how many."""
    async with store.queue() as session:
        row = await queries.take_one_with_marks(session)
        if row is None:
            return 0
        await enter(session, row.tenant)
        return await _restate(session, row, at)


async def readable(
    session: Session, basis: str, process: str | None, by: str, at: datetime
) -> list[str]:
    """The restatements that answer a question on this basis; none for what was promised.

    `restated` is under the promises in force at `at`: a small history is restated at once, a
    larger one has to be asked for before. Raises 409 until a restatement has judged every case.
    """
    if basis == AS_PROMISED:
        return []
    if basis != RESTATED:
        row = await _named(session, basis)
        if row.completed_at is None:
            raise await _unfinished(session, row)
        return [row.id]
    processes = [process] if process else await processes_promised(session)
    return [await _in_force_now(session, each, by, at) for each in processes]


async def _named(session: Session, basis: str) -> Restatement:
    try:
        return await queries.one(session, basis)
    except Problem as problem:
        zh = f"须为 {AS_PROMISED}、{RESTATED} 或一次重述的编号。"
        en = f"Is {AS_PROMISED}, {RESTATED}, or the id of a restatement."
        fault = FieldError(code="unknown_basis", detail={"zh": zh, "en": en}, parameter="basis")
        raise invalid(fault) from problem


async def _in_force_now(session: Session, process: str, by: str, at: datetime) -> str:
    wanted = await _prepared(session, process, at, {}, (by, at))
    row = await queries.newest_like(session, wanted)
    if row is None:
        if await queries.count_cases(session, process) > AT_ONCE:
            raise _too_large(process)
        row = await _add(session, wanted)
        while await _restate(session, row, at):
            pass
    if row.completed_at is None:
        raise await _unfinished(session, row)
    return row.id


async def _prepared(
    session: Session,
    process: str,
    in_force_at: datetime | None,
    versions: Mapping[str, int],
    requested: tuple[str, datetime],
) -> Restatement:
    promises = await published_promises(session, process)
    calendars = await definitions.calendars(session)
    chosen = terms(promises, calendars, in_force_at, versions)
    return Restatement(
        id=new_id("rst"),
        tenant=session.info["tenant"],
        process=process,
        in_force_at=in_force_at,
        promise_versions=dict(versions),
        terms=[asdict(term) for term in chosen],
        cases=0,
        requested_by=requested[0],
        requested_at=requested[1],
    )


async def _add(session: Session, row: Restatement) -> Restatement:
    session.add(row)
    await session.flush()
    row.cases = await mark_all(session, row)
    if not row.cases:
        row.completed_at = row.requested_at
    await session.flush()
    return row


async def _restate(session: Session, row: Restatement, at: datetime) -> int:
    """Fold the cases that were marked first; how many marks that settled."""
    marks = await queries.marks(session, row.id, BATCH)
    if marks:
        # Read after the marks in a statement of its own: it sees at least what they speak of.
        await _replace(session, row, sorted({mark.case_id for mark in marks}))
        done = [mark.id for mark in marks]
        await session.execute(delete(RestatementMark).where(col(RestatementMark.id).in_(done)))
    if row.completed_at is None and not await queries.marks(session, row.id, 1):
        row.completed_at = at
        await session.flush()
    return len(marks)


async def _replace(session: Session, row: Restatement, case_ids: Sequence[str]) -> None:
    defined = await definitions.processes(session, row.process)
    calendars = await definitions.calendars(session)
    promises = restated(
        await published_promises(session, row.process), [Term(**term) for term in row.terms]
    )
    clocks: list[dict[str, Any]] = []
    for case_id, events in (await cases.events_of(session, case_ids)).items():
        its = defined.in_force(min(event.at for event in events))
        told = fold(events, its, promises, calendars)
        clocks += [
            {**clock_row(row.tenant, case_id, row.process, version), "restatement_id": row.id}
            for version in told.clocks
        ]
        # A long batch must not hold up what else runs in this process.
        await asyncio.sleep(0)
    mine = col(RestatedClock.restatement_id) == row.id
    await session.execute(
        delete(RestatedClock).where(mine, col(RestatedClock.case_id).in_(case_ids))
    )
    if clocks:
        await session.execute(insert(core(RestatedClock)), clocks)


async def _check(session: Session, new: schemas.NewRestatement) -> None:
    faults: list[FieldError] = []
    if await definitions.find_newest(session, tables.ProcessVersion, new.process) is None:
        faults.append(unknown("/process", "流程", "process", new.process))
    published = {(p.code, p.version) for p in await published_promises(session, new.process)}
    for code, version in new.promise_versions.items():
        if (code, version) not in published:
            zh = f"流程 {new.process} 没有已发布的承诺 {code} 第 {version} 版。"
            en = f"The process {new.process} has no published version {version} of {code}."
            faults.append(at_pointer(f"/promise_versions/{code}", "unknown_reference", zh, en))
    require_none(faults)


async def _unfinished(session: Session, row: Restatement) -> Problem:
    left = (await queries.cases_left(session, [row.id])).get(row.id, 0)
    zh = f"重述 {row.id} 尚未完成：{row.cases} 张工单中还有 {left} 张。"
    en = f"The restatement {row.id} is under way: {left} of {row.cases} cases are left."
    extensions = {"restatement": row.id, "cases": row.cases, "cases_left": left}
    return Problem(
        CONFLICT, {"zh": zh, "en": en}, headers={"retry-after": "5"}, extensions=extensions
    )


def _too_large(process: str) -> Problem:
    zh = f"流程 {process} 的历史过大，请先以 POST /v1/restatements 提出重述。"
    en = f"The history of {process} is too large for this request: POST /v1/restatements first."
    return Problem(CONFLICT, {"zh": zh, "en": en})
