"""People, positions and departments, and who is in which office."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Query, Response

from services.commitments import tables
from services.commitments.operations import appointments, governance, person_erasure
from services.commitments.operations import people as operations
from services.commitments.queries import history
from services.commitments.queries import people as queries
from services.commitments.routes.acting import Administering, AdministeringChange, Changing
from services.commitments.schemas import people as schemas
from services.commitments.schemas.erasures import NewPersonErasure, PersonErasure
from shared import problems
from shared.http import InTransaction, etag, router
from shared.identity import Role, require
from shared.pages import Cursor, Limit, Page
from shared.problems import documented
from shared.schemas import Moment

routes = router("people")

READERS = [Depends(require())]
OWNERS = [Depends(require(Role.PROCESS_OWNER))]
TAKEN = documented(problems.CONFLICT)
MISSING = documented(problems.NOT_FOUND)
STALE = documented(problems.NOT_FOUND, problems.PRECONDITION_FAILED, problems.PRECONDITION_REQUIRED)
STALE_OR_TAKEN = {**STALE, **TAKEN}

At = Annotated[Moment | None, Query(description="At this instant; now when left out")]


@routes.post("/v1/people", status_code=201, summary="Add a person")
async def add_person(
    body: schemas.NewPerson, session: InTransaction, act: Administering, response: Response
) -> schemas.Person:
    row = await operations.add_person(session, body, act)
    response.headers["etag"] = etag(row.revision)
    return schemas.Person.model_validate(row)


@routes.get("/v1/people", summary="People, with their addresses", dependencies=OWNERS)
async def list_people(
    session: InTransaction, limit: Limit = 50, cursor: Cursor = None
) -> Page[schemas.Person]:
    rows, following = await queries.listed(session, tables.Person, limit, cursor)
    return Page(items=[schemas.Person.model_validate(row) for row in rows], next_cursor=following)


@routes.get("/v1/people/{person_id}", summary="One person", responses=MISSING, dependencies=OWNERS)
async def get_person(person_id: str, session: InTransaction, response: Response) -> schemas.Person:
    row = await queries.person(session, person_id)
    response.headers["etag"] = etag(row.revision)
    return schemas.Person.model_validate(row)


@routes.patch(
    "/v1/people/{person_id}", summary="Change a person, a deputy, absences", responses=STALE
)
async def change_person(
    person_id: str,
    body: schemas.PersonChange,
    session: InTransaction,
    change: AdministeringChange,
) -> schemas.Person:
    row = await operations.change_person(session, person_id, body, change.if_match, change.act)
    change.tag(row.revision)
    return schemas.Person.model_validate(row)


@routes.post(
    "/v1/people/{person_id}/erase",
    summary="Erase a person; their id stands wherever they were named",
    description="Name, addresses, absences, subject and every mention of them go: in histories, "
    "ledgers, alerts, notifications, kept answers and events. What tools told of cases goes with "
    "the erasure of the case. Refused while the person holds an office.",
    responses=STALE_OR_TAKEN,
)
async def forget_person(
    person_id: str, body: NewPersonErasure, session: InTransaction, change: AdministeringChange
) -> PersonErasure:
    row = await person_erasure.forget_person(session, person_id, body, change.if_match, change.act)
    return PersonErasure.model_validate(row)


@routes.get(
    "/v1/people/{person_id}/history",
    summary="Every change of a person",
    responses=MISSING,
    dependencies=OWNERS,
)
async def list_person_changes(
    person_id: str, session: InTransaction, limit: Limit = 50, cursor: Cursor = None
) -> Page[schemas.GovernanceChange]:
    row = await queries.person(session, person_id)
    return await changes_of(session, "person", row.id, limit, cursor)


@routes.post("/v1/departments", status_code=201, summary="Add a department", responses=TAKEN)
async def add_department(
    body: schemas.NewDepartment, session: InTransaction, act: Administering, response: Response
) -> schemas.Department:
    shown = await operations.add_department(session, body, act)
    response.headers["etag"] = etag(shown.revision)
    return shown


@routes.get("/v1/departments", summary="Departments", dependencies=READERS)
async def list_departments(
    session: InTransaction, limit: Limit = 50, cursor: Cursor = None
) -> Page[schemas.Department]:
    rows, following = await queries.listed(session, tables.Department, limit, cursor)
    items = await operations.shown_departments(session, rows, _now())
    return Page(items=items, next_cursor=following)


@routes.get(
    "/v1/departments/{code}",
    summary="One department, by code or alias",
    responses=MISSING,
    dependencies=READERS,
)
async def get_department(
    code: str, session: InTransaction, response: Response
) -> schemas.Department:
    row = await queries.unit(session, tables.Department, code)
    response.headers["etag"] = etag(row.revision)
    (shown,) = await operations.shown_departments(session, [row], _now())
    return shown


@routes.patch(
    "/v1/departments/{code}",
    summary="Rename a department, appoint its head or administrator",
    responses=STALE_OR_TAKEN,
)
async def change_department(
    code: str,
    body: schemas.DepartmentChange,
    session: InTransaction,
    change: AdministeringChange,
) -> schemas.Department:
    shown = await operations.change_department(session, code, body, change.if_match, change.act)
    change.tag(shown.revision)
    return shown


@routes.get(
    "/v1/departments/{code}/head",
    summary="Who heads a department at an instant",
    responses=MISSING,
    dependencies=READERS,
)
async def get_department_head(
    code: str, session: InTransaction, at: At = None
) -> schemas.HoldingAt:
    row = await queries.unit(session, tables.Department, code)
    when = at or _now()
    found = await queries.department_heads(session, row.code, when)
    return schemas.HoldingAt(of=row.code, at=when, holders=[*map(appointments.holding, found)])


@routes.get(
    "/v1/departments/{code}/history",
    summary="Every change of a department",
    responses=MISSING,
    dependencies=READERS,
)
async def list_department_changes(
    code: str, session: InTransaction, limit: Limit = 50, cursor: Cursor = None
) -> Page[schemas.GovernanceChange]:
    row = await queries.unit(session, tables.Department, code)
    return await changes_of(session, "department", row.code, limit, cursor)


@routes.post("/v1/positions", status_code=201, summary="Add a position", responses=TAKEN)
async def add_position(
    body: schemas.NewPosition, session: InTransaction, act: Administering, response: Response
) -> schemas.Position:
    shown = await operations.add_position(session, body, act)
    response.headers["etag"] = etag(shown.revision)
    return shown


@routes.get("/v1/positions", summary="Positions", dependencies=READERS)
async def list_positions(
    session: InTransaction, limit: Limit = 50, cursor: Cursor = None
) -> Page[schemas.Position]:
    rows, following = await queries.listed(session, tables.Position, limit, cursor)
    return Page(items=await operations.shown_positions(session, rows), next_cursor=following)


@routes.get(
    "/v1/positions/{code}",
    summary="One position, by code or alias",
    responses=MISSING,
    dependencies=READERS,
)
async def get_position(code: str, session: InTransaction, response: Response) -> schemas.Position:
    row = await queries.unit(session, tables.Position, code)
    response.headers["etag"] = etag(row.revision)
    (shown,) = await operations.shown_positions(session, [row])
    return shown


@routes.patch("/v1/positions/{code}", summary="Rename or move a position", responses=STALE_OR_TAKEN)
async def change_position(
    code: str,
    body: schemas.PositionChange,
    session: InTransaction,
    change: AdministeringChange,
) -> schemas.Position:
    shown = await operations.change_position(session, code, body, change.if_match, change.act)
    change.tag(shown.revision)
    return shown


@routes.get(
    "/v1/positions/{code}/holder",
    summary="Who holds a position at an instant, and who acts for them",
    responses=MISSING,
    dependencies=READERS,
)
async def get_position_holder(
    code: str, session: InTransaction, at: At = None
) -> schemas.HoldingAt:
    row = await queries.unit(session, tables.Position, code)
    when = at or _now()
    found = await queries.position_holders(session, row.code, when)
    return schemas.HoldingAt(of=row.code, at=when, holders=[*map(appointments.holding, found)])


@routes.post(
    "/v1/positions/{code}/holders",
    status_code=201,
    summary="Let a person hold a position",
    responses={**MISSING, **TAKEN},
)
async def add_holder(
    code: str, body: schemas.NewHolder, session: InTransaction, act: Administering
) -> schemas.Appointment:
    row = await appointments.add_holder(session, code, body, act)
    return schemas.Appointment.model_validate(row)


@routes.get(
    "/v1/positions/{code}/holders",
    summary="Everybody who held a position, and when",
    responses=MISSING,
    dependencies=READERS,
)
async def list_holders(code: str, session: InTransaction) -> Page[schemas.Appointment]:
    row = await queries.unit(session, tables.Position, code)
    found = await queries.appointments(session, "holder", [row.code])
    return Page(items=[schemas.Appointment.model_validate(each) for each in found])


@routes.post(
    "/v1/positions/{code}/holders/{appointment_id}/end",
    summary="Let a person leave a position",
    responses=MISSING,
)
async def end_holder(
    code: str,
    appointment_id: str,
    body: schemas.HolderEnd,
    session: InTransaction,
    act: Administering,
) -> schemas.Appointment:
    row = await appointments.end_holder(session, code, appointment_id, body, act)
    return schemas.Appointment.model_validate(row)


@routes.get(
    "/v1/positions/{code}/history",
    summary="Every change of a position and its holders",
    responses=MISSING,
    dependencies=READERS,
)
async def list_position_changes(
    code: str, session: InTransaction, limit: Limit = 50, cursor: Cursor = None
) -> Page[schemas.GovernanceChange]:
    row = await queries.unit(session, tables.Position, code)
    return await changes_of(session, "position", row.code, limit, cursor)


@routes.get(
    "/v1/processes/{code}/roles",
    summary="Who owns and supervises a process at an instant",
    responses=MISSING,
    dependencies=READERS,
)
async def get_process_roles(
    code: str, session: InTransaction, response: Response, at: At = None
) -> schemas.ProcessRoles:
    shown = await appointments.process_roles(session, code, at or _now())
    response.headers["etag"] = etag(shown.revision)
    return shown


@routes.put(
    "/v1/processes/{code}/roles",
    summary="Appoint the one owner of a process, and its supervisor",
    responses=STALE,
)
async def change_process_roles(
    code: str,
    body: schemas.NewProcessRoles,
    session: InTransaction,
    change: Changing,
) -> schemas.ProcessRoles:
    shown = await appointments.change_process_roles(
        session, code, body, change.if_match, change.act
    )
    change.tag(shown.revision)
    return shown


@routes.get(
    "/v1/processes/{code}/roles/history",
    summary="Every owner and supervisor a process was given",
    dependencies=READERS,
)
async def list_process_role_changes(
    code: str, session: InTransaction, limit: Limit = 50, cursor: Cursor = None
) -> Page[schemas.GovernanceChange]:
    return await changes_of(session, "process_roles", code, limit, cursor)


@routes.get(
    "/v1/governance-settings", summary="How the tenant governs processes", dependencies=READERS
)
async def get_governance_settings(
    session: InTransaction, response: Response
) -> schemas.GovernanceSettings:
    row = await governance.governance_settings(session, _now())
    response.headers["etag"] = etag(row.revision)
    return schemas.GovernanceSettings.model_validate(row)


@routes.patch(
    "/v1/governance-settings",
    summary="Name the planning department, time zone and currency",
    responses=STALE,
)
async def change_governance_settings(
    body: schemas.GovernanceSettingsChange,
    session: InTransaction,
    change: AdministeringChange,
) -> schemas.GovernanceSettings:
    row = await governance.change_governance_settings(session, body, change.if_match, change.act)
    change.tag(row.revision)
    return schemas.GovernanceSettings.model_validate(row)


async def changes_of(
    session: InTransaction, kind: str, key: str, limit: int, cursor: str | None
) -> Page[schemas.GovernanceChange]:
    """One page of the history of a governed thing."""
    rows, following = await history.changes(session, kind, key, limit, cursor)
    items = [
        schemas.GovernanceChange.model_validate({**row.change.model_dump(), "before": row.before})
        for row in rows
    ]
    return Page(items=items, next_cursor=following)


def _now() -> datetime:
    return datetime.now(UTC)
