"""An assessment moves to another version of its model: explicitly, after a snapshot."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from services.assessment import tables
from services.assessment.domain.carrying import CarryOver, carry_over
from services.assessment.domain.cells import standard
from services.assessment.domain.faults import Fault
from services.assessment.domain.model import Assessed, Model
from services.assessment.domain.ratings import NotApplicable, Rating, read_target
from services.assessment.domain.workflow import Status
from services.assessment.operations.assessment_scores import decided_score
from services.assessment.operations.assessments import shown
from services.assessment.operations.audit import Change, note
from services.assessment.operations.consensus import consensus, decided_rating, undecided
from services.assessment.operations.leading import demand_lead
from services.assessment.operations.models import find_model, find_model_in_use
from services.assessment.operations.rating import rating_of
from services.assessment.operations.refusals import conflict, demand_status
from services.assessment.queries import assessments as queries
from services.assessment.queries import consensus as consensus_queries
from services.assessment.queries import ratings as rating_queries
from services.assessment.queries.evidence import attached
from services.assessment.schemas import versions as schemas
from shared.http import require_match
from shared.identity import Principal
from shared.ids import new_id
from shared.problems import NOT_FOUND, Problem, at_pointer, invalid
from shared.store import Session


async def migrate_assessment(
    session: Session, id_: str, version: int, by: Principal, at: datetime, if_match: str | None
) -> schemas.Migration:
    """Move to another version of the model, in draft or in consensus, and say what was lost.

    Not while rating is independent: what cannot be carried over would tell what others rated.
    """
    row = await queries.assessment_for_update(session, id_)
    demand_lead(session, by, row)
    require_match(if_match, row.revision)
    demand_status(row, Status.DRAFT, Status.CONSENSUS)
    if row.mode == "quick":
        raise conflict(
            "快速评估不能迁移，请另行起草。", "A quick assessment is drafted anew, not moved."
        )
    old = await find_model(session, row.model_code, row.model_version)
    new = await _other(session, row, version)
    content = await _content(session, row)
    report = await _move(session, row, old, new)
    snapshot = _snapshot(row, old, content, report, by, at)
    session.add(snapshot)
    change = Change("migrate_assessment", {"version": old.version}, {"version": new.version})
    note(session, id_, change, by, at)
    await session.flush()
    return schemas.Migration(
        snapshot=snapshot.id,
        assessment=id_,
        from_version=old.version,
        to_version=new.version,
        report=report,
    )


async def _move(
    session: Session, row: tables.Assessment, old: Model, new: Model
) -> schemas.MigrationReport:
    """Carry over what the new version has a place for, pin it, and say what was lost."""
    lost, carried = await _carry(session, row, old, new)
    dropped = _repin(row, new)
    await session.flush()
    return schemas.MigrationReport(
        carried=carried,
        lost=lost,
        undecided=await undecided(session, row),
        target_dropped=dropped,
    )


def _snapshot(
    row: tables.Assessment,
    old: Model,
    content: dict[str, Any],
    report: schemas.MigrationReport,
    by: Principal,
    at: datetime,
) -> tables.Snapshot:
    """What the assessment was before it moved to the version that it has now."""
    return tables.Snapshot(
        id=new_id("snp"),
        tenant=row.tenant,
        assessment=row.id,
        from_version=old.version,
        to_version=row.model_version,
        content=content,
        report=report.model_dump(mode="json"),
        taken_by=by.subject,
        taken_at=at,
    )


async def _other(session: Session, row: tables.Assessment, version: int) -> Model:
    try:
        new = await find_model_in_use(session, row.model_code, version)
    except Problem as problem:
        if problem.type is not NOT_FOUND or problem.detail is None:
            raise
        said = problem.detail
        raise invalid(at_pointer("/version", "unknown_reference", said["zh"], said["en"])) from None
    if version == row.model_version:
        raise invalid(at_pointer("/version", "same_version", *_SAME))
    if Assessed.of(row.unit_kind) is not new.assesses:
        raise invalid(at_pointer("/version", "other_kind", *_OTHER_KIND))
    if row.standard is not None and standard(new, row.standard) is None:
        raise invalid(at_pointer("/version", "no_such_standard", *_NO_STANDARD))
    return new


async def _content(session: Session, row: tables.Assessment) -> dict[str, Any]:
    """The whole assessment as it is now."""
    opened = row.consensus_opened_at is not None
    return {
        "assessment": shown(row).model_dump(mode="json"),
        "raters": [each.subject for each in await queries.raters(session, row.id)],
        "consensus": [
            each.model_dump(mode="json")
            for each in (await consensus(session, row.id) if opened else ())
        ],
        "total": str((await decided_score(session, row)).score.whole.value),
    }


async def _carry(
    session: Session, row: tables.Assessment, old: Model, new: Model
) -> tuple[list[schemas.NotCarried], int]:
    """Put everyone's ratings, and the decisions, where the new version has them."""
    lost: list[schemas.NotCarried] = []
    carried = 0
    ratings = await rating_queries.all_ratings(session, row.id)
    for rater in sorted({each.rater for each in ratings}):
        rows = {each.cell: each for each in ratings if each.rater == rater}
        over = carry_over({cell: rating_of(each) for cell, each in rows.items()}, old, new)
        await _place(session, rows, over)
        lost += _lost(rater, over)
        carried += len(over.ratings)
    decisions = {each.cell: each for each in await consensus_queries.decisions(session, row.id)}
    over = carry_over({cell: decided_rating(each) for cell, each in decisions.items()}, old, new)
    await _place(session, decisions, over)
    await _follow(session, row, old, new)
    return lost + _lost(None, over), carried + len(over.ratings)


async def _place(
    session: Session,
    rows: Mapping[str, tables.Rating] | Mapping[str, tables.Decision],
    over: CarryOver,
) -> None:
    kept: list[tables.Rating | tables.Decision] = []
    for cell, rating in over.ratings.items():
        before = rows[over.cells[cell]]
        value = None if isinstance(rating, NotApplicable) else rating
        kept.append(type(before)(**{**before.model_dump(), "cell": cell, "value": value}))
    for before in rows.values():
        await session.delete(before)
    await session.flush()
    session.add_all(kept)
    await session.flush()


async def _follow(session: Session, row: tables.Assessment, old: Model, new: Model) -> None:
    """Discussion and evidence go where their cells have gone; the snapshot keeps the rest."""
    moved = carry_over(dict.fromkeys(old.cells, NotApplicable("moved")), old, new).cells
    places = {before: after for after, before in moved.items()}
    held: Sequence[tables.DiscussionNote | tables.EvidenceAttachment] = [
        *await consensus_queries.notes(session, row.id),
        *[told for told, _ in await attached(session, row.id)],
    ]
    again = [
        type(each)(**{**each.model_dump(), "cell": places[each.cell]})
        for each in held
        if each.cell in places
    ]
    for each in held:
        await session.delete(each)
    await session.flush()
    session.add_all(again)
    await session.flush()


def _repin(row: tables.Assessment, new: Model) -> bool:
    """Pin the new version; whether the target had to go."""
    faults: list[Fault] = []
    read_target(new, row.target, "/target", faults)
    if faults:
        row.target = None
    row.model_version, row.model_hash = new.version, new.hash
    row.revision += 1
    return bool(faults)


def _lost(rater: str | None, over: CarryOver) -> list[schemas.NotCarried]:
    return [
        schemas.NotCarried.model_validate(
            {
                "rater": rater,
                "item": each.item,
                "rating": _plain(each.rating),
                "code": each.code,
                "text": {"zh": each.text.zh, "en": each.text.en},
            }
        )
        for each in over.lost
    ]


def _plain(rating: Rating) -> object:
    return {"na": rating.reason} if isinstance(rating, NotApplicable) else rating


_OTHER_KIND = (
    "该版本评估的不是同一类对象（人或单元）。",
    "That version does not assess the same: a person, or a unit.",
)
_SAME = ("评估已在此版本。", "The assessment is at this version already.")
_NO_STANDARD = ("该版本没有此评估的标准。", "That version lacks the standard of this assessment.")
