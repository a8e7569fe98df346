"""Reads of the reporting service: its copies of other services' facts, and its reports."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, literal, or_, select, union_all
from sqlalchemy.dialects.postgresql import distinct_on
from sqlmodel import col

from services.reporting.tables import (
    AttainmentCopy,
    Copy,
    KpiReadingCopy,
    OrganisationUnitCopy,
    ProcessCopy,
    Report,
    ReportFile,
    TenantCopy,
)
from shared import pages
from shared.problems import Text, not_found
from shared.store import Session, act_for


@dataclass(frozen=True, slots=True)
class Origin:
    """What reports are made from, and the service that publishes it."""

    code: str
    service: str
    name: Text
    tables: tuple[type[Copy], ...]


@dataclass(frozen=True, slots=True)
class Heard:
    """How many records of an origin are held, and when its newest event was."""

    records: int
    newest_event_at: datetime | None


ORIGINS = (
    Origin(
        "attainment",
        "commitments",
        {"zh": "承诺达成（承诺服务）", "en": "Attainment (commitments)"},
        (AttainmentCopy,),
    ),
    Origin(
        "processes",
        "commitments",
        {"zh": "流程名称（承诺服务）", "en": "Process names (commitments)"},
        (ProcessCopy,),
    ),
    Origin(
        "kpi_readings",
        "strategy",
        {"zh": "指标读数（战略服务）", "en": "KPI readings (strategy)"},
        (KpiReadingCopy,),
    ),
    Origin(
        "organisation",
        "strategy",
        {"zh": "组织名称（战略服务）", "en": "Organisation names (strategy)"},
        (TenantCopy, OrganisationUnitCopy),
    ),
)


async def snapshot(session: Session) -> None:
    """Begin the transaction anew, so that all of its reads see the database as it is now."""
    tenant = session.info["tenant"]
    await session.rollback()
    await session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    await act_for(session, tenant)


async def heard(session: Session) -> Mapping[str, Heard]:
    """What is held of every origin, by its code."""
    held = union_all(
        *(
            select(
                literal(origin.code).label("code"),
                func.count().label("records"),
                func.max(col(table.heard_at)).label("newest"),
            ).select_from(table)
            for origin in ORIGINS
            for table in origin.tables
        )
    ).subquery()
    query = select(held.c.code, func.sum(held.c.records), func.max(held.c.newest))
    rows = await session.execute(query.group_by(held.c.code))
    return {code: Heard(int(records), newest) for code, records, newest in rows.all()}


async def process(session: Session, code: str) -> ProcessCopy | None:
    """The names of a process and its nodes."""
    query = select(ProcessCopy).where(col(ProcessCopy.process) == code)
    return (await session.scalars(query)).one_or_none()


async def tenant(session: Session) -> TenantCopy | None:
    """The organisation's own name."""
    return (await session.scalars(select(TenantCopy))).one_or_none()


async def attainment(
    session: Session, process: str, first_month: str, last_month: str
) -> Sequence[AttainmentCopy]:
    """What was measured of a process in these months."""
    copy = AttainmentCopy
    query = select(copy).where(
        col(copy.process) == process, col(copy.month).between(first_month, last_month)
    )
    keys = (copy.node, copy.level, copy.department, copy.month)
    return (await session.scalars(query.order_by(*map(col, keys)))).all()


async def newest_readings(
    session: Session, first_month: str, last_month: str
) -> Sequence[KpiReadingCopy]:
    """Every KPI's last value in these months."""
    reading = KpiReadingCopy
    query = (
        select(reading)
        .where(
            col(reading.period).between(first_month, last_month), col(reading.value).is_not(None)
        )
        .ext(distinct_on(col(reading.kpi)))
        .order_by(col(reading.kpi), col(reading.period).desc())
    )
    return (await session.scalars(query)).all()


async def units_named(session: Session, names: Collection[str]) -> int:
    """How many units of the organisation bear one of these names, in either language."""
    name = col(OrganisationUnitCopy.name)
    query = (
        select(func.count())
        .select_from(OrganisationUnitCopy)
        .where(or_(name["zh"].astext.in_(names), name["en"].astext.in_(names)))
    )
    return int((await session.execute(query)).scalar_one())


async def report(session: Session, report_id: str, *, lock: bool = False) -> Report:
    """The report, locked for a change if asked; raises a 404 problem."""
    query = select(Report).where(col(Report.id) == report_id)
    if lock:
        query = query.with_for_update()
    found = (await session.scalars(query)).one_or_none()
    if found is None:
        raise not_found({"zh": "报告", "en": "report"}, report_id)
    return found


async def reports(
    session: Session, limit: int, cursor: str | None
) -> tuple[list[Report], str | None]:
    """One page, newest first."""
    query = pages.seek(select(Report), [col(Report.id)], cursor, descending=True)
    rows = (await session.scalars(query.limit(limit + 1))).all()
    return pages.page(rows, limit, lambda row: [row.id])


async def next_due(session: Session, now: datetime) -> Report | None:
    """The oldest report that waits, or whose claim has run out, locked; over all tenants."""
    status, claimed_until = col(Report.status), col(Report.claimed_until)
    query = (
        select(Report)
        .where(or_(status == "queued", and_(status == "running", claimed_until < now)))
        .order_by(col(Report.id))
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return (await session.scalars(query)).one_or_none()


async def still_claimed(session: Session, claimed: Report) -> Report | None:
    """The report, locked, unless it was cancelled or another attempt at it was begun."""
    query = select(Report).where(
        col(Report.id) == claimed.id,
        col(Report.status) == "running",
        col(Report.attempts) == claimed.attempts,
    )
    return (await session.scalars(query.with_for_update())).one_or_none()


async def file_body(session: Session, sha256: str) -> bytes:
    """The bytes with this hash."""
    query = select(col(ReportFile.body)).where(col(ReportFile.sha256) == sha256)
    return (await session.execute(query)).scalar_one()
