"""People, positions and departments, and who is in which office at any instant."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar

from sqlalchemy import or_, select
from sqlmodel import col

from services.commitments.domain.deputies import Absence, Deputised, acting
from services.commitments.tables import (
    Appointment,
    Department,
    GovernanceChange,
    Person,
    Position,
    UnitName,
)
from shared import pages
from shared.problems import Text, not_found
from shared.store import Session

U = TypeVar("U", Department, Position)
R = TypeVar("R", Department, Position, Person)

KINDS: Mapping[type, Text] = {
    Person: {"zh": "人员", "en": "person"},
    Position: {"zh": "岗位", "en": "position"},
    Department: {"zh": "部门", "en": "department"},
}


@dataclass(frozen=True, slots=True)
class Holding:
    """Who is in an office, and who acts for them: themselves, a deputy, or nobody."""

    person: Person
    acting: Person | None
    since: datetime
    until: datetime | None


async def find_person(session: Session, person_id: str, *, lock: bool = False) -> Person | None:
    query = select(Person).where(col(Person.id) == person_id)
    return (await session.scalars(query.with_for_update() if lock else query)).one_or_none()


async def person(session: Session, person_id: str, *, lock: bool = False) -> Person:
    """One person; raises a 404 problem."""
    row = await find_person(session, person_id, lock=lock)
    if row is None:
        raise not_found(KINDS[Person], person_id)
    return row


async def person_of(session: Session, subject: str) -> Person | None:
    """The person whose tokens carry this subject."""
    query = select(Person).where(col(Person.subject) == subject)
    return (await session.scalars(query)).one_or_none()


async def states_of(session: Session, person_id: str) -> Sequence[Mapping[str, Any]]:
    """What a person was after each change that was kept."""
    query = select(col(GovernanceChange.body)).where(
        col(GovernanceChange.kind) == "person", col(GovernanceChange.key) == person_id
    )
    return (await session.scalars(query)).all()


async def held_offices(session: Session, person_id: str, at: datetime) -> Sequence[Appointment]:
    """The offices that a person is in now, or is to take later."""
    until = col(Appointment.until)
    query = select(Appointment).where(
        col(Appointment.person) == person_id, or_(until.is_(None), until > at)
    )
    return (await session.scalars(query.order_by(col(Appointment.since)))).all()


async def find_named(session: Session, name: str) -> Person | None:
    """The person of this id or subject, or the only one of this name."""
    query = select(Person).where(
        or_(col(Person.id) == name, col(Person.subject) == name, col(Person.name) == name)
    )
    found = (await session.scalars(query)).all()
    known = [row for row in found if name in (row.id, row.subject)]
    return known[0] if known else found[0] if len(found) == 1 else None


async def people_named(session: Session, names: Collection[str]) -> Mapping[str, str]:
    """The ids of those of these who are known and active, by the name they are called here."""
    found = {name: await find_named(session, name) for name in set(names)}
    return {name: row.id for name, row in found.items() if row is not None and row.active}


async def find_code(session: Session, table: type[U], name: str) -> str | None:
    """The code of the department or position that is known under this name."""
    query = select(col(UnitName.code)).where(
        col(UnitName.kind) == table.__tablename__, col(UnitName.name) == name
    )
    return (await session.scalars(query)).one_or_none()


async def unit(session: Session, table: type[U], name: str, *, lock: bool = False) -> U:
    """The department or position of this code or alias; raises a 404 problem."""
    code = await find_code(session, table, name)
    if code is None:
        raise not_found(KINDS[table], name)
    query = select(table).where(col(table.code) == code)
    return (await session.scalars(query.with_for_update() if lock else query)).one()


async def aliases(
    session: Session, table: type[U], codes: Collection[str]
) -> Mapping[str, list[str]]:
    """The further names of these departments or positions, by code."""
    query = select(UnitName).where(
        col(UnitName.kind) == table.__tablename__, col(UnitName.code).in_(codes)
    )
    found: dict[str, list[str]] = {code: [] for code in codes}
    for row in (await session.scalars(query.order_by(col(UnitName.name)))).all():
        if row.name != row.code:
            found[row.code].append(row.name)
    return found


async def listed(
    session: Session, table: type[R], limit: int, cursor: str | None, *filters: Any
) -> tuple[list[R], str | None]:
    """One page by id or code."""
    key: Any = Person.id if table is Person else table.code  # type: ignore[attr-defined]
    query = pages.seek(select(table).where(*filters), [col(key)], cursor, descending=False)
    rows = (await session.scalars(query.limit(limit + 1))).all()
    return pages.page(rows, limit, lambda row: [getattr(row, key.key)])


async def appointments(
    session: Session, office: str, of: Collection[str], at: datetime | None = None
) -> Sequence[Appointment]:
    """Appointments to an office of these units, all of them or those in force at an instant."""
    query = select(Appointment).where(
        col(Appointment.office) == office, col(Appointment.of).in_(of)
    )
    if at is not None:
        until = col(Appointment.until)
        query = query.where(col(Appointment.since) <= at, or_(until.is_(None), until > at))
    ordered = query.order_by(col(Appointment.since), col(Appointment.id))
    return (await session.scalars(ordered)).all()


async def standing(session: Session, office: str, of: str) -> Appointment | None:
    """The appointment to this office that has no end yet, locked for its successor."""
    query = select(Appointment).where(
        col(Appointment.office) == office,
        col(Appointment.of) == of,
        col(Appointment.until).is_(None),
    )
    return (await session.scalars(query.with_for_update())).one_or_none()


async def position_holders(session: Session, position: str, at: datetime) -> list[Holding]:
    """Who holds a position, by its code or an alias; nobody when it is not known."""
    code = await find_code(session, Position, position)
    if code is None:
        return []
    return await holdings_of(session, await appointments(session, "holder", [code], at), at)


async def department_heads(session: Session, department: str, at: datetime) -> list[Holding]:
    """Who heads a department, by its code or an alias; nobody when it is not known."""
    return await _of_department(session, "head", department, at)


async def department_administrators(
    session: Session, department: str, at: datetime
) -> list[Holding]:
    """Who administers the processes of a department, by its code or an alias."""
    return await _of_department(session, "administrator", department, at)


async def process_owner(session: Session, process: str, at: datetime) -> Holding | None:
    """Who owns a process, None while nobody has been appointed."""
    return await _of_process(session, "owner", process, at)


async def process_supervisor(session: Session, process: str, at: datetime) -> Holding | None:
    """Who supervises a process, None while nobody has been appointed."""
    return await _of_process(session, "supervisor", process, at)


async def _of_department(
    session: Session, office: str, department: str, at: datetime
) -> list[Holding]:
    code = await find_code(session, Department, department)
    if code is None:
        return []
    found: list[Holding] = []
    for appointment in await appointments(session, office, [code], at):
        if appointment.position is None:
            found += await holdings_of(session, [appointment], at)
        else:
            found += await position_holders(session, appointment.position, at)
    return found


async def _of_process(session: Session, office: str, process: str, at: datetime) -> Holding | None:
    holdings = await holdings_of(session, await appointments(session, office, [process], at), at)
    return holdings[0] if holdings else None


async def holdings_of(
    session: Session, found: Sequence[Appointment], at: datetime
) -> list[Holding]:
    """Who these appointments put into office, and who acts for them."""
    people = await with_deputies(session, [a.person for a in found if a.person])
    plain = {key: deputised(row) for key, row in people.items()}
    holdings: list[Holding] = []
    for appointment in found:
        if appointment.person is not None:
            stands_in = acting(appointment.person, plain, at)
            holdings.append(
                Holding(
                    person=people[appointment.person],
                    acting=people[stands_in] if stands_in else None,
                    since=appointment.since,
                    until=appointment.until,
                )
            )
    return holdings


async def with_deputies(session: Session, ids: Iterable[str]) -> dict[str, Person]:
    """These people and everybody who could stand in for them, however far."""
    chain = select(col(Person.id), col(Person.deputy)).where(col(Person.id).in_(list(ids)))
    tree = chain.cte("chain", recursive=True)
    further = select(col(Person.id), col(Person.deputy)).join(tree, col(Person.id) == tree.c.deputy)
    everybody = tree.union(further)
    query = select(Person).where(col(Person.id).in_(select(everybody.c.id)))
    return {row.id: row for row in (await session.scalars(query)).all()}


def deputised(row: Person) -> Deputised:
    """A person as the domain takes them."""
    days = [(date.fromisoformat(a["first_day"]), date.fromisoformat(a["last_day"]))
            for a in row.absences]  # fmt: skip
    return Deputised(
        id=row.id,
        time_zone=row.time_zone,
        active=row.active,
        deputy=row.deputy,
        absences=[Absence(first, last) for first, last in days],
    )


async def as_holding(session: Session, person_id: str, at: datetime) -> Holding | None:
    """The person, and who acts for them at this instant; None when there is no such person."""
    people = await with_deputies(session, [person_id])
    if person_id not in people:
        return None
    found = acting(person_id, {key: deputised(row) for key, row in people.items()}, at)
    return Holding(people[person_id], people[found] if found else None, at, None)
