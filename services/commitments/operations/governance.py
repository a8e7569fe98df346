"""What a tenant sets for the governance of its processes."""

from datetime import datetime

from sqlalchemy.dialects.postgresql import insert

from services.commitments import tables
from services.commitments.operations.history import Act, Revision, keep_change
from services.commitments.operations.units import check_person, department_code
from services.commitments.queries import people as queries
from services.commitments.schemas import people as schemas
from shared.http import require_match
from shared.problems import invalid
from shared.store import Session, core

TIME_ZONE = "Asia/Shanghai"
CURRENCY = "CNY"


async def governance_settings(session: Session, at: datetime) -> tables.GovernanceSettings:
    """The settings in force; the defaults, at revision 0, until the tenant sets something."""
    found = await session.get(tables.GovernanceSettings, session.info["tenant"])
    return found or _defaults(session, at)


async def change_governance_settings(
    session: Session, change: schemas.GovernanceSettingsChange, if_match: str | None, act: Act
) -> tables.GovernanceSettings:
    """Name the planning department and the administrator, time zone and currency of penalties."""
    fresh = insert(core(tables.GovernanceSettings)).values(_defaults(session, act.at).model_dump())
    await session.execute(fresh.on_conflict_do_nothing())
    tenant = session.info["tenant"]
    row = await session.get(tables.GovernanceSettings, tenant, with_for_update=True)
    assert row is not None  # noqa: S101 - inserted above
    require_match(if_match, row.revision)
    given = change.model_dump(exclude_unset=True)
    if given.get("planning_department") is not None:
        name = given["planning_department"]
        given["planning_department"] = await department_code(session, name, "/planning_department")
    if given.get("administrator") is not None:
        person = given["administrator"]
        if await queries.find_person(session, person) is None:
            raise invalid(check_person("/administrator", person))
    for name, value in given.items():
        if value is not None or name in ("planning_department", "administrator"):
            setattr(row, name, value)
    row.revision += 1
    body = schemas.GovernanceSettings.model_validate(row).model_dump(mode="json")
    revision = Revision("governance_settings", tenant, row.revision)
    await keep_change(session, revision, "change_governance_settings", body, act)
    return row


def _defaults(session: Session, at: datetime) -> tables.GovernanceSettings:
    return tables.GovernanceSettings(
        tenant=session.info["tenant"],
        time_zone=TIME_ZONE,
        currency=CURRENCY,
        revision=0,
        created_at=at,
    )
