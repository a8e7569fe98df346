"""Processes have a place in the process map, and a rating that shows which few matter."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from fractions import Fraction
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from services.commitments import tables
from services.commitments.domain.offices import PLANNING
from services.commitments.domain.process_map import LEVELS, Ranked, Rated, place_fault, ranked
from services.commitments.operations.appointments import governance_of
from services.commitments.operations.authority import require_office
from services.commitments.operations.history import Act, Revision, keep_change
from services.commitments.operations.turns import take_turns
from services.commitments.operations.units import department_code
from services.commitments.queries import definitions, people
from services.commitments.schemas import process_map as schemas
from shared.http import require_match
from shared.problems import at_pointer, invalid
from shared.schemas import Bilingual
from shared.store import Session

_PLACE_FAULTS = {
    "level_missing": (
        "/level",
        "有上级或下级的流程须有层级。",
        "Its place in the map needs a level.",
    ),
    "top_has_parent": ("/parent", "一级流程没有上级。", "A process of level 1 has no parent."),
    "parent_elsewhere": (
        "/parent",
        "上级须是高一级的流程。",
        "The parent is a process of the level above.",
    ),
    "children_elsewhere": (
        "/level",
        "其下级流程不在下一层级。",
        "The processes under it are not of the level below.",
    ),
}


async def change_process_governance(
    session: Session,
    process: str,
    change: schemas.ProcessGovernanceChange,
    if_match: str | None,
    act: Act,
) -> schemas.ProcessGovernance:
    """Place a process in the map, name its department, rate what it matters."""
    act = await require_office(session, act, PLANNING)
    await take_turns(session, "process map")
    row = await governance_of(session, process, act)
    require_match(if_match, row.revision)
    given = change.model_dump(mode="json", exclude_unset=True)
    if given.get("department") is not None:
        given["department"] = await department_code(session, given["department"])
    if "rating" in given:
        rating = given["rating"] or {}
        given["rating"] = {name: value for name, value in rating.items() if value is not None}
    with session.no_autoflush:
        for name, value in given.items():
            setattr(row, name, value)
        await _check_place(session, row)
    row.revision += 1
    shown = _shown(process, row)
    revision = Revision("process_governance", process, row.revision)
    body = shown.model_dump(mode="json")
    await keep_change(session, revision, "change_process_governance", body, act)
    return shown


async def process_governance(session: Session, process: str) -> schemas.ProcessGovernance:
    """What governance says of a process; raises a 404 problem when it is not defined."""
    await definitions.newest(session, tables.ProcessVersion, process)
    key = (session.info["tenant"], process)
    return _shown(process, await session.get(tables.ProcessGovernance, key))


async def process_map(session: Session, at: datetime) -> schemas.ProcessMap:
    """All processes, each under its parent, with the vital few of every level marked."""
    names = await _names(session)
    rows = await _rows(session)
    of_level = {level: [r for r in rows.values() if r.level == level] for level in LEVELS}
    figures = {r.process: r for level in LEVELS for r in _ranked(of_level[level])}
    owners = {a.of: a.person for a in await people.appointments(session, "owner", list(names), at)}

    def placed(row: tables.ProcessGovernance) -> schemas.MappedProcess:
        figure = figures[row.process]
        children = [r for r in rows.values() if r.parent == row.process]
        return schemas.MappedProcess(
            process=row.process,
            name=names[row.process],
            level=row.level,
            department=row.department,
            owner=owners.get(row.process),
            weight=str(figure.weight),
            is_core=figure.is_vital,
            children=[placed(child) for child in children],
        )

    unplaced = [code for code in names if code not in rows or rows[code].level is None]
    return schemas.ProcessMap(items=[placed(row) for row in of_level[1]], unplaced=unplaced)


async def process_pareto(session: Session, level: int, share: Fraction) -> schemas.ParetoView:
    """The processes of a level in the order of what they matter."""
    names = await _names(session)
    rows = [row for row in (await _rows(session)).values() if row.level == level]
    items = [
        schemas.RankedProcess(
            process=each.process,
            name=names[each.process],
            weight=str(each.weight),
            share=float(each.weight),
            cumulative_share=float(each.cumulative),
            is_core=each.is_vital,
        )
        for each in _ranked(rows, share)
    ]
    return schemas.ParetoView(level=level, vital_share=float(share), items=items)


def _ranked(
    rows: Sequence[tables.ProcessGovernance], share: Fraction = Fraction(4, 5)
) -> list[Ranked]:
    rated = [
        Rated(row.process, {name: Fraction(value) for name, value in row.rating.items()})
        for row in rows
    ]
    return ranked(rated, share)


def _shown(process: str, row: tables.ProcessGovernance | None) -> schemas.ProcessGovernance:
    return schemas.ProcessGovernance(
        process=process,
        level=row.level if row else None,
        parent=row.parent if row else None,
        department=row.department if row else None,
        rating=schemas.CoreRating.model_validate(row.rating if row else {}),
        revision=row.revision if row else 0,
    )


async def _check_place(session: Session, row: tables.ProcessGovernance) -> None:
    rows = await _rows(session)
    parent = rows.get(row.parent) if row.parent else None
    if row.parent and (parent is None or parent.level is None):
        zh, en = f"流程地图中没有 {row.parent}。", f"{row.parent} has no place in the process map."
        raise invalid(at_pointer("/parent", "unknown_reference", zh, en))
    children = [r.level or 0 for r in rows.values() if r.parent == row.process]
    code = place_fault(row.level, parent.level if parent else None, children)
    if code:
        pointer, zh, en = _PLACE_FAULTS[code]
        raise invalid(at_pointer(pointer, code, zh, en))


async def _rows(session: Session) -> Mapping[str, tables.ProcessGovernance]:
    """The governance of all processes, by code."""
    query = select(tables.ProcessGovernance).order_by(col(tables.ProcessGovernance.process))
    return {row.process: row for row in (await session.scalars(query)).all()}


async def _names(session: Session) -> dict[str, Bilingual]:
    rows: list[Any] = []
    cursor: str | None = None
    while True:
        page, cursor = await definitions.listed(session, tables.ProcessVersion, 500, cursor)
        rows += page
        if cursor is None:
            return {row.code: Bilingual.model_validate(row.name) for row in rows}
