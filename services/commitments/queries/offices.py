"""Who holds an office of governance at an instant."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlmodel import col

from services.commitments.domain.offices import PLANNING, Office, OfficeKind, of_department
from services.commitments.queries import definitions, people
from services.commitments.queries.people import Holding
from services.commitments.tables import GovernanceSettings, Position, ProcessVersion
from shared.store import Session


async def holders(session: Session, office: Office, at: datetime) -> Sequence[Holding]:
    """Everybody in an office; nobody while it is vacant or no planning department is named."""
    if office == PLANNING:
        return await _planners(session, at)
    of = office.of or ""
    match office.kind:
        case OfficeKind.OWNER:
            found = [await people.process_owner(session, of, at)]
        case OfficeKind.SUPERVISOR:
            found = [await people.process_supervisor(session, of, at)]
        case OfficeKind.NODE_HOLDER:
            found = [*await _node_holders(session, of, at)]
        case OfficeKind.HEAD:
            found = [*await people.department_heads(session, of, at)]
        case OfficeKind.ADMINISTRATOR:
            found = [*await people.department_administrators(session, of, at)]
        case _:
            found = [*await _members(session, of, at)]
    return [each for each in found if each is not None]


async def _planners(session: Session, at: datetime) -> list[Holding]:
    settings = await session.get(GovernanceSettings, session.info["tenant"])
    if settings is None or settings.planning_department is None:
        return []
    found: list[Holding] = []
    for office in of_department(settings.planning_department):
        found += await holders(session, office, at)
    return found


async def _members(session: Session, department: str, at: datetime) -> list[Holding]:
    query = select(col(Position.code)).where(col(Position.department) == department)
    codes = (await session.scalars(query.order_by(col(Position.code)))).all()
    return await people.holdings_of(
        session, await people.appointments(session, "holder", codes, at), at
    )


async def _node_holders(session: Session, process: str, at: datetime) -> list[Holding]:
    version = await definitions.find_newest(session, ProcessVersion, process)
    if version is None:
        return []
    nodes = definitions.as_process(version).nodes
    found: list[Holding] = []
    for position in sorted({node.position for node in nodes if node.position}):
        found += await people.position_holders(session, position, at)
    return found
