"""Who may act for a service: the owners of processes it promises something of, and planning."""

from services.commitments.domain.offices import PLANNING, Office, owner, supervisor
from services.commitments.operations.authority import require_office
from services.commitments.operations.history import Act
from services.commitments.queries.promises import processes_promised
from services.commitments.tables import ImprovementPlan, ServiceReview
from shared.store import Session


async def require_office_for_agreement(session: Session, act: Act, agreement: str | None) -> Act:
    """Reviews are held by the owners of what the agreement promises; all of them by planning."""
    return await require_office(session, act, *await _owners(session, agreement=agreement))


async def require_office_for_service(session: Session, act: Act, service: str) -> Act:
    return await require_office(session, act, *await _owners(session, service=service))


async def require_office_for_plan(
    session: Session, act: Act, process: str | None, service: str | None, review: str | None
) -> Act:
    """Improvement is planned by whoever answers for the process, the service or the review."""
    offices: list[Office] = [owner(process), supervisor(process)] if process else []
    if service:
        offices += await _owners(session, service=service)
    if review and (held := await session.get(ServiceReview, review)) is not None:
        offices += await _owners(session, agreement=held.agreement)
    return await require_office(session, act, *dict.fromkeys([*offices, PLANNING]))


async def require_office_for_action(
    session: Session, act: Act, review: str | None, plan: str | None
) -> Act:
    """Of the plan or the review that asks for the action."""
    if plan and (row := await session.get(ImprovementPlan, plan)) is not None:
        return await require_office_for_plan(session, act, row.process, row.service, row.review)
    return await require_office_for_plan(session, act, None, None, review)


async def _owners(
    session: Session, *, agreement: str | None = None, service: str | None = None
) -> list[Office]:
    if agreement is None and service is None:
        return [PLANNING]
    codes = await processes_promised(session, agreement=agreement, service=service)
    return [*(owner(code) for code in codes), PLANNING]
