"""The way from what was decided to a target, in steps that people own."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from itertools import accumulate

from sqlalchemy import delete
from sqlmodel import col

from services.assessment import tables
from services.assessment.domain import display, road_map
from services.assessment.domain.faults import InvalidRatingsError, below
from services.assessment.domain.model import Model
from services.assessment.domain.ratings import read
from services.assessment.domain.scoring import Score
from services.assessment.domain.targets import percent_to_target
from services.assessment.operations.assessment_scores import decided_score
from services.assessment.operations.audit import Change, note
from services.assessment.operations.consensus import OPENED
from services.assessment.operations.leading import demand_lead
from services.assessment.operations.models import find_model
from services.assessment.operations.refusals import demand_status
from services.assessment.queries import assessments as assessment_queries
from services.assessment.queries import road_maps as queries
from services.assessment.schemas import road_maps as schemas
from shared.http import require_match
from shared.identity import Principal, Role
from shared.ids import new_id
from shared.problems import at_pointer, invalid
from shared.store import Session


async def make_road_map(
    session: Session,
    id_: str,
    new: schemas.NewRoadMap,
    by: Principal,
    at: datetime,
    if_match: str | None,
) -> schemas.RoadMap:
    """Order the steps to a target; one that exists is replaced only under its ETag.

    409 before consensus opens. A 422 problem lists every fault of target and efforts.
    """
    row = await assessment_queries.assessment_for_update(session, id_)
    if Role.PROCESS_OWNER not in by.roles:
        demand_lead(session, by, row)
    demand_status(row, *OPENED)
    before = await queries.find_road_map(session, id_)
    if before is not None:
        require_match(if_match, before.revision)
    score = (await decided_score(session, row)).score
    target = _target(score.model, row.target if new.target is None else new.target)
    ordered = road_map.road_map(score, target, _efforts(score.model, new))
    told = before and {"target": before.target, "efforts": before.efforts}
    made = await _replace(session, row, before, new, _percent(score, target), by, at)
    session.add_all(_steps(row, ordered))
    after = {"target": made.target, "efforts": made.efforts}
    note(session, id_, Change("make_road_map", told, after), by, at)
    await session.flush()
    return await show_road_map(session, id_)


async def show_road_map(session: Session, id_: str) -> schemas.RoadMap:
    """The road map of an assessment; 404 where none was made."""
    row = await assessment_queries.assessment(session, id_)
    made = await queries.road_map(session, id_)
    model = await find_model(session, row.model_code, row.model_version)
    steps = shown_steps(model, await queries.steps(session, id_))
    gap = sum((Fraction(each.gain.exact) for each in steps), Fraction(0))
    percent = made.percent_to_target
    told = {
        "target": made.target,
        "percent_to_target": percent and _share(model, Fraction(percent)),
        "gap": _share(model, gap),
        "steps": steps,
    }
    return schemas.RoadMap.model_validate({**made.model_dump(), **told})


async def change_step(
    session: Session,
    id_: str,
    step_id: str,
    change: schemas.RoadMapStepChange,
    by: Principal,
    at: datetime,
    if_match: str | None,
) -> schemas.RoadMapStep:
    """Give a step its action, owner, date or status; by its owner, a lead or a process owner."""
    row = await assessment_queries.assessment_for_entry(session, id_)
    step = await queries.step(session, id_, step_id, lock=True)
    if by.subject != step.owner and Role.PROCESS_OWNER not in by.roles:
        demand_lead(session, by, row)
    require_match(if_match, step.revision)
    told = change.model_dump(exclude_unset=True)
    before = {name: getattr(step, name) for name in told}
    for name, value in told.items():
        if value is not None or name != "status":
            setattr(step, name, value)
    step.revision += 1
    note(session, id_, Change("change_road_map_step", before, told, step.item), by, at)
    await session.flush()
    return await show_step(session, id_, step_id)


async def show_step(session: Session, id_: str, step_id: str) -> schemas.RoadMapStep:
    """One step as it stands among the others."""
    await queries.step(session, id_, step_id)
    shown = await show_road_map(session, id_)
    return next(each for each in shown.steps if each.id == step_id)


def shown_steps(model: Model, rows: Sequence[tables.RoadMapStep]) -> list[schemas.RoadMapStep]:
    """Steps with what they and all before them gain and take."""
    gains = accumulate(Fraction(row.gain) for row in rows)
    efforts = accumulate(Fraction(row.effort) for row in rows)
    return [
        schemas.RoadMapStep.model_validate(
            {
                **row.model_dump(),
                "title": _title(model, row.item),
                "gain": _share(model, Fraction(row.gain)),
                "points": display.shown(model, display.points(model, Fraction(row.gain))),
                "gain_per_effort": str(Fraction(row.gain) / Fraction(row.effort)),
                "gain_so_far": _share(model, gain),
                "effort_so_far": str(effort),
            }
        )
        for row, gain, effort in zip(rows, gains, efforts, strict=True)
    ]


def _target(model: Model, told: object) -> dict[str, int]:
    try:
        _, target = read(model, {}, told)
    except InvalidRatingsError as error:
        faults = (at_pointer(f.pointer, f.code, f.text.zh, f.text.en) for f in error.faults)
        raise invalid(*faults) from error
    if not target:
        text = ("评估没有目标，须在此给出。", "The assessment has no target: give one.")
        raise invalid(at_pointer("/target", "target_missing", *text))
    return target


def _efforts(model: Model, new: schemas.NewRoadMap) -> road_map.Efforts:
    unknown = [item for item in new.efforts if item not in model.items]
    if unknown:
        text = ("模型中没有这个条目。", "The model has no such item.")
        at = (below("/efforts", item) for item in unknown)
        raise invalid(*(at_pointer(pointer, "unknown_item", *text) for pointer in at))
    return {item: _exact(said) for item, said in new.efforts.items()}


def _exact(said: Decimal | Mapping[int, Decimal]) -> Fraction | dict[int, Fraction]:
    if isinstance(said, Decimal):
        return Fraction(said)
    return {level: Fraction(each) for level, each in said.items()}


def _percent(score: Score, target: Mapping[str, int]) -> str | None:
    share = percent_to_target(score, target)
    return None if share is None else str(share)


async def _replace(
    session: Session,
    row: tables.Assessment,
    before: tables.RoadMap | None,
    new: schemas.NewRoadMap,
    percent: str | None,
    by: Principal,
    at: datetime,
) -> tables.RoadMap:
    mine = col(tables.RoadMapStep.assessment) == row.id
    await session.execute(delete(tables.RoadMapStep).where(mine))
    made = tables.RoadMap(
        tenant=row.tenant,
        assessment=row.id,
        target=row.target if new.target is None else new.target,
        efforts=new.model_dump(mode="json")["efforts"],
        percent_to_target=percent,
        made_by=by.subject,
        made_at=at,
        revision=1 + (before.revision if before else 0),
    )
    made = await session.merge(made)
    await session.flush()
    return made


def _steps(row: tables.Assessment, ordered: Sequence[road_map.Step]) -> list[tables.RoadMapStep]:
    return [
        tables.RoadMapStep(
            id=new_id("rms"),
            tenant=row.tenant,
            assessment=row.id,
            position=position,
            item=step.item,
            rating=step.rating,
            reached=step.reached,
            gain=str(step.gain),
            effort=str(step.effort),
            status="open",
            revision=1,
        )
        for position, step in enumerate(ordered, start=1)
    ]


def _title(model: Model, cell: str) -> dict[str, str]:
    item = model.items[cell]
    above = model.items[item.parent].title if item.parent else item.title
    return {"zh": f"{above.zh}·{item.title.zh}", "en": f"{above.en}, {item.title.en}"}


def _share(model: Model, exact: Fraction) -> dict[str, object]:
    return {"exact": str(exact), "value": display.shown(model, exact)}
