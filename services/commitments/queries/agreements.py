"""Services, agreements and requirements as they are looked up and listed."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any, TypeVar

from sqlalchemy import select
from sqlmodel import col

from services.commitments.tables import (
    Agreement,
    AgreementRequirement,
    Promise,
    Service,
    ServiceLevelRequirement,
)
from shared import pages
from shared.problems import Text, not_found
from shared.store import Session

T = TypeVar("T", Agreement, Service, ServiceLevelRequirement)

_KINDS: Mapping[type, Text] = {
    Agreement: {"zh": "协议", "en": "agreement"},
    Service: {"zh": "服务", "en": "service"},
    ServiceLevelRequirement: {"zh": "服务级别需求", "en": "service level requirement"},
}


async def one(session: Session, table: type[T], name: str, *, lock: bool = False) -> T:
    """The row of that id, or code for a service; raises a 404 problem."""
    query = select(table).where(_key(table) == name)
    row = (await session.scalars(query.with_for_update() if lock else query)).one_or_none()
    if row is None:
        raise not_found(_KINDS[table], name)
    return row


async def find_service(session: Session, code: str) -> Service | None:
    return (await session.scalars(select(Service).where(col(Service.code) == code))).one_or_none()


async def listed(
    session: Session,
    table: type[T],
    filters: Mapping[str, str | None],
    limit: int,
    cursor: str | None,
) -> tuple[list[T], str | None]:
    """One page by id, of services by code."""
    wanted = [col(getattr(table, name)) == v for name, v in filters.items() if v is not None]
    key = _key(table)
    query = pages.seek(select(table).where(*wanted), [key], cursor, descending=False)
    rows = (await session.scalars(query.limit(limit + 1))).all()
    return pages.page(rows, limit, lambda row: [getattr(row, key.key)])


def _key(table: type[Any]) -> Any:
    """A service is known by its code, everything else by its id."""
    return col(table.code) if table is Service else col(table.id)


async def versions(session: Session, code: str) -> Sequence[Agreement]:
    """Every version of an agreement, oldest first, held until the transaction ends."""
    query = select(Agreement).where(col(Agreement.code) == code)
    return (await session.scalars(query.order_by(col(Agreement.version)).with_for_update())).all()


async def gaps_before(session: Session, codes: Sequence[str]) -> Mapping[str, datetime]:
    """The published versions before which nothing was agreed for a while, and since when not."""
    query = select(Agreement).where(
        col(Agreement.code).in_(codes), col(Agreement.status) == "published"
    )
    rows = (
        await session.scalars(query.order_by(col(Agreement.code), col(Agreement.version)))
    ).all()
    return {
        later.id: earlier.valid_until
        for earlier, later in pairwise(rows)
        if earlier.code == later.code
        and earlier.valid_until is not None
        and earlier.valid_until < later.valid_from
    }


async def requirements_of(session: Session, agreement_ids: Sequence[str]) -> dict[str, list[str]]:
    """The ids of the requirements that each of these versions answers."""
    link = AgreementRequirement
    query = select(link).where(col(link.agreement_id).in_(agreement_ids))
    found: dict[str, list[str]] = {}
    for row in (await session.scalars(query.order_by(col(link.requirement_id)))).all():
        found.setdefault(row.agreement_id, []).append(row.requirement_id)
    return found


async def agreements_of(session: Session, requirement_ids: Sequence[str]) -> dict[str, list[str]]:
    """The agreements that answer each of these requirements, as `code@version`."""
    link = AgreementRequirement
    query = (
        select(col(link.requirement_id), col(Agreement.code), col(Agreement.version))
        .join(Agreement, col(Agreement.id) == col(link.agreement_id))
        .where(col(link.requirement_id).in_(requirement_ids), col(Agreement.status) != "withdrawn")
        .order_by(col(Agreement.code), col(Agreement.version))
    )
    found: dict[str, list[str]] = {}
    for requirement, code, version in (await session.execute(query)).all():
        found.setdefault(requirement, []).append(f"{code}@{version}")
    return found


async def promises_of(session: Session, agreements: Sequence[str]) -> dict[str, list[str]]:
    """The codes of the published promises that name each of these agreements."""
    query = (
        select(col(Promise.agreement), col(Promise.code))
        .where(col(Promise.agreement).in_(agreements), col(Promise.status) == "published")
        .distinct()
        .order_by(col(Promise.code))
    )
    found: dict[str, list[str]] = {}
    for agreement, code in (await session.execute(query)).all():
        found.setdefault(str(agreement), []).append(code)
    return found


async def requirements(
    session: Session, ids: Sequence[str], *, lock: bool = False
) -> Sequence[ServiceLevelRequirement]:
    """Those of these requirements that exist, held until the transaction ends if locked."""
    row = ServiceLevelRequirement
    query = select(row).where(col(row.id).in_(ids)).order_by(col(row.id))
    return (await session.scalars(query.with_for_update() if lock else query)).all()
