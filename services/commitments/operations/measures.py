"""Attainment of the groups whose finished runs have changed is measured again and published."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from services.commitments import tables
from services.commitments.domain.states import State
from services.commitments.queries import attainment as queries
from shared import outbox
from shared.contracts.commitments import AttainmentMeasured
from shared.store import Session, Store, core, enter

BATCH = 500

Group = tuple[str, ...]
"""Process, node, level, department ("" is unknown or none), month."""

_COUNTS = {
    "completed_normal": State.COMPLETED_NORMAL,
    "completed_acceptable": State.COMPLETED_ACCEPTABLE,
    "completed_warning": State.COMPLETED_WARNING,
    "cancelled": State.CANCELLED,
}


async def measure_attainment(store: Store, at: datetime) -> int:
    """Measure what is marked, and publish every measure that is new; how many marks there were."""
    async with store.queue() as session:
        marks = await queries.marked(session, BATCH)
        if not marks:
            return 0
        await session.execute(
            delete(tables.AttainmentMark).where(
                col(tables.AttainmentMark.id).in_([mark.id for mark in marks])
            )
        )
        await enter(session, marks[0].tenant)
        groups = sorted({(m.process, m.node, m.level, m.department, m.month) for m in marks})
        measures = await _locked(session, groups)
        # Counted after the locks, in a statement of its own: whoever else measures one of these
        # groups has committed by now, and this count sees at least what theirs saw.
        counts = await queries.ended_counts(session, groups)
        events = [
            event
            for measure in measures
            if (event := _measured(measure, counts.get(_group(measure), {}), at))
        ]
        await outbox.record(session, *events)
    return len(marks)


async def _locked(session: Session, groups: Sequence[Group]) -> Sequence[tables.AttainmentMeasure]:
    names = ("process", "node", "level", "department", "month")
    blank = {"tenant": session.info["tenant"], "revision": 0, **dict.fromkeys(_COUNTS, 0)}
    rows = [{**blank, **dict(zip(names, group, strict=True))} for group in groups]
    fresh = insert(core(tables.AttainmentMeasure)).on_conflict_do_nothing()
    await session.execute(fresh, rows)
    return await queries.locked_measures(session, groups)


def _measured(
    measure: tables.AttainmentMeasure, counts: Mapping[str, int], at: datetime
) -> AttainmentMeasured | None:
    """The measure brought up to date, and the event that tells so; None when nothing changed."""
    found = {name: counts.get(state, 0) for name, state in _COUNTS.items()}
    if measure.revision and all(getattr(measure, name) == n for name, n in found.items()):
        return None
    for name, n in found.items():
        setattr(measure, name, n)
    measure.revision += 1
    facts = measure.model_dump(exclude={"tenant", "department"})
    return AttainmentMeasured(**facts, department=measure.department or None, measured_at=at)


def _group(measure: tables.AttainmentMeasure) -> Group:
    return (measure.process, measure.node, measure.level, measure.department, measure.month)
