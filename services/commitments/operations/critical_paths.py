"""The critical path of the node promises (OLA, UC) has to fit into the promise made end to end."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from services.commitments.domain.calendars import Calendars
from services.commitments.domain.critical_path import Arrangement, Break, breaks
from services.commitments.domain.process import Process
from services.commitments.domain.promise import Promise
from services.commitments.queries import definitions
from services.commitments.queries.promises import (
    ends_to_end_after,
    published_promises,
)
from shared import outbox
from shared.contracts.service_levels import CriticalPathBroken
from shared.problems import FieldError, at_pointer
from shared.store import Session

CRITICAL_PATHS = "critical paths"
"""Over what publications take turns: two that fit one by one may not fit together."""

_LIMITS = {
    "commitment": ("/commitment_seconds", "承诺时限"),
    "tolerance": ("/tolerance_seconds", "忍耐时限"),
}

Found = tuple[Promise, Break]
"""A promise made end to end, and where its path does not fit."""


@dataclass(frozen=True, slots=True)
class PathCheck:
    """What is wrong, as faults of what is published, and as plain data that names the nodes."""

    faults: list[FieldError] = field(default_factory=list)
    misfits: list[dict[str, Any]] = field(default_factory=list)


async def check_path(session: Session, whole: Promise) -> PathCheck:
    """Whether the node promises in force fit into `whole`."""
    found = await _broken([whole], await _arranged(session, whole.process))
    return PathCheck([_fault(b, _LIMITS[b.limit][0]) for _, b in found], _misfits(found))


async def check_paths(session: Session, wholes: Sequence[Promise]) -> PathCheck:
    """The same for several promises that are in force; pointers go to `/promises/<code>`."""
    found: list[Found] = []
    for whole in wholes:
        found += await _broken([whole], await _arranged(session, whole.process))
    faults = [_fault(b, f"/promises/{w.code}{_LIMITS[b.limit][0]}") for w, b in found]
    return PathCheck(faults, _misfits(found))


async def check_node_promise(session: Session, promise: Promise) -> PathCheck:
    """Whether the promises made end to end still hold with this promise for a node in force.

    What did not fit before is no fault of this promise, unless it fits less with it.
    """
    wholes = await ends_to_end_after(session, promise.process, promise.valid_from)
    if not wholes:
        return PathCheck()
    before = await _arranged(session, promise.process)
    now = replace(before, promises=_succeeded(before.promises, promise))
    found = await _broken(wholes, now, before, promise.valid_from)
    faults = [_fault(broken, _LIMITS[broken.limit][0], whole) for whole, broken in found]
    return PathCheck(faults, _misfits(found))


async def check_process_version(
    session: Session, process: Process, valid_from: datetime
) -> PathCheck:
    """Whether the promises made end to end still hold with this version of their process."""
    wholes = await ends_to_end_after(session, process.code, valid_from)
    if not wholes:
        return PathCheck()
    before = await _arranged(session, process.code)
    processes = before.processes.followed_by(valid_from, process)
    found = await _broken(wholes, replace(before, processes=processes), before, valid_from)
    return PathCheck([_fault(broken, "/nodes", whole) for whole, broken in found], _misfits(found))


async def tell_broken_paths(
    session: Session, calendar: str, before: Calendars, at: datetime
) -> None:
    """Tell of every promise made end to end that no longer holds now that a calendar changed.

    A calendar says when people work, so that it changes all the same.
    """
    calendars = await definitions.calendars(session)
    for process in await definitions.process_codes(session):
        wholes = await ends_to_end_after(session, process, at)
        promises = await published_promises(session, process)
        if not wholes or not any(_counts_in(promise, calendar) for promise in promises):
            continue
        processes = await definitions.processes(session, process)
        now = Arrangement(processes, promises, calendars)
        found = await _broken(wholes, now, replace(now, calendars=before), at)
        await outbox.record(session, *(_event(w, b, calendar, at) for w, b in found))


async def standing_paths(
    session: Session, wholes: Sequence[Promise], at: datetime
) -> Sequence[tuple[Promise, list[dict[str, Any]]]]:
    """Each of these promises, and where its path does not fit for cases that start from `at` on."""
    arranged = {p: await _arranged(session, p) for p in {whole.process for whole in wholes}}
    found = [await _broken([whole], arranged[whole.process], since=at) for whole in wholes]
    return [(whole, _misfits(broken)) for whole, broken in zip(wholes, found, strict=True)]


def _counts_in(promise: Promise, calendar: str) -> bool:
    return calendar in (promise.commitment_calendar, promise.tolerance_calendar)


async def _arranged(session: Session, process: str) -> Arrangement:
    return Arrangement(
        await definitions.processes(session, process),
        await published_promises(session, process),
        await definitions.calendars(session),
    )


async def _broken(
    wholes: Iterable[Promise],
    now: Arrangement,
    before: Arrangement | None = None,
    since: datetime | None = None,
) -> list[Found]:
    def found() -> list[Found]:
        return [(whole, each) for whole in wholes for each in breaks(now, whole, before, since)]

    return await asyncio.to_thread(found)


def _succeeded(promises: Iterable[Promise], by: Promise) -> Sequence[Promise]:
    """These promises with the next version of one, which ends the version before it."""
    ended = [
        replace(p, valid_until=min(p.valid_until or by.valid_from, by.valid_from))
        if p.code == by.code
        else p
        for p in promises
    ]
    return [*ended, by]


def _fault(broken: Break, pointer: str, whole: Promise | None = None) -> FieldError:
    limit = _LIMITS[broken.limit][1]
    whom_zh = f"优先级 {broken.priority} 的" if broken.priority else ""
    whom_en = f"For priority {broken.priority} the" if broken.priority else "The"
    of_zh = f" {whole.code} 的" if whole else ""
    of_en = f" of {whole.code}" if whole else ""
    path = " → ".join(broken.path)
    zh = f"{whom_zh}关键路径 {path} 比端到端承诺{of_zh}{limit}长 {broken.excess}。"
    en = f"{whom_en} critical path {path} is {broken.excess} longer than the {broken.limit}{of_en}."
    return at_pointer(pointer, "critical_path_too_long", zh, en)


def _misfits(found: Iterable[Found]) -> list[dict[str, Any]]:
    return [
        {
            "promise": whole.code,
            "limit": broken.limit,
            "nodes": list(broken.path),
            "node_promises": list(broken.promises),
            "segment": broken.segment,
            "priority": broken.priority,
            "at": broken.at.isoformat(),
            "excess_seconds": broken.excess.total_seconds(),
        }
        for whole, broken in found
    ]


def _event(whole: Promise, broken: Break, calendar: str, at: datetime) -> CriticalPathBroken:
    return CriticalPathBroken(
        promise_id=whole.id,
        promise=whole.code,
        version=whole.version,
        process=whole.process,
        calendar=calendar,
        limit="commitment" if broken.limit == "commitment" else "tolerance",
        nodes=list(broken.path),
        segment=broken.segment,
        priority=broken.priority,
        since=broken.at,
        excess_seconds=broken.excess.total_seconds(),
        at=at,
        revision=whole.version,
    )
