"""What governs processes, as it is looked up and listed."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, TypeVar

from sqlalchemy import Date, Text, func, select
from sqlmodel import col

from services.commitments import tables
from services.commitments.tables import PenaltyEntry, PenaltyRule, Row, Violation
from shared import pages
from shared.problems import Text as ProblemText
from shared.problems import not_found
from shared.store import Session

R = TypeVar("R", bound=Row)

KINDS: Mapping[type[Row], ProblemText] = {
    tables.SpotCheck: {"zh": "抽查", "en": "spot-check"},
    tables.Violation: {"zh": "违规", "en": "violation"},
    tables.SelfCheck: {"zh": "自查", "en": "self-check"},
    tables.DepartmentSummary: {"zh": "部门总结", "en": "department summary"},
    tables.ChangeRequest: {"zh": "变更申请", "en": "change request"},
    tables.ServiceReview: {"zh": "服务回顾会议", "en": "service review"},
    tables.ImprovementPlan: {"zh": "服务改进计划", "en": "improvement plan"},
    tables.ImprovementAction: {"zh": "行动", "en": "action"},
    tables.DutyRecord: {"zh": "职责记录", "en": "record of a duty"},
    tables.PenaltyEntry: {"zh": "考核台账", "en": "ledger entry"},
}


async def one(session: Session, table: type[R], row_id: str, *, lock: bool = False) -> R:
    """The row of this id; raises a 404 problem."""
    query = select(table).where(col(table.id) == row_id)  # type: ignore[attr-defined]
    row = (await session.scalars(query.with_for_update() if lock else query)).one_or_none()
    if row is None:
        raise not_found(KINDS[table], row_id)
    return row


async def listed(
    session: Session, table: type[R], filters: Mapping[str, Any], limit: int, cursor: str | None
) -> tuple[list[R], str | None]:
    """One page, what came last first; a filter that is None lets everything through."""
    wanted = [col(getattr(table, name)) == v for name, v in filters.items() if v is not None]
    names = [*_ORDER.get(table, ()), "id"]
    order = [_ordered(col(getattr(table, name))) for name in names]
    query = pages.seek(select(table).where(*wanted), order, cursor, descending=True)
    rows = (await session.scalars(query.limit(limit + 1))).all()
    return pages.page(rows, limit, lambda row: [_plain(getattr(row, name)) for name in names])


_ORDER: Mapping[type[Row], tuple[str, ...]] = {
    tables.SelfCheck: ("due_at",),
    tables.DepartmentSummary: ("due_at",),
    tables.ServiceReview: ("scheduled_on",),
    tables.DutyRecord: ("done_on",),
}
"""By what lists are sorted whose ids do not tell the order."""


def _ordered(column: Any) -> Any:
    """A cursor holds instants and texts; a day as text sorts as the day does."""
    return func.to_char(column, "YYYY-MM-DD", type_=Text) if _is_day(column) else column


def _is_day(column: Any) -> bool:
    return isinstance(column.type, Date)


def _plain(value: Any) -> Any:
    is_day = isinstance(value, date) and not isinstance(value, datetime)
    return value.isoformat() if is_day else value


async def rule_in_force(session: Session, code: str, at: datetime) -> PenaltyRule | None:
    """The tenant's own amounts for an offence at that instant, None while the shipped ones hold."""
    query = select(PenaltyRule).where(
        col(PenaltyRule.code) == code, col(PenaltyRule.valid_from) <= at
    )
    newest = query.order_by(col(PenaltyRule.revision).desc()).limit(1)
    return (await session.scalars(newest)).one_or_none()


async def newest_rule(session: Session, code: str, *, lock: bool = False) -> PenaltyRule | None:
    """The newest revision of the tenant's own amounts."""
    query = select(PenaltyRule).where(col(PenaltyRule.code) == code)
    newest = query.order_by(col(PenaltyRule.revision).desc()).limit(1)
    found = await session.scalars(newest.with_for_update() if lock else newest)
    return found.one_or_none()


async def entries_of(session: Session, cause_id: str) -> Sequence[PenaltyEntry]:
    """The lines that stand for one cause: neither reversals nor reversed."""
    reversed_ids = select(col(PenaltyEntry.reverses)).where(col(PenaltyEntry.cause_id) == cause_id)
    query = select(PenaltyEntry).where(
        col(PenaltyEntry.cause_id) == cause_id,
        col(PenaltyEntry.reverses).is_(None),
        col(PenaltyEntry.id).not_in(reversed_ids.where(col(PenaltyEntry.reverses).is_not(None))),
    )
    return (await session.scalars(query.order_by(col(PenaltyEntry.id)))).all()


async def statuses_of(session: Session, ids: Sequence[str]) -> Mapping[str, str]:
    """What became of these lines of the ledger: waived, paid or confirmed; others stand."""
    step = col(tables.PenaltySettlement.step)
    settled = select(col(tables.PenaltySettlement.entry), step).where(
        col(tables.PenaltySettlement.entry).in_(ids)
    )
    # A line is confirmed before it is paid, and the word comes before as well.
    found = {row.entry: row.step for row in (await session.execute(settled.order_by(step))).all()}
    taken_back = select(col(PenaltyEntry.reverses)).where(col(PenaltyEntry.reverses).in_(ids))
    waived = (await session.scalars(taken_back)).all()
    return found | {entry: "waived" for entry in waived if entry is not None}


async def totals(
    session: Session, filters: Mapping[str, Any], since: datetime | None, until: datetime | None
) -> Sequence[Any]:
    """What the ledger adds up to by person and currency, over a half-open stretch of time."""
    entry = PenaltyEntry
    wanted = [col(getattr(entry, name)) == v for name, v in filters.items() if v is not None]
    if since is not None:
        wanted.append(col(entry.occurred_at) >= since)
    if until is not None:
        wanted.append(col(entry.occurred_at) < until)
    key = [col(entry.person), col(entry.currency)]
    query = select(*key, func.count().label("entries"), func.sum(col(entry.amount)).label("total"))
    return (await session.execute(query.where(*wanted).group_by(*key).order_by(*key))).all()


async def problems_of(session: Session, process: str, month: str) -> Sequence[Violation]:
    """The violations of a process that were found in that month, without void ones."""
    query = select(Violation).where(
        col(Violation.process) == process,
        col(Violation.month) == month,
        col(Violation.status) != "void",
    )
    return (await session.scalars(query.order_by(col(Violation.id)))).all()


async def violations_of(session: Session, process: str, ids: Sequence[str]) -> Sequence[Violation]:
    """Those of these violations that are of this process."""
    query = select(Violation).where(col(Violation.process) == process, col(Violation.id).in_(ids))
    return (await session.scalars(query)).all()
