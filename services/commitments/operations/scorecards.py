"""A supplier's scorecard is drawn from the attainment of its contract, then reviewed with it."""

from datetime import datetime, timedelta
from typing import Any

from services.commitments.domain.agreement import next_review
from services.commitments.domain.attainment import attainment
from services.commitments.domain.periods import Period
from services.commitments.domain.states import State
from services.commitments.operations.refusals import require_none, unknown
from services.commitments.operations.wake_ups import SCORECARD, never_wake, wake_at
from services.commitments.queries import attainment as counting
from services.commitments.queries import scorecards as queries
from services.commitments.queries.attainment import AttainmentFilter, Basis, Counting
from services.commitments.schemas import service_metrics as schemas
from services.commitments.tables import Agreement, SupplierScorecard
from shared import outbox
from shared.contracts.service_levels import SupplierScorecardDrawn
from shared.http import require_match
from shared.ids import derived_id, new_id
from shared.problems import CONFLICT, FieldError, Problem, at_pointer
from shared.store import Session

SECOND = timedelta(seconds=1)

By = tuple[str, datetime]
"""Who reviews, and when."""


async def draw_scorecard(
    session: Session, new: schemas.NewScorecard, at: datetime
) -> SupplierScorecard:
    """Draw the scorecard of a period; raises 422 for what is no supporting contract (UC)."""
    contract = await queries.contract(session, new.agreement)
    faults: list[FieldError] = []
    if contract is None or contract.kind != "uc":
        zh, en = "已发布的支持合同（UC）", "published supporting contract (UC)"
        faults.append(unknown("/agreement", zh, en, new.agreement))
    if new.period_from >= new.period_to:
        zh, en = "统计期的终点须晚于起点。", "The period ends before it begins."
        faults.append(at_pointer("/period_to", "backwards", zh, en))
    require_none(faults)
    assert contract is not None  # noqa: S101 - refused above
    return await draw(session, contract, Period("", new.period_from, new.period_to), at)


async def draw(
    session: Session,
    contract: Agreement,
    period: Period,
    at: datetime,
    *,
    by_calendar: bool = False,
) -> SupplierScorecard:
    """Count how the contract was kept in a period; what later events change is not counted anew."""
    due_on = next_review(contract.first_review_on, contract.review_months, period.end.date())
    identity = (contract.tenant, contract.code, period.end.isoformat())
    row = SupplierScorecard(
        id=derived_id("ssc", *identity) if by_calendar else new_id("ssc"),
        tenant=contract.tenant,
        agreement=contract.code,
        agreement_version=contract.version,
        supplier=contract.party["name"],
        service=contract.service,
        period_from=period.start,
        period_to=period.end,
        figures=await _figures(session, contract.code, period, at),
        status="due",
        by_calendar=by_calendar,
        due_on=due_on,
        actions=[],
        drawn_at=at,
        revision=1,
    )
    session.add(row)
    await session.flush()
    await outbox.record(session, _drawn(row, at))
    await wake_at(session, SCORECARD, row.id, at)
    return row


def _drawn(row: SupplierScorecard, at: datetime) -> SupplierScorecardDrawn:
    names = {"agreement", "agreement_version", "supplier", "period_from", "period_to", "due_on"}
    return SupplierScorecardDrawn(
        **row.model_dump(include=names | {"revision"}),
        scorecard_id=row.id,
        completed=row.figures["completed"],
        completed_normal=row.figures["counts"][State.COMPLETED_NORMAL],
        at=at,
    )


async def _figures(
    session: Session, agreement: str, period: Period, at: datetime
) -> dict[str, Any]:
    wanted = Counting((), AttainmentFilter(agreement=agreement), "run", at, Basis())
    rows = await counting.counted(session, [period], wanted)
    counts = {state: getattr(rows[0], state.value) if rows else 0 for state in State}
    found = attainment(counts)
    rate, times = found.attainment_rate, rows[0] if rows and rows[0].median is not None else None
    return schemas.ScorecardFigures(
        counts=counts,
        completed=found.completed,
        attainment_rate=None if rate is None else float(rate),
        attainment_rate_exact=None if rate is None else str(rate),
        median_seconds=times.median / SECOND if times else None,
        p95_seconds=times.p95 / SECOND if times else None,
    ).model_dump(mode="json")


async def review_scorecard(
    session: Session,
    scorecard_id: str,
    review: schemas.ReviewScorecard,
    if_match: str | None,
    by: By,
) -> SupplierScorecard:
    """Record what the review found; a review is held once."""
    row = await queries.one(session, scorecard_id, lock=True)
    require_match(if_match, row.revision)
    if row.status == "reviewed":
        zh, en = "该记分卡已评审。", "This scorecard was reviewed."
        raise Problem(CONFLICT, {"zh": zh, "en": en})
    row.status, row.rating, row.findings = "reviewed", review.rating, review.findings
    row.actions = review.model_dump(mode="json")["actions"]
    row.reviewed_by, row.reviewed_at = by
    row.revision += 1
    await never_wake(session, SCORECARD, row.id)
    return row
