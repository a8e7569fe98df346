"""Reads of the strategy service: filters and pages."""

from collections.abc import Sequence
from typing import Any, TypeVar

from sqlalchemy import Select, func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlmodel import col

from services.strategy.tables import (
    AttainmentCopy,
    Kpi,
    KpiReading,
    OrganisationUnit,
    Row,
    Tenant,
    User,
)
from shared import pages
from shared.problems import Text, not_found
from shared.store import Session

R = TypeVar("R", bound=Row)

_KINDS: dict[type[Row], Text] = {
    Tenant: {"zh": "租户", "en": "tenant"},
    User: {"zh": "用户", "en": "user"},
    OrganisationUnit: {"zh": "组织单元", "en": "organisation unit"},
    Kpi: {"zh": "指标", "en": "KPI"},
}
_KEYS: dict[type[Row], Any] = {
    Tenant: Tenant.code,
    User: User.subject,
    OrganisationUnit: OrganisationUnit.code,
    Kpi: Kpi.code,
}


async def one(session: Session, table: type[R], key: str, *, lock: bool = False) -> R:
    """The row of this key, locked for a change if asked; raises a 404 problem."""
    found = await find(session, table, key, lock=lock)
    if found is None:
        raise not_found(_KINDS[table], key)
    return found


async def find(session: Session, table: type[R], key: str, *, lock: bool = False) -> R | None:
    """The row of this key, or None."""
    query = select(table).where(col(_KEYS[table]) == key)
    if lock:
        query = query.with_for_update()
    return (await session.scalars(query)).one_or_none()


async def listed(
    session: Session, table: type[R], limit: int, cursor: str | None, *filters: Any
) -> tuple[list[R], str | None]:
    """One page by key."""
    key = _KEYS[table]
    query = pages.seek(select(table).where(*filters), [col(key)], cursor, descending=False)
    rows = (await session.scalars(query.limit(limit + 1))).all()
    return pages.page(rows, limit, lambda row: [getattr(row, key.key)])


async def readings(session: Session, kpi: str) -> Sequence[KpiReading]:
    """The newest revision of every period, in order of the periods."""
    query: Select[KpiReading] = (
        select(KpiReading)
        .where(col(KpiReading.kpi) == kpi)
        .ext(distinct_on(col(KpiReading.period)))
        .order_by(col(KpiReading.period), col(KpiReading.revision).desc())
    )
    return (await session.scalars(query)).all()


async def newest_reading(session: Session, kpi: str, period: str) -> KpiReading | None:
    """The newest revision of one period."""
    query = (
        select(KpiReading)
        .where(col(KpiReading.kpi) == kpi, col(KpiReading.period) == period)
        .order_by(col(KpiReading.revision).desc())
        .limit(1)
    )
    return (await session.scalars(query)).one_or_none()


async def kpis_bound_to(
    session: Session, process: str, node: str, department: str | None
) -> Sequence[Kpi]:
    """The KPIs that this group's attainment feeds, locked until their readings are written."""
    binding = col(Kpi.binding)
    named = binding["department"].astext
    query = select(Kpi).where(
        binding["process"].astext == process,
        binding["node"].astext == node,
        named.is_(None) if department is None else named == department,
    )
    return (await session.scalars(query.order_by(col(Kpi.code)).with_for_update())).all()


async def copies(
    session: Session, process: str, node: str, department: str | None
) -> Sequence[AttainmentCopy]:
    """What is known of one group's attainment, a row a month."""
    query = select(AttainmentCopy).where(
        col(AttainmentCopy.process) == process,
        col(AttainmentCopy.node) == node,
        col(AttainmentCopy.level) == ("run" if department is None else "leg"),
        col(AttainmentCopy.department) == (department or ""),
    )
    return (await session.scalars(query.order_by(col(AttainmentCopy.month)))).all()


async def is_ancestor(session: Session, ancestor: str, unit: str) -> bool:
    """Whether one unit stands above another, or is it."""
    tree = (
        select(col(OrganisationUnit.code), col(OrganisationUnit.parent))
        .where(col(OrganisationUnit.code) == unit)
        .cte("above", recursive=True)
    )
    upper = select(col(OrganisationUnit.code), col(OrganisationUnit.parent)).join(
        tree, col(OrganisationUnit.code) == tree.c.parent
    )
    above = tree.union(upper)
    query = select(func.count()).select_from(above).where(above.c.code == ancestor)
    return bool((await session.execute(query)).scalar_one())
