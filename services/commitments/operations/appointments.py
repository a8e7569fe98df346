"""People are appointed to offices: they hold positions, head departments, own processes."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.dialects.postgresql import insert

from services.commitments import tables
from services.commitments.domain.offices import PLANNING
from services.commitments.domain.ownership import Held
from services.commitments.operations.authority import require_office
from services.commitments.operations.deadlines import note_month_end
from services.commitments.operations.governance_events import tell_of_owner
from services.commitments.operations.history import Act, Revision, keep_change
from services.commitments.operations.ownership import conflicts_of, hold_owners, recheck_owners
from services.commitments.operations.units import check_person, position_code
from services.commitments.queries import definitions
from services.commitments.queries import people as queries
from services.commitments.schemas import people as schemas
from shared.http import require_match
from shared.ids import new_id
from shared.problems import CONFLICT, FieldError, Problem, Text, at_pointer, invalid, not_found
from shared.store import Session, core

Office = tuple[str, str]
"""What the office is (`head`), and of what (the code of a department)."""


async def appoint(
    session: Session,
    office: Office,
    who: tuple[str | None, str | None],
    pointers: Mapping[str, str],
    act: Act,
    since: datetime | None = None,
) -> None:
    """Give an office that one holds at a time to a person or a position; both None leaves it empty.

    The one before serves until then. Raises a problem that names the field at fault.
    """
    person, position = who
    if person is not None and await queries.find_person(session, person) is None:
        raise invalid(check_person(pointers["person"], person))
    if position is not None:
        position = await position_code(session, position, pointers["position"])
    start = since or act.at
    before = await queries.standing(session, *office)
    if before is not None:
        if (before.person, before.position) == (person, position) and since is None:
            return
        if before.since > start:
            raise _too_early(before.since)
        before.until = start
        await session.flush()
    if person is None and position is None:
        return
    session.add(_appointment(session, office, (person, position), (start, None), act))
    await session.flush()


async def add_holder(
    session: Session, name: str, new: schemas.NewHolder, act: Act
) -> tables.Appointment:
    """Let a person hold a position, from now unless told otherwise; others may hold it as well."""
    await hold_owners(session)
    row = await queries.unit(session, tables.Position, name, lock=True)
    if await queries.find_person(session, new.person) is None:
        raise invalid(check_person("/person", new.person))
    since = new.since or act.at
    if new.until is not None and new.until <= since:
        raise invalid(_backwards())
    for other in await queries.appointments(session, "holder", [row.code]):
        if other.person == new.person and _overlap(other, since, new.until):
            zh, en = "此人在该时段已担任此岗位。", "The person holds this position at that time."
            raise Problem(CONFLICT, {"zh": zh, "en": en}, [at_pointer("/since", "overlap", zh, en)])
    made = _appointment(session, ("holder", row.code), (new.person, None), (since, new.until), act)
    session.add(made)
    row.revision += 1
    await _keep_holders(session, row, "add_holder", act)
    await recheck_owners(session, act.at)
    return made


async def end_holder(
    session: Session, name: str, appointment_id: str, end: schemas.HolderEnd, act: Act
) -> tables.Appointment:
    """Let a person leave a position, now unless told otherwise."""
    await hold_owners(session)
    row = await queries.unit(session, tables.Position, name, lock=True)
    held = await queries.appointments(session, "holder", [row.code])
    made = next((a for a in held if a.id == appointment_id), None)
    if made is None:
        raise not_found({"zh": "任命", "en": "appointment"}, appointment_id)
    until = end.until or act.at
    if until < made.since:
        raise invalid(_backwards())
    made.until = until
    row.revision += 1
    await _keep_holders(session, row, "end_holder", act)
    await recheck_owners(session, act.at)
    return made


async def change_process_roles(
    session: Session, process: str, new: schemas.NewProcessRoles, if_match: str | None, act: Act
) -> schemas.ProcessRoles:
    """Appoint the one owner of a process, and its supervisor."""
    act = await require_office(session, act, PLANNING)
    await hold_owners(session)
    row = await governance_of(session, process, act)
    require_match(if_match, row.roles_revision)
    await _check_roles(session, process, new, act)
    before = await queries.standing(session, "owner", process)
    for office, person in (("owner", new.owner), ("supervisor", new.supervisor)):
        pointer = {"person": f"/{office}"}
        await appoint(session, (office, process), (person, None), pointer, act, new.since)
    if new.supervisor is not None:
        await note_month_end(session, act.at)
    row.roles_revision += 1
    revision = Revision("process_roles", process, row.roles_revision)
    body = new.model_dump(mode="json") | {"since": (new.since or act.at).isoformat()}
    if before is None or before.person != new.owner:
        await tell_of_owner(session, row, body, act.at)
    await keep_change(session, revision, "change_process_roles", body, act)
    await recheck_owners(session, act.at)
    return await process_roles(session, process, act.at if new.since is None else new.since)


async def process_roles(session: Session, process: str, at: datetime) -> schemas.ProcessRoles:
    """Who owns and supervises a process at that instant; raises a 404 problem."""
    await definitions.newest(session, tables.ProcessVersion, process)
    row = await session.get(tables.ProcessGovernance, (session.info["tenant"], process))
    settings = await session.get(tables.GovernanceSettings, session.info["tenant"])
    owner = await queries.process_owner(session, process, at)
    supervisor = await queries.process_supervisor(session, process, at)
    return schemas.ProcessRoles(
        process=process,
        at=at,
        owner=holding(owner) if owner else None,
        supervisor=holding(supervisor) if supervisor else None,
        planning_department=settings.planning_department if settings else None,
        revision=row.roles_revision if row else 0,
    )


def holding(found: queries.Holding) -> schemas.Holding:
    """Who holds an office, as it is shown."""
    return schemas.Holding(
        person=schemas.NamedPerson.model_validate(found.person),
        acting=schemas.NamedPerson.model_validate(found.acting) if found.acting else None,
        since=found.since,
        until=found.until,
    )


async def governance_of(session: Session, process: str, act: Act) -> tables.ProcessGovernance:
    """The governance of a process that is defined, locked for a change; raises a 404 problem."""
    await definitions.newest(session, tables.ProcessVersion, process)
    tenant = session.info["tenant"]
    fresh = tables.ProcessGovernance(
        tenant=tenant, process=process, rating={}, revision=0, roles_revision=0, created_at=act.at
    )
    table = core(tables.ProcessGovernance)
    await session.execute(insert(table).values(fresh.model_dump()).on_conflict_do_nothing())
    key = (tenant, process)
    row = await session.get(tables.ProcessGovernance, key, with_for_update=True)
    assert row is not None  # noqa: S101 - inserted above
    return row


async def _check_roles(
    session: Session, process: str, new: schemas.NewProcessRoles, act: Act
) -> None:
    faults: list[FieldError] = []
    owner = await queries.find_person(session, new.owner)
    if owner is None:
        faults.append(check_person("/owner", new.owner))
    else:
        since = max(new.since or act.at, act.at)
        faults += await _owner_faults(session, process, owner, since)
    if new.supervisor is not None and await queries.find_person(session, new.supervisor) is None:
        faults.append(check_person("/supervisor", new.supervisor))
    if new.supervisor == new.owner:
        zh, en = "流程owner不能兼任流程主管。", "The owner stands outside: they cannot supervise."
        faults.append(at_pointer("/supervisor", "owner_inside", zh, en))
    if faults:
        raise invalid(*faults)


async def _owner_faults(
    session: Session, process: str, owner: tables.Person, at: datetime
) -> list[FieldError]:
    """An owner is a senior manager outside the process, from then on (source 003)."""
    owns = Held("owner", process, at, None)
    return [
        at_pointer("/owner", _CODES.get(found.kind, found.kind), found.text.zh, found.text.en)
        for found in await conflicts_of(session, owner, owns, at)
        if found.kind != "supervises"
    ]


_CODES = {"holds_node": "owner_inside", "works_inside": "owner_inside"}


def _appointment(
    session: Session,
    office: Office,
    who: tuple[str | None, str | None],
    period: tuple[datetime, datetime | None],
    act: Act,
) -> tables.Appointment:
    return tables.Appointment(
        id=new_id("apt"),
        tenant=session.info["tenant"],
        office=office[0],
        of=office[1],
        person=who[0],
        position=who[1],
        since=period[0],
        until=period[1],
        appointed_by=act.by,
        created_at=act.at,
    )


async def _keep_holders(session: Session, row: tables.Position, operation: str, act: Act) -> None:
    """Keep the position as it is now, with everybody who has held it."""
    await session.flush()
    held = await queries.appointments(session, "holder", [row.code])
    body = row.model_dump(mode="json", exclude={"tenant"})
    body["holders"] = [
        schemas.Appointment.model_validate(each).model_dump(mode="json") for each in held
    ]
    await keep_change(session, Revision("position", row.code, row.revision), operation, body, act)


def _overlap(held: tables.Appointment, since: datetime, until: datetime | None) -> bool:
    starts_before_end = until is None or held.since < until
    return starts_before_end and (held.until is None or since < held.until)


def _backwards() -> FieldError:
    zh, en = "终点须晚于起点。", "It ends before it begins."
    return at_pointer("/until", "validity_backwards", zh, en)


def _too_early(since: datetime) -> Problem:
    said: Text = {
        "zh": f"现任自 {since.isoformat()} 起任职，继任不得更早。",
        "en": f"The present holder serves since {since.isoformat()}; a successor comes later.",
    }
    return invalid(at_pointer("/since", "before_predecessor", said["zh"], said["en"]))
