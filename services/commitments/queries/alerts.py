"""Recorded alerts and the rules that say who is told of them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select
from sqlmodel import col

from services.commitments import tables
from services.commitments.domain.alert_rules import AlertRule, Scope, Step
from services.commitments.tables import Alert
from shared import pages
from shared.problems import not_found
from shared.store import Session, core


async def listed(
    session: Session,
    wanted: Mapping[str, Any],
    as_of: datetime,
    sort: str,
    limit: int,
    cursor: str | None,
) -> tuple[list[Alert], str | None]:
    """One page of those that had been recorded by then; `case` is an id or a key."""
    by = sort.removeprefix("-")
    order = [col(getattr(Alert, by)), col(Alert.id)]
    filters = [_is(name, value) for name, value in wanted.items() if value is not None]
    known = select(Alert).where(col(Alert.passed_at) <= as_of, *filters)
    query = pages.seek(known, order, cursor, descending=sort.startswith("-"))
    rows = (await session.scalars(query.limit(limit + 1))).all()
    return pages.page(rows, limit, lambda row: [getattr(row, by), row.id])


def _is(name: str, value: Any) -> Any:
    if name == "case":
        return or_(col(Alert.case_id) == value, col(Alert.case_key) == value)
    return col(getattr(Alert, name)) == value


async def alert(session: Session, alert_id: str, *, lock: bool = False) -> Alert:
    """One alert; raises a 404 problem."""
    query = select(Alert).where(col(Alert.id) == alert_id)
    row = (await session.scalars(query.with_for_update() if lock else query)).one_or_none()
    if row is None:
        raise not_found({"zh": "告警", "en": "alert"}, alert_id)
    return row


async def some(session: Session, ids: Collection[str]) -> Sequence[Alert]:
    """Those of these alerts that are there."""
    return (await session.scalars(select(Alert).where(col(Alert.id).in_(ids)))).all()


async def of_cases(session: Session, case_ids: Collection[str]) -> Mapping[str, Any]:
    """The alerts of these cases by id, without building objects."""
    alerts = core(Alert)
    rows = (await session.execute(select(alerts).where(alerts.c.case_id.in_(case_ids)))).all()
    return {row.id: row for row in rows}


async def held_escalations(session: Session, alert_ids: Collection[str]) -> Sequence[Any]:
    """How far these alerts have been told, locked in one order."""
    escalation = core(tables.Escalation)
    query = select(escalation).where(escalation.c.alert_id.in_(list(alert_ids)))
    ordered = query.order_by(escalation.c.alert_id).with_for_update()
    return (await session.execute(ordered)).all()


async def tellings(session: Session, alert_id: str) -> Sequence[tables.AlertTelling]:
    """Every step that was taken to tell of an alert, in order."""
    row = tables.AlertTelling
    query = select(row).where(col(row.alert_id) == alert_id)
    ordered = query.order_by(col(row.raised), col(row.round), col(row.step))
    return (await session.scalars(ordered)).all()


async def rules(session: Session) -> list[AlertRule]:
    """Every rule of the tenant, as the domain takes it."""
    return [as_rule(row) for row in await all_rules(session)]


def as_rule(row: tables.AlertRule) -> AlertRule:
    """A stored rule as the domain takes it."""
    return AlertRule(
        id=row.id,
        scope=Scope(row.process, row.node, row.segment, row.priority, row.promise),
        thresholds=frozenset(row.thresholds),
        steps=tuple(
            Step(timedelta(seconds=s["after_seconds"]), tuple(s["to"]), tuple(s["channels"]))
            for s in row.steps
        ),
        calendar=row.calendar,
    )


async def all_rules(session: Session) -> Sequence[tables.AlertRule]:
    """Every rule of the tenant."""
    return (await session.scalars(select(tables.AlertRule))).all()


async def listed_rules(
    session: Session, limit: int, cursor: str | None
) -> tuple[list[tables.AlertRule], str | None]:
    """One page by id."""
    order = [col(tables.AlertRule.id)]
    query = pages.seek(select(tables.AlertRule), order, cursor, descending=False)
    rows = (await session.scalars(query.limit(limit + 1))).all()
    return pages.page(rows, limit, lambda row: [row.id])


async def rule(session: Session, rule_id: str, *, lock: bool = False) -> tables.AlertRule:
    """One rule; raises a 404 problem."""
    query = select(tables.AlertRule).where(col(tables.AlertRule.id) == rule_id)
    row = (await session.scalars(query.with_for_update() if lock else query)).one_or_none()
    if row is None:
        raise not_found({"zh": "告警规则", "en": "alert rule"}, rule_id)
    return row


async def channels(session: Session) -> Sequence[tables.AlertChannel]:
    """Every channel of the tenant."""
    return (await session.scalars(select(tables.AlertChannel))).all()


async def listed_channels(
    session: Session, limit: int, cursor: str | None
) -> tuple[list[tables.AlertChannel], str | None]:
    """One page by code."""
    order = [col(tables.AlertChannel.code)]
    query = pages.seek(select(tables.AlertChannel), order, cursor, descending=False)
    rows = (await session.scalars(query.limit(limit + 1))).all()
    return pages.page(rows, limit, lambda row: [row.code])


async def channel(session: Session, code: str, *, lock: bool = False) -> tables.AlertChannel:
    """One channel; raises a 404 problem."""
    query = select(tables.AlertChannel).where(col(tables.AlertChannel.code) == code)
    row = (await session.scalars(query.with_for_update() if lock else query)).one_or_none()
    if row is None:
        raise not_found({"zh": "告警渠道", "en": "alert channel"}, code)
    return row
