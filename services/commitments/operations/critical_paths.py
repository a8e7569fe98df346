"""The critical path of the node promises (OLA, UC) has to fit into the promise made end to end."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from services.commitments.domain.critical_path import Break, breaks
from services.commitments.domain.promise import Promise
from services.commitments.queries import definitions
from services.commitments.queries.promises import published_promises
from shared.problems import FieldError, at_pointer
from shared.store import Session

_LIMITS = {
    "commitment": ("/commitment_seconds", "承诺时限"),
    "tolerance": ("/tolerance_seconds", "忍耐时限"),
}


@dataclass(frozen=True, slots=True)
class PathCheck:
    """What is wrong, as faults of the promise, and as plain data that names the nodes."""

    faults: list[FieldError] = field(default_factory=list)
    misfits: list[dict[str, Any]] = field(default_factory=list)


async def check_path(session: Session, whole: Promise, below: str = "") -> PathCheck:
    """Whether the node promises in force fit into `whole`; pointers stand below `below`."""
    processes = await definitions.processes(session, whole.process)
    promises = await published_promises(session, whole.process)
    calendars = await definitions.calendars(session)
    found = await asyncio.to_thread(lambda: list(breaks(processes, whole, promises, calendars)))
    return PathCheck(
        [_fault(broken, below) for broken in found],
        [_misfit(broken, whole) for broken in found],
    )


async def check_paths(session: Session, wholes: Sequence[tuple[str, Promise]]) -> PathCheck:
    """The same for several promises, each with the pointer to it."""
    checks = [await check_path(session, whole, below) for below, whole in wholes]
    return PathCheck(
        [fault for check in checks for fault in check.faults],
        [misfit for check in checks for misfit in check.misfits],
    )


def _fault(broken: Break, below: str) -> FieldError:
    pointer, limit = _LIMITS[broken.limit]
    whom_zh = f"优先级 {broken.priority} 的" if broken.priority else ""
    whom_en = f"For priority {broken.priority} the" if broken.priority else "The"
    path = " → ".join(broken.path)
    zh = f"{whom_zh}关键路径 {path} 比端到端{limit}长 {broken.excess}。"
    en = f"{whom_en} critical path {path} is {broken.excess} longer than the {broken.limit}."
    return at_pointer(below + pointer, "critical_path_too_long", zh, en)


def _misfit(broken: Break, whole: Promise) -> dict[str, Any]:
    return {
        "promise": whole.code,
        "limit": broken.limit,
        "nodes": list(broken.path),
        "node_promises": list(broken.promises),
        "priority": broken.priority,
        "at": broken.at.isoformat(),
        "excess_seconds": broken.excess.total_seconds(),
    }
