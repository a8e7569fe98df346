"""The maturity report card: criteria by levels, as the source ticks them (source 001)."""

from collections.abc import Mapping

from services.assessment.domain.model import Item, Model
from services.assessment.domain.ratings import read
from services.assessment.domain.report import as_json
from services.assessment.domain.scoring import Score
from services.assessment.operations.assessment_scores import decided_score
from services.assessment.operations.consensus import OPENED
from services.assessment.operations.refusals import conflict, demand_status
from services.assessment.operations.results import value
from services.assessment.queries import assessments as queries
from services.assessment.schemas import road_maps as schemas
from shared.store import Session


async def report_card(session: Session, id_: str) -> schemas.ReportCard:
    """The card of an assessment whose consensus has opened; 409 before, and once erased."""
    row = await queries.assessment(session, id_)
    demand_status(row, *OPENED)
    if row.erased_at is not None:
        raise conflict("个人内容已删除。", "What was personal has been erased.")
    reported = await decided_score(session, row)
    score, model = reported.score, reported.score.model
    _, target = read(model, {}, row.target)
    whole = score.whole.value
    said = as_json(reported)
    return schemas.ReportCard.model_validate(
        {
            **row.model_dump(),
            "assessment": row.id,
            "unit": {"kind": row.unit_kind, "code": row.unit},
            "model": said["model"],
            "total": None if whole is None else value(model, whole).model_dump(),
            "attained": score.whole.attained,
            "percent_to_target": said["percent_to_target"],
            "levels": _levels(model),
            "rows": [_row(score, item, target) for item in _criteria(model)],
            "gaps": said["gaps"],
        }
    )


def _criteria(model: Model) -> list[Item]:
    """The items whose children are cells of one scale of levels."""
    return [
        item
        for item in model.items.values()
        if item.scale is not None
        and item.scale.levels
        and item.children
        and not any(child.children for child in item.children)
    ]


def _levels(model: Model) -> list[dict[str, object]]:
    criteria = _criteria(model)
    scale = criteria[0].scale if criteria else None
    return [
        {"number": level.number, "title": {"zh": level.title.zh, "en": level.title.en}}
        for level in (scale.levels.values() if scale else ())
    ]


def _row(score: Score, item: Item, target: Mapping[str, int]) -> dict[str, object]:
    scored = score.items[item.id]
    known = None if scored.value is None else value(score.model, scored.value)
    levels = item.scale.levels if item.scale else {}
    ticked: dict[int, list[str]] = {number: [] for number in levels}
    for cell in item.children:
        rating = score.ratings.get(cell.id)
        if isinstance(rating, int):
            ticked[rating].append(cell.id)
    return {
        "item": item.id,
        "title": {"zh": item.title.zh, "en": item.title.en},
        "exact": known and known.exact,
        "value": known and known.value,
        "index": known and known.index,
        "attained": scored.attained,
        "cells": [_cell(score, cell, target) for cell in item.children],
        "by_level": ticked,
    }


def _cell(score: Score, cell: Item, target: Mapping[str, int]) -> dict[str, object]:
    rating = score.ratings.get(cell.id)
    return {
        "item": cell.id,
        "title": {"zh": cell.title.zh, "en": cell.title.en},
        "rating": rating if isinstance(rating, int) else None,
        "target": target.get(cell.id),
    }
