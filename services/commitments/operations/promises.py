"""Promises are drafted, changed and published; a promise that is not SMART stays a draft."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from services.commitments import tables
from services.commitments.domain import smart
from services.commitments.domain.expectation import Expectation, Limits
from services.commitments.domain.promise import takes_over
from services.commitments.operations.critical_paths import (
    CRITICAL_PATHS,
    PathCheck,
    check_node_promise,
    check_path,
)
from services.commitments.operations.refusals import field_error, insert_new, require_none, taken
from services.commitments.operations.refusals import unknown as _unknown
from services.commitments.operations.takes_effect import takes_effect
from services.commitments.operations.turns import take_turns
from services.commitments.operations.wake_ups import ADVICE, wake_at
from services.commitments.queries import agreements, definitions, started
from services.commitments.queries import promises as queries
from services.commitments.schemas import promises as schemas
from shared import outbox
from shared.contracts.service_levels import PromisePublished
from shared.http import require_match
from shared.ids import new_id
from shared.problems import CONFLICT, VALIDATION_FAILED, FieldError, Problem, at_pointer
from shared.store import Session

RECENT_RUNS = 1000
"""How many of the runs completed last tell what to expect."""


async def draft_promise(
    session: Session, new: schemas.NewPromise, at: datetime, floor: float
) -> tables.Promise:
    """Draft a promise, or the next version of a published one; raises a problem with every fault.

    409 while another draft of the promise is open.
    """
    known = await queries.versions(session, new.code)
    if known and known[-1].status == "draft":
        raise _draft_open(known[-1])
    require_none(await _faults(session, new, _published(known)))
    row = tables.Promise(
        **_plain(new),
        id=new_id("prm"),
        tenant=session.info["tenant"],
        version=len(known) + 1,
        status="draft",
        revision=1,
        created_at=at,
    )
    row.expected_attainment = await _shown_expectation(session, row, at, floor)
    await insert_new(session, row, new.code)
    return row


async def change_promise(
    session: Session,
    promise_id: str,
    new: schemas.NewPromise,
    if_match: str | None,
    at: datetime,
    floor: float,
) -> tables.Promise:
    """Replace what a draft says; a version that is no draft never changes (409)."""
    row = await queries.promise(session, promise_id, lock=True)
    require_match(if_match, row.revision)
    if row.status != "draft":
        raise _settled(row)
    earlier = _published(await queries.versions(session, row.code))
    faults = await _faults(session, new, earlier)
    if new.code != row.code:
        zh, en = f"编码 {row.code} 不可更改。", f"The code {row.code} cannot change."
        faults.append(at_pointer("/code", "fixed", zh, en))
    require_none(faults)
    for name, value in _plain(new).items():
        setattr(row, name, value)
    row.revision += 1
    row.expected_attainment = await _shown_expectation(session, row, at, floor)
    return row


async def publish_promise(
    session: Session, promise_id: str, at: datetime, floor: float
) -> tables.Promise:
    """Put a draft in force, where it is SMART: runs that start within its validity bind it.

    The version before it ends where this one begins. Raises 422 with every letter that fails,
    and with every critical path of node promises that does not fit: into this promise for a whole
    process, or with this promise for a node into one that is made end to end.
    """
    await take_turns(session, CRITICAL_PATHS)
    row = await queries.promise(session, promise_id, lock=True)
    if row.status == "published":
        return row
    if row.status != "draft":
        raise _settled(row)
    earlier = _published(await queries.versions(session, row.code))
    row.expected_attainment = await _shown_expectation(session, row, at, floor)
    await _require_publishable(session, row, earlier, floor)
    row.binds_from = begins = await _binds_from(session, row, at)
    if earlier:
        before = earlier[-1]
        before.valid_until = min(before.valid_until or begins, begins)
        before.revision += 1
    row.status, row.published_at = "published", at
    row.revision += 1
    await session.flush()
    await outbox.record(session, _event(row))
    await wake_at(session, ADVICE, row.process, at)
    return row


async def _require_publishable(
    session: Session, row: tables.Promise, earlier: Sequence[tables.Promise], floor: float
) -> None:
    findings = smart.findings(_smart_draft(row, Fraction(str(floor))))
    faults = [field_error(finding.fault) for finding in findings]
    faults += _order_faults(row, earlier)
    letters = list(dict.fromkeys(finding.letter.value for finding in findings))
    path = await _path(session, row)
    if faults or path.faults:
        told = {"failed_letters": letters, "critical_path": path.misfits}
        raise Problem(VALIDATION_FAILED, errors=[*faults, *path.faults], extensions=told)


async def _path(session: Session, row: tables.Promise) -> PathCheck:
    """Of a promise with both limits; the letters tell of one that is missing.

    What a department promises for its legs stands beside the node's promise, not on the path.
    """
    if row.department or not row.commitment_seconds or not row.tolerance_seconds:
        return PathCheck()
    promise = queries.as_promise(row)
    if row.node is not None:
        return await check_node_promise(session, promise)
    return await check_path(session, promise)


def _event(row: tables.Promise) -> PromisePublished:
    said = row.model_dump(
        include=set(PromisePublished.model_fields) & set(tables.Promise.model_fields)
    )
    return PromisePublished.model_validate({**said, "promise_id": row.id, "promise": row.code})


async def _binds_from(session: Session, row: tables.Promise, at: datetime) -> datetime:
    """Its beginning, but behind every run that has started and would bind it instead."""
    await started.hold_processes(session, [row.process])
    known = {p.id: p for p in await queries.published_promises(session, row.process)}
    promise = queries.as_promise(row)
    starts = [
        started_at
        for promise_id, started_at in await started.bound_starts(session, row, at)
        if takes_over(promise, known.get(promise_id or ""))
    ]
    return takes_effect(promise.valid_from, max(starts, default=None))


async def withdraw_promise(session: Session, promise_id: str) -> tables.Promise:
    """Give up a draft, so that another can be made; 409 for a published version."""
    row = await queries.promise(session, promise_id, lock=True)
    if row.status == "published":
        raise _settled(row)
    if row.status == "draft":
        row.status = "withdrawn"
        row.revision += 1
    return row


def _plain(new: schemas.NewPromise) -> dict[str, Any]:
    nested = {"customer_agreement", "compensation"}
    return {
        **new.model_dump(exclude=nested),
        **new.model_dump(mode="json", include=nested),
        "tolerance_calendar": new.tolerance_calendar or new.calendar,
    }


async def _faults(
    session: Session, new: schemas.NewPromise, earlier: Sequence[tables.Promise]
) -> list[FieldError]:
    return [
        *_contradictions(new, earlier),
        *await _unknown_references(session, new),
        *await _service_faults(session, new),
    ]


def _contradictions(new: schemas.NewPromise, earlier: Sequence[tables.Promise]) -> list[FieldError]:
    faults: list[FieldError] = []
    commitment, tolerance = new.commitment_seconds, new.tolerance_seconds
    if commitment is not None and tolerance is not None and tolerance < commitment:
        zh, en = "忍耐时限不得短于承诺时限。", "The tolerance is below the commitment."
        faults.append(at_pointer("/tolerance_seconds", "tolerance_below_commitment", zh, en))
    if new.valid_from and new.valid_until and new.valid_until <= new.valid_from:
        zh, en = "有效期的终点须晚于起点。", "The validity ends before it begins."
        faults.append(at_pointer("/valid_until", "validity_backwards", zh, en))
    if new.department and new.node is None:
        zh, en = "部门的承诺须针对节点。", "What a department promises is about a node."
        faults.append(at_pointer("/node", "missing", zh, en))
    if new.department and new.compensation:
        zh, en = "内部承诺不产生补偿。", "A promise inside owes no customer a compensation."
        faults.append(at_pointer("/compensation", "not_of_departments", zh, en))
    for name in ("process", "node", "department"):
        if earlier and getattr(new, name) != (known := getattr(earlier[-1], name)):
            zh = f"该承诺此前的版本针对 {known}，不可更改。"
            en = f"Earlier versions of this promise are about {known}; that cannot change."
            faults.append(at_pointer(f"/{name}", "fixed", zh, en))
    return faults


async def _unknown_references(session: Session, new: schemas.NewPromise) -> list[FieldError]:
    faults: list[FieldError] = []
    process = await definitions.find_newest(session, tables.ProcessVersion, new.process)
    nodes = {node["code"] for node in process.definition["nodes"]} if process else set()
    if process is None:
        faults.append(_unknown("/process", "流程", "process", new.process))
    elif new.node is not None and new.node not in nodes:
        faults.append(_unknown("/node", "节点", "node", new.node))
    for field in ("calendar", "tolerance_calendar"):
        code = getattr(new, field)
        if code and not await definitions.find_newest(session, tables.CalendarVersion, code):
            faults.append(_unknown(f"/{field}", "日历", "calendar", code))
    return faults


async def _service_faults(session: Session, new: schemas.NewPromise) -> list[FieldError]:
    """The service and the agreement that it names, and whether they go together."""
    faults: list[FieldError] = []
    service = await agreements.find_service(session, new.service) if new.service else None
    if new.service and service is None:
        faults.append(_unknown("/service", "服务", "service", new.service))
    if service and new.segment and new.segment not in service.segments:
        zh = f"服务 {service.code} 不面向客户群 {new.segment}。"
        en = f"The service {service.code} is not offered to {new.segment}."
        faults.append(at_pointer("/segment", "segment_not_served", zh, en))
    named = await agreements.versions(session, new.agreement) if new.agreement else []
    if new.agreement and not named:
        faults.append(_unknown("/agreement", "协议", "agreement", new.agreement))
    if named and new.service and named[-1].service != new.service:
        zh = f"协议 {new.agreement} 针对的是服务 {named[-1].service}。"
        en = f"The agreement {new.agreement} is about the service {named[-1].service}."
        faults.append(at_pointer("/agreement", "other_service", zh, en))
    return faults


def _order_faults(row: tables.Promise, earlier: Sequence[tables.Promise]) -> list[FieldError]:
    if not earlier or not row.valid_from or not earlier[-1].valid_from:
        return []
    before = earlier[-1].valid_from
    if row.valid_from >= before:
        return []
    zh = f"新版本的生效时间不得早于上一版本的 {before.isoformat()}。"
    en = f"The version before this one begins at {before.isoformat()}, which is later."
    return [at_pointer("/valid_from", "before_older_version", zh, en)]


async def _shown_expectation(
    session: Session, row: tables.Promise, at: datetime, floor: float
) -> dict[str, Any] | None:
    """What recent runs tell of these limits; None while a limit is missing."""
    if row.commitment_seconds is None or row.tolerance_seconds is None:
        return None
    calendars = await definitions.calendars(session)
    begins = row.valid_from or at
    expectation = Expectation.of(
        await queries.recent_runs(session, row, RECENT_RUNS),
        Limits(
            timedelta(seconds=row.commitment_seconds),
            calendars[calendars.in_force(row.calendar, begins)],
            timedelta(seconds=row.tolerance_seconds),
            calendars[calendars.in_force(row.tolerance_calendar, begins)],
        ),
    )
    rate = expectation.attainment_rate
    shown = schemas.ExpectedAttainment(
        **asdict(expectation), attainment_rate=None if rate is None else float(rate), floor=floor
    )
    return shown.model_dump(mode="json")


def _smart_draft(row: tables.Promise, floor: Fraction) -> smart.Draft:
    expected = row.expected_attainment
    return smart.Draft(
        segment=row.segment,
        commitment=_duration(row.commitment_seconds),
        tolerance=_duration(row.tolerance_seconds),
        customer_agreed=row.customer_agreement is not None,
        expected=Fraction(expected["within_commitment"], expected["runs"])
        if expected and expected["runs"]
        else None,
        floor=floor,
        below_floor_reason=row.below_floor_reason,
        objective=row.objective,
        no_objective_reason=row.no_objective_reason,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
    )


def _duration(seconds: int | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)


def _draft_open(draft: tables.Promise) -> Problem:
    return taken(
        f"承诺 {draft.code} 已有未发布的草案 {draft.id}。",
        f"A draft of the promise {draft.code} is open: {draft.id}.",
    )


def _published(versions: Sequence[tables.Promise]) -> Sequence[tables.Promise]:
    return [version for version in versions if version.status == "published"]


def _settled(row: tables.Promise) -> Problem:
    zh = f"{row.code} 的第 {row.version} 版已不是草案，不可更改；请起草新版本。"
    en = f"Version {row.version} of {row.code} is {row.status} and stays; draft the next version."
    return Problem(CONFLICT, {"zh": zh, "en": en})
