"""People, positions and departments are added and changed here; every fault is listed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from services.commitments import tables
from services.commitments.domain.deputies import ring
from services.commitments.operations.appointments import appoint
from services.commitments.operations.history import Act, Revision, keep_change
from services.commitments.operations.ownership import hold_owners, recheck_owners
from services.commitments.operations.turns import take_turns
from services.commitments.operations.units import check_person, department_code
from services.commitments.queries import people as queries
from services.commitments.schemas import people as schemas
from shared.http import require_match
from shared.ids import new_id
from shared.problems import CONFLICT, FieldError, Problem, at_pointer, invalid
from shared.store import Session, core

Unit = tables.Department | tables.Position

_NULLABLE = {"subject", "deputy", "head_person", "head_position", "administrator"}


async def add_person(session: Session, new: schemas.NewPerson, act: Act) -> tables.Person:
    """Add a person; raises a problem when the deputy or the subject cannot be theirs."""
    row = tables.Person(
        id=new_id("per"),
        tenant=session.info["tenant"],
        active=True,
        revision=1,
        created_at=act.at,
        **new.model_dump(mode="json"),
    )
    await _check_person(session, row)
    session.add(row)
    await _keep_person(session, row, "add_person", act)
    return row


async def change_person(
    session: Session,
    person_id: str,
    change: schemas.PersonChange,
    if_match: str | None,
    act: Act,
) -> tables.Person:
    """Change a person; a deputy whose own deputies lead back to the person is refused."""
    await take_turns(session, "deputies")
    await hold_owners(session)
    row = await queries.person(session, person_id, lock=True)
    require_match(if_match, row.revision)
    if row.erased_at is not None:
        raise Problem(CONFLICT, {"zh": "此人已被删除。", "en": "This person was erased."})
    for name, value in _given(change).items():
        setattr(row, name, value)
    with session.no_autoflush:
        await _check_person(session, row)
    row.revision += 1
    await _keep_person(session, row, "change_person", act)
    await recheck_owners(session, act.at)
    return row


async def add_department(
    session: Session, new: schemas.NewDepartment, act: Act
) -> schemas.Department:
    """Add a department under names that no other has."""
    await hold_owners(session)
    row = tables.Department(
        tenant=session.info["tenant"],
        code=new.code,
        name=new.name.model_dump(),
        revision=1,
        created_at=act.at,
    )
    await _name(session, row, new.aliases, fresh=True)
    session.add(row)
    given = new.model_dump(include={"head_person", "head_position", "administrator"})
    named = {k: v for k, v in given.items() if v is not None}
    await _appoint_heads(session, row, named, act, new.since)
    shown = await _keep_department(session, row, "add_department", act)
    await recheck_owners(session, act.at)
    return shown


async def change_department(
    session: Session,
    name: str,
    change: schemas.DepartmentChange,
    if_match: str | None,
    act: Act,
) -> schemas.Department:
    """Rename a department, or appoint its head or administrator."""
    await hold_owners(session)
    row = await queries.unit(session, tables.Department, name, lock=True)
    require_match(if_match, row.revision)
    given = _given(change)
    if "name" in given:
        row.name = given.pop("name")
    if "aliases" in given:
        await _name(session, row, given.pop("aliases"))
    await _appoint_heads(session, row, given, act, change.since)
    row.revision += 1
    shown = await _keep_department(session, row, "change_department", act)
    await recheck_owners(session, act.at)
    return shown


async def add_position(session: Session, new: schemas.NewPosition, act: Act) -> schemas.Position:
    """Add a position to a department under names that no other has."""
    row = tables.Position(
        tenant=session.info["tenant"],
        code=new.code,
        name=new.name.model_dump(),
        department=await department_code(session, new.department),
        revision=1,
        created_at=act.at,
    )
    await _name(session, row, new.aliases, fresh=True)
    session.add(row)
    return await _keep_position(session, row, "add_position", act)


async def change_position(
    session: Session, name: str, change: schemas.PositionChange, if_match: str | None, act: Act
) -> schemas.Position:
    """Rename a position or move it to another department."""
    await hold_owners(session)
    row = await queries.unit(session, tables.Position, name, lock=True)
    require_match(if_match, row.revision)
    given = _given(change)
    if "name" in given:
        row.name = given["name"]
    if "department" in given:
        row.department = await department_code(session, given["department"])
    if "aliases" in given:
        await _name(session, row, given["aliases"])
    row.revision += 1
    shown = await _keep_position(session, row, "change_position", act)
    await recheck_owners(session, act.at)
    return shown


async def shown_departments(
    session: Session, rows: Sequence[tables.Department], at: datetime
) -> list[schemas.Department]:
    """Departments with their aliases, and who was in their offices at that instant."""
    codes = [row.code for row in rows]
    aliases = await queries.aliases(session, tables.Department, codes)
    heads = {a.of: a for a in await queries.appointments(session, "head", codes, at)}
    admins = {a.of: a for a in await queries.appointments(session, "administrator", codes, at)}
    return [
        schemas.Department(
            **row.model_dump(exclude={"tenant"}),
            aliases=aliases[row.code],
            head_person=heads[row.code].person if row.code in heads else None,
            head_position=heads[row.code].position if row.code in heads else None,
            administrator=admins[row.code].person if row.code in admins else None,
        )
        for row in rows
    ]


async def shown_positions(
    session: Session, rows: Sequence[tables.Position]
) -> list[schemas.Position]:
    """Positions with their aliases."""
    aliases = await queries.aliases(session, tables.Position, [row.code for row in rows])
    return [
        schemas.Position(**row.model_dump(exclude={"tenant"}), aliases=aliases[row.code])
        for row in rows
    ]


def _given(change: BaseModel) -> dict[str, Any]:
    """What the caller named; null counts only where it removes something."""
    plain = change.model_dump(mode="json", exclude_unset=True)
    return {k: v for k, v in plain.items() if v is not None or k in _NULLABLE}


async def _check_person(session: Session, row: tables.Person) -> None:
    faults: list[FieldError] = []
    if row.subject is not None:
        known = await queries.person_of(session, row.subject)
        if known is not None and known.id != row.id:
            zh, en = (
                f"主体 {row.subject} 已属于他人。",
                f"{row.subject} is somebody else's subject.",
            )
            faults.append(at_pointer("/subject", "taken", zh, en))
    if row.deputy is not None:
        faults += await _deputy_faults(session, row, row.deputy)
    if faults:
        raise invalid(*faults)


async def _deputy_faults(session: Session, row: tables.Person, deputy: str) -> list[FieldError]:
    if await queries.find_person(session, deputy) is None and deputy != row.id:
        return [check_person("/deputy", deputy)]
    query = select(col(tables.Person.id), col(tables.Person.deputy))
    deputies = {r.id: r.deputy for r in (await session.execute(query)).all()}
    loop = ring(row.id, deputy, deputies)
    if not loop:
        return []
    said = " → ".join([*loop, row.id])
    zh, en = f"代理关系成环：{said}。", f"The deputies form a loop: {said}."
    return [at_pointer("/deputy", "deputy_loop", zh, en)]


async def _name(
    session: Session, row: Unit, aliases: Sequence[str], *, fresh: bool = False
) -> None:
    """Make these the names of a unit; raises a problem listing every name that another has."""
    kind = str(row.__tablename__)
    wanted = {row.code: "/code"}
    wanted |= {a: f"/aliases/{n}" for n, a in enumerate(aliases) if a not in wanted}
    names = core(tables.UnitName)
    if not fresh:
        mine = (names.c.kind == kind) & (names.c.code == row.code)
        await session.execute(delete(tables.UnitName).where(mine))
    values = [
        {"tenant": row.tenant, "kind": kind, "name": name, "code": row.code}
        for name in sorted(wanted)
    ]
    added = insert(names).on_conflict_do_nothing().returning(names.c.name)
    done = {r.name for r in (await session.execute(added, values)).all()}
    taken = [name for name in wanted if name not in done]
    if taken:
        faults = [
            at_pointer(wanted[n], "taken", f"名称 {n} 已被使用。", f"The name {n} is taken.")
            for n in taken
        ]
        raise Problem(CONFLICT, faults[0].detail, faults)


async def _appoint_heads(
    session: Session,
    row: tables.Department,
    given: dict[str, Any],
    act: Act,
    since: datetime | None,
) -> None:
    head = {k: given[k] for k in ("head_person", "head_position") if k in given}
    if sum(value is not None for value in head.values()) > 1:
        zh, en = "部门负责人只能是一人或一个岗位。", "A head is a person or a position, not both."
        raise invalid(at_pointer("/head_position", "two_heads", zh, en))
    await session.flush()
    if head:
        who = (head.get("head_person"), head.get("head_position"))
        fields = {"person": "/head_person", "position": "/head_position"}
        await appoint(session, ("head", row.code), who, fields, act, since)
    if "administrator" in given:
        who = (given["administrator"], None)
        await appoint(
            session, ("administrator", row.code), who, {"person": "/administrator"}, act, since
        )


async def _keep_person(session: Session, row: tables.Person, operation: str, act: Act) -> None:
    body = schemas.Person.model_validate(row).model_dump(mode="json")
    await keep_change(session, Revision("person", row.id, row.revision), operation, body, act)


async def _keep_department(
    session: Session, row: tables.Department, operation: str, act: Act
) -> schemas.Department:
    await session.flush()
    (shown,) = await shown_departments(session, [row], act.at)
    revision = Revision("department", row.code, row.revision)
    await keep_change(session, revision, operation, shown.model_dump(mode="json"), act)
    return shown


async def _keep_position(
    session: Session, row: tables.Position, operation: str, act: Act
) -> schemas.Position:
    await session.flush()
    (shown,) = await shown_positions(session, [row])
    revision = Revision("position", row.code, row.revision)
    await keep_change(session, revision, operation, shown.model_dump(mode="json"), act)
    return shown
