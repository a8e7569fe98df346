"""Owners and participants are reminded of reviews, and told of those that were forgotten."""

from datetime import datetime, timedelta
from typing import Any

from services.commitments.domain.agreement import midnight
from services.commitments.domain.review_texts import (
    review_comes_up,
    review_is_overdue,
    scorecard_is_drawn,
    scorecard_is_overdue,
)
from services.commitments.operations.governance import governance_settings
from services.commitments.operations.telling import tell_parties
from services.commitments.operations.wake_ups import Waking
from services.commitments.queries import service_quality as queries
from services.commitments.tables import Agreement, ServiceReview, SupplierScorecard
from shared import outbox
from shared.contracts.service_levels import (
    ServiceReviewOverdue,
    ServiceReviewReminded,
    SupplierScorecardOverdue,
)
from shared.store import Session

_DAY = timedelta(days=1)


async def remind_of_review(session: Session, review_id: str, now: Waking) -> datetime | None:
    """Remind once before the day, tell once after it; nothing once it is held or called off."""
    row = await session.get(ServiceReview, review_id, with_for_update=True)
    if row is None or row.status != "scheduled" or row.overdue_at is not None:
        return None
    agreement = await queries.newest_version(session, row.agreement)
    zone = (await governance_settings(session, now.at)).time_zone
    begins = midnight(row.scheduled_on, zone)
    reminded_at = begins - agreement.review_reminder_days * _DAY
    overdue_at = midnight(row.scheduled_on + _DAY, zone)
    about = (row.id, row.scheduled_on)
    if now.at >= overdue_at:
        row.overdue_at = now.at
        row.revision += 1
        await outbox.record(session, ServiceReviewOverdue(**_review(row), at=now.at))
        said = review_is_overdue(row.agreement, row.scheduled_on)
        await tell_parties(session, agreement, said, (*about, "overdue"), now)
        return None
    if now.at < reminded_at:
        return reminded_at
    if row.reminded_at is None:
        row.reminded_at = now.at
        row.revision += 1
        await outbox.record(session, ServiceReviewReminded(**_review(row), at=now.at))
        said = review_comes_up(row.agreement, row.scheduled_on)
        await tell_parties(session, agreement, said, (*about, "reminded"), now)
    return overdue_at


async def remind_of_scorecard(session: Session, scorecard_id: str, now: Waking) -> datetime | None:
    """Tell once that a scorecard was not reviewed on its day."""
    row = await session.get(SupplierScorecard, scorecard_id, with_for_update=True)
    if row is None or row.status != "due" or row.overdue_at is not None:
        return None
    zone = (await governance_settings(session, now.at)).time_zone
    overdue_at = midnight(row.due_on + _DAY, zone)
    if now.at < overdue_at:
        return overdue_at
    row.overdue_at = now.at
    row.revision += 1
    await outbox.record(session, SupplierScorecardOverdue(**_scorecard(row), at=now.at))
    agreement = await queries.newest_version(session, row.agreement)
    said = scorecard_is_overdue(row.supplier, row.agreement, row.due_on)
    await tell_parties(session, agreement, said, (row.id, "overdue"), now)
    return None


async def tell_of_scorecard(
    session: Session, agreement: Agreement, row: SupplierScorecard, now: Waking
) -> None:
    """Tell that a scorecard was drawn, and by when it is to be reviewed."""
    kept = f"{row.figures['counts']['completed_normal']}/{row.figures['completed']}"
    said = scorecard_is_drawn(row.supplier, row.agreement, kept, row.due_on)
    await tell_parties(session, agreement, said, (row.id, "drawn"), now)


def _review(row: ServiceReview) -> dict[str, Any]:
    names = {"agreement", "service", "scheduled_on", "revision"}
    return {**row.model_dump(include=names), "review_id": row.id}


def _scorecard(row: SupplierScorecard) -> dict[str, Any]:
    names = {"agreement", "agreement_version", "supplier", "period_from", "period_to", "due_on"}
    return {**row.model_dump(include=names | {"revision"}), "scorecard_id": row.id}
