"""HTTP in: parse, call one operation, return."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from services.strategy import operations, queries, schemas, tables
from services.strategy.settings import Settings
from shared import problems
from shared.dead_letters import dead_letters
from shared.http import IfMatch, InTransaction, etag, router
from shared.identity import Principal, Role, require
from shared.pages import Cursor, Limit, Page
from shared.problems import documented

READERS = [Depends(require())]
ADMINISTRATORS = [Depends(require(Role.ADMINISTRATOR))]
STRATEGY_OWNERS = [Depends(require(Role.STRATEGY_OWNER))]
Administrator = Annotated[Principal, Depends(require(Role.ADMINISTRATOR))]

TAKEN = documented(problems.CONFLICT)
MISSING = documented(problems.NOT_FOUND)
STALE = documented(problems.NOT_FOUND, problems.PRECONDITION_FAILED, problems.PRECONDITION_REQUIRED)

tenants = router("tenants")
users = router("users")
organisation = router("organisation")
kpis = router("kpis")


def _operator(request: Request) -> str:
    settings: Settings = request.app.state.settings
    return settings.operator_tenant


Operator = Annotated[str, Depends(_operator)]


@tenants.post(
    "/v1/tenants", status_code=201, summary="Give an organisation a place", responses=TAKEN
)
async def open_tenant(
    body: schemas.NewTenant, session: InTransaction, by: Administrator, operator: Operator
) -> schemas.Tenant:
    row = await operations.open_tenant(session, body, by, operator, _now())
    return schemas.Tenant.model_validate(row)


@tenants.get("/v1/tenants", summary="Organisations on the platform")
async def list_tenants(
    session: InTransaction,
    by: Administrator,
    operator: Operator,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[schemas.Tenant]:
    operations.require_operator(by, operator)
    rows, following = await queries.listed(session, tables.Tenant, limit, cursor)
    items = [schemas.Tenant.model_validate(row) for row in rows]
    return Page(items=items, next_cursor=following)


@tenants.get("/v1/tenants/{code}", summary="One organisation", responses=MISSING)
async def get_tenant(
    code: str, session: InTransaction, by: Administrator, operator: Operator, response: Response
) -> schemas.Tenant:
    operations.require_operator(by, operator)
    row = await queries.one(session, tables.Tenant, code)
    response.headers["etag"] = etag(row.revision)
    return schemas.Tenant.model_validate(row)


@tenants.patch("/v1/tenants/{code}", summary="Rename or close a tenant", responses=STALE)
async def change_tenant(
    code: str,
    body: schemas.TenantChange,
    session: InTransaction,
    by: Administrator,
    operator: Operator,
    response: Response,
    if_match: IfMatch = None,
) -> schemas.Tenant:
    operations.require_operator(by, operator)
    row = await operations.change_tenant(session, code, body, if_match)
    response.headers["etag"] = etag(row.revision)
    return schemas.Tenant.model_validate(row)


@users.post(
    "/v1/users",
    status_code=201,
    summary="Add a user",
    responses=TAKEN,
    dependencies=ADMINISTRATORS,
)
async def add_user(body: schemas.NewUser, session: InTransaction) -> schemas.User:
    return schemas.User.model_validate(await operations.add_user(session, body, _now()))


@users.get("/v1/users", summary="Users of the tenant", dependencies=ADMINISTRATORS)
async def list_users(
    session: InTransaction, limit: Limit = 50, cursor: Cursor = None
) -> Page[schemas.User]:
    rows, following = await queries.listed(session, tables.User, limit, cursor)
    return Page(items=[schemas.User.model_validate(r) for r in rows], next_cursor=following)


@users.get(
    "/v1/users/{subject}", summary="One user", responses=MISSING, dependencies=ADMINISTRATORS
)
async def get_user(subject: str, session: InTransaction, response: Response) -> schemas.User:
    row = await queries.one(session, tables.User, subject)
    response.headers["etag"] = etag(row.revision)
    return schemas.User.model_validate(row)


@users.patch(
    "/v1/users/{subject}",
    summary="Change a user's name, language or roles",
    responses=STALE,
    dependencies=ADMINISTRATORS,
)
async def change_user(
    subject: str,
    body: schemas.UserChange,
    session: InTransaction,
    response: Response,
    if_match: IfMatch = None,
) -> schemas.User:
    row = await operations.change_user(session, subject, body, if_match)
    response.headers["etag"] = etag(row.revision)
    return schemas.User.model_validate(row)


@organisation.post(
    "/v1/organisation-units",
    status_code=201,
    summary="Add a unit of the organisation",
    responses=TAKEN,
    dependencies=ADMINISTRATORS,
)
async def add_organisation_unit(
    body: schemas.NewOrganisationUnit, session: InTransaction
) -> schemas.OrganisationUnit:
    row = await operations.add_organisation_unit(session, body, _now())
    return schemas.OrganisationUnit.model_validate(row)


@organisation.get(
    "/v1/organisation-units", summary="Units of the organisation", dependencies=READERS
)
async def list_organisation_units(
    session: InTransaction,
    parent: Annotated[str | None, Query(description="Only the units right under this one")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[schemas.OrganisationUnit]:
    filters = [] if parent is None else [tables.OrganisationUnit.parent == parent]
    rows, following = await queries.listed(
        session, tables.OrganisationUnit, limit, cursor, *filters
    )
    items = [schemas.OrganisationUnit.model_validate(row) for row in rows]
    return Page(items=items, next_cursor=following)


@organisation.get(
    "/v1/organisation-units/{code}", summary="One unit", responses=MISSING, dependencies=READERS
)
async def get_organisation_unit(
    code: str, session: InTransaction, response: Response
) -> schemas.OrganisationUnit:
    row = await queries.one(session, tables.OrganisationUnit, code)
    response.headers["etag"] = etag(row.revision)
    return schemas.OrganisationUnit.model_validate(row)


@organisation.patch(
    "/v1/organisation-units/{code}",
    summary="Rename or move a unit",
    responses=STALE,
    dependencies=ADMINISTRATORS,
)
async def change_organisation_unit(
    code: str,
    body: schemas.OrganisationUnitChange,
    session: InTransaction,
    response: Response,
    if_match: IfMatch = None,
) -> schemas.OrganisationUnit:
    row = await operations.change_organisation_unit(session, code, body, if_match)
    response.headers["etag"] = etag(row.revision)
    return schemas.OrganisationUnit.model_validate(row)


@kpis.post(
    "/v1/kpis",
    status_code=201,
    summary="Define a KPI bound to attainment",
    responses=TAKEN,
    dependencies=STRATEGY_OWNERS,
)
async def define_kpi(body: schemas.NewKpi, session: InTransaction) -> schemas.Kpi:
    return schemas.Kpi.model_validate(await operations.define_kpi(session, body, _now()))


@kpis.get("/v1/kpis", summary="KPIs", dependencies=READERS)
async def list_kpis(
    session: InTransaction, limit: Limit = 50, cursor: Cursor = None
) -> Page[schemas.Kpi]:
    rows, following = await queries.listed(session, tables.Kpi, limit, cursor)
    return Page(items=[schemas.Kpi.model_validate(row) for row in rows], next_cursor=following)


@kpis.get("/v1/kpis/{code}", summary="One KPI", responses=MISSING, dependencies=READERS)
async def get_kpi(code: str, session: InTransaction, response: Response) -> schemas.Kpi:
    row = await queries.one(session, tables.Kpi, code)
    response.headers["etag"] = etag(row.revision)
    return schemas.Kpi.model_validate(row)


@kpis.get(
    "/v1/kpis/{code}/readings",
    summary="A KPI's newest value of every period",
    responses=MISSING,
    dependencies=READERS,
)
async def list_kpi_readings(code: str, session: InTransaction) -> Page[schemas.KpiReading]:
    kpi = await queries.one(session, tables.Kpi, code)
    rows = await queries.readings(session, code)
    return Page(items=[operations.reading(kpi, row) for row in rows])


internal = router("internal")
internal.include_in_schema = False


@internal.get("/internal/tenants/{code}", dependencies=[Depends(require(Role.ADMINISTRATOR))])
async def find_tenant(code: str, session: InTransaction) -> dict[str, str]:
    """For the gateway, which asks as the operator."""
    row = await queries.one(session, tables.Tenant, code)
    return {"tenant": row.code, "status": row.status}


@internal.get(
    "/internal/principals/{tenant}/{subject}", dependencies=[Depends(require(Role.ADMINISTRATOR))]
)
async def find_principal(tenant: str, subject: str, session: InTransaction) -> dict[str, list[str]]:
    """For the gateway, which asks as that tenant; row security keeps it to its users."""
    row = await queries.one(session, tables.User, subject)
    return {"roles": row.roles if row.tenant == tenant else []}


ROUTERS: list[APIRouter] = [
    tenants,
    users,
    organisation,
    kpis,
    dead_letters("strategy"),
    internal,
]


def _now() -> datetime:
    return datetime.now(UTC)
