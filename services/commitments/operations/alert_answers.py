"""An alert is acknowledged, and answered with a handling record; each once."""

from datetime import datetime
from typing import Any

from sqlalchemy import delete
from sqlmodel import col

from services.commitments.operations.alerts import of
from services.commitments.queries import alerts as queries
from services.commitments.schemas import alerts as schemas
from services.commitments.tables import Alert, Escalation
from shared import outbox
from shared.contracts.commitments import AlertAcknowledged, AlertHandled
from shared.identity import Principal
from shared.problems import CONFLICT, Problem
from shared.store import Session


async def acknowledge_alert(session: Session, alert_id: str, by: Principal, at: datetime) -> Alert:
    """Take note of an alert, which ends its escalation; one that is answered stays as it is."""
    alert = await queries.alert(session, alert_id, lock=True)
    if alert.acknowledged_at is not None or alert.state == "handled":
        return alert
    _require_standing(alert)
    alert.state, alert.acknowledged_at, alert.acknowledged_by = "acknowledged", at, by.subject
    alert.revision += 1
    await _no_further(session, alert)
    await outbox.record(session, AlertAcknowledged(**of(alert), at=at, by=by.subject))
    return alert


async def handle_alert(
    session: Session, alert_id: str, record: schemas.Handling, by: Principal, at: datetime
) -> Alert:
    """Answer an alert with a handling record; a second, different record is a 409 problem."""
    alert = await queries.alert(session, alert_id, lock=True)
    given = record.model_dump(mode="json")
    if alert.handling is not None:
        if alert.handling != given:
            raise _handled_already(alert)
        return alert
    _require_standing(alert)
    alert.state, alert.handled_at, alert.handled_by = "handled", at, by.subject
    alert.handling = given
    alert.revision += 1
    await _no_further(session, alert)
    await outbox.record(session, AlertHandled(**of(alert), **_said(record), at=at, by=by.subject))
    return alert


def _said(record: schemas.Handling) -> dict[str, Any]:
    return record.model_dump()


async def _no_further(session: Session, alert: Alert) -> None:
    await session.execute(delete(Escalation).where(col(Escalation.alert_id) == alert.id))


def _require_standing(alert: Alert) -> None:
    if alert.state == "withdrawn":
        zh = "该告警已撤回：后到的事件表明阈值当时并未达到。"
        en = "This alert is withdrawn: a late event showed that its threshold was not reached."
        raise Problem(CONFLICT, {"zh": zh, "en": en})


def _handled_already(alert: Alert) -> Problem:
    zh = f"该告警已由 {alert.handled_by} 处理，处理记录不可更改。"
    en = f"{alert.handled_by} has handled this alert; its handling record stays as it is."
    return Problem(CONFLICT, {"zh": zh, "en": en})
