"""What others are told of an assessment; of one that concerns a person, nothing."""

from datetime import datetime

from services.assessment import tables
from services.assessment.domain.report import ScoreReport, as_json
from shared import outbox
from shared.contracts.assessment import AssessmentOpened, AssessmentSealed, ConsensusOpened
from shared.store import Session


async def announce_opening(
    session: Session, row: tables.Assessment, raters: list[str], at: datetime
) -> None:
    """Raters may rate."""
    if row.unit_kind != "person":
        said = {**_facts(row), "raters": raters, "opened_at": at, "revision": row.revision}
        await outbox.record(session, AssessmentOpened.model_validate(said))


async def announce_consensus(session: Session, row: tables.Assessment, at: datetime) -> None:
    """The ratings are laid open; none is told."""
    if row.unit_kind != "person":
        said = {**_facts(row), "opened_at": at, "revision": row.revision}
        await outbox.record(session, ConsensusOpened.model_validate(said))


async def announce_seal(
    session: Session, row: tables.Assessment, seal: tables.Seal, scored: ScoreReport
) -> None:
    """The score is final."""
    if row.unit_kind == "person":
        return
    score = as_json(scored)
    model = scored.score.model
    branches = {id_ for id_, item in model.items.items() if item.children}
    items = score["items"]
    assert isinstance(items, list)  # noqa: S101 - as_json says so
    said = {
        **_facts(row),
        **(score["total"] if isinstance(score["total"], dict) else {}),
        "series": row.series,
        "model_hash": row.model_hash,
        "attained": scored.score.whole.attained,
        "items": [{**each, "item": each["id"]} for each in items if each["id"] in branches],
        "seal": seal.hash,
        "sealed_at": seal.sealed_at,
        "revision": row.version,
    }
    await outbox.record(session, AssessmentSealed.model_validate(said))


def _facts(row: tables.Assessment) -> dict[str, object]:
    return {
        "assessment": row.id,
        "unit_kind": row.unit_kind,
        "unit": row.unit,
        "model": row.model_code,
        "model_version": row.model_version,
        "mode": row.mode,
        "period": row.period,
    }
