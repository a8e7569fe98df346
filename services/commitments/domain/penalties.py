"""Penalties 考核 (source 003): who bears what, what repeats an offence, what waives it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from .faults import Text

Per = Literal["occurrence", "item", "day"]
LATE_DAY = timedelta(days=1)

REVISIONS: Mapping[str, int] = {"charged": 1, "confirmed": 2, "paid": 3, "waived": 4}
"""Of a line of the ledger: taken back is the last thing that becomes of it, paid or not."""


class Bearer(StrEnum):
    """Who bears a share of a penalty."""

    PERSON = "person"
    SUPERVISOR = "supervisor"
    DEPARTMENT_HEAD = "department_head"
    PLANNING_ADMINISTRATOR = "planning_administrator"
    PLANNING_HEAD = "planning_head"


@dataclass(frozen=True, slots=True)
class Rule:
    """An offence and what each bearer is charged, per occurrence, missing item or late day."""

    code: str
    name: Text
    per: Per
    amounts: Mapping[Bearer, Decimal]


def _rule(code: str, zh: str, en: str, per: Per = "occurrence", **amounts: int) -> Rule:
    return Rule(code, Text(zh, en), per, {Bearer(k): Decimal(v) for k, v in amounts.items()})


_SOURCE = (
    _rule("violation", "违规操作", "Violation", person=20, supervisor=10, department_head=5),
    _rule(
        *("repeated_violation", "重复出现的违规", "Repeated violation"),
        person=40,
        supervisor=20,
        department_head=20,
    ),
    _rule("incomplete_self_check", "自查记录不全", "Incomplete self-check", "item", supervisor=10),
    _rule("late_self_check", "自查逾期", "Late self-check", "day", supervisor=10),
    _rule("late_summary", "部门总结逾期", "Late department summary", "day", department_head=10),
    _rule("late_filing", "变更提交逾期", "Change filed late", "day", department_head=20),
    _rule(
        *("late_change", "变更发布逾期", "Change published late", "day"),
        planning_administrator=20,
        planning_head=10,
    ),
)

SHIPPED = {rule.code: rule for rule in _SOURCE}
"""The source's offences and amounts, in CNY."""


def late_days(due_at: datetime, until: datetime) -> int:
    """How many late days have begun: 24 hours each past the deadline, which is still in time."""
    return max(0, -((due_at - until) // LATE_DAY))


def next_late_day(due_at: datetime, after: datetime) -> datetime:
    """The instant past which the next late day has begun."""
    return due_at + late_days(due_at, after) * LATE_DAY


@dataclass(frozen=True, slots=True)
class Finding:
    """That a requirement was violated at a node of a process, as found in a month `YYYY-MM`."""

    process: str
    node: str | None
    requirement: str
    month: str


def month_before(month: str) -> str:
    """The month before one, both `YYYY-MM`."""
    year, number = int(month[:4]), int(month[5:])
    return f"{year - 1:04}-12" if number == 1 else f"{year:04}-{number - 1:02}"


def is_repeated(finding: Finding, earlier: Iterable[Finding]) -> bool:
    """Whether the same problem was found in the month before, and so was not put right.

    The problem is what repeats, whoever causes it. A second one in the same month is a further
    violation, not a repetition: a month is the time in which a problem is put right.
    """
    before = month_before(finding.month)
    return any(
        (each.process, each.node, each.requirement, each.month)
        == (finding.process, finding.node, finding.requirement, before)
        for each in earlier
    )


def is_waived(
    found_by_department_at: datetime | None, penalised_at: datetime | None, checked_at: datetime
) -> bool:
    """Whether the department both found and penalised it before the spot-check met it."""
    return (
        found_by_department_at is not None
        and penalised_at is not None
        and found_by_department_at <= checked_at
        and penalised_at <= checked_at
    )
