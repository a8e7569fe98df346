"""What sealed assessments came to, and how they stand beside each other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from pydantic import TypeAdapter

from services.assessment import tables
from services.assessment.domain import comparison
from services.assessment.domain.cells import rateable, standard
from services.assessment.domain.comparison import Basis, Obstacle, Result
from services.assessment.domain.display import index, points, shown
from services.assessment.domain.model import Model
from services.assessment.domain.ratings import read
from services.assessment.domain.scoring import Score, score
from services.assessment.operations.consensus import decided_rating
from services.assessment.operations.models import find_model
from services.assessment.operations.pinned import Pinned
from services.assessment.queries import sealed as queries
from services.assessment.schemas import results as schemas
from services.assessment.schemas.assessments import Mode, UnitKind
from services.assessment.schemas.scores import ModelReference
from shared.problems import CONFLICT, FieldError, Problem, Text, not_found
from shared.store import Session

_MODE: TypeAdapter[Mode] = TypeAdapter(Mode)


@dataclass(frozen=True, slots=True)
class Scored:
    """A sealed assessment with its exact score."""

    row: tables.Assessment
    score: Score
    result: Result


async def compare_assessments(session: Session, ids: Sequence[str]) -> schemas.ResultComparison:
    """Sealed assessments beside the first; 409 with every reason where they do not compare."""
    rows = await queries.assessments_named(session, ids)
    for id_ in ids:
        if id_ not in rows or rows[id_].erased_at is not None:
            raise not_found({"zh": "评估", "en": "assessment"}, id_)
    scored = await scores_of(session, [rows[id_] for id_ in dict.fromkeys(ids)])
    against = comparison.obstacles([each.result for each in scored])
    if against:
        raise Problem(CONFLICT, errors=[_obstacle(each) for each in against])
    first, *others = scored
    return schemas.ResultComparison(
        model=reference(first.score.model),
        mode=_MODE.validate_python(first.row.mode),
        results=[result(each) for each in scored],
        differences=[
            change(each, comparison.differences(first.result, each.result)) for each in others
        ],
    )


async def trend(
    session: Session, unit_kind: UnitKind, unit: str, model: str, version: int | None, mode: Mode
) -> schemas.ResultTrend:
    """A unit's sealed results by period, and what changed since the one before and the first.

    On the newest model version that was used unless one is named; what does not compare is left
    out with its reason. Of two results of a period the one sealed last counts.
    """
    named = {"unit_kind": unit_kind, "unit": unit, "model_code": model}
    rows = await queries.sealed_assessments(session, named)
    if not rows:
        raise not_found({"zh": "已封存的评估，单元", "en": "sealed assessment of"}, unit)
    used = max(row.model_version for row in rows) if version is None else version
    scored = await scores_of(session, rows)
    fitting = [e for e in scored if (e.row.model_version, e.row.mode) == (used, mode)]
    if not fitting:
        fitted = f"{unit} (version {used}, mode {mode})"
        raise not_found({"zh": "已封存的评估，单元", "en": "sealed assessment of"}, fitted)
    newest = _by_period(fitting)[-1]
    against = comparison.obstacles([newest.result, *(each.result for each in scored)])
    out = {each.assessment for each in against}
    return _trend([each for each in _by_period(fitting) if each.row.id not in out], against)


async def scores_of(session: Session, rows: Sequence[tables.Assessment]) -> list[Scored]:
    """The exact scores of these assessments, read together."""
    decided = await queries.decisions_of(session, [row.id for row in rows])
    used: dict[tuple[object, ...], Pinned] = {}
    found = []
    for row in rows:
        key = (row.model_code, row.model_version, row.standard, row.mode)
        if key not in used:
            used[key] = await _pinned(session, row)
        found.append(_scored(row, used[key], decided.get(row.id, [])))
    return found


def _trend(scored: Sequence[Scored], against: Sequence[Obstacle]) -> schemas.ResultTrend:
    baseline, newest = scored[0], scored[-1]
    results = [each.result for each in scored]
    pairs = zip(scored[1:], comparison.changes(results), strict=True)
    left_out = [
        {"assessment": each.assessment, "code": each.code, "text": each.text} for each in against
    ]
    return schemas.ResultTrend(
        model=reference(newest.score.model),
        mode=_MODE.validate_python(newest.row.mode),
        results=[result(each) for each in scored],
        changes=[change(each, told.by_item) for each, told in pairs],
        since_baseline=change(newest, comparison.differences(baseline.result, newest.result)),
        left_out=[schemas.LeftOut.model_validate(each, from_attributes=True) for each in left_out],
    )


def result(scored: Scored) -> schemas.SealedResult:
    """A sealed result as callers see it."""
    row, model = scored.row, scored.score.model
    whole, scores = scored.score.whole, scored.score.items
    items = [
        {**value(model, known).model_dump(), "item": id_, "attained": scores[id_].attained}
        for id_, known in scored.result.values.items()
        if model.items[id_].children
    ]
    told = {
        "assessment": row.id,
        "unit": {"kind": row.unit_kind, "code": row.unit},
        "total": None if whole.value is None else value(model, whole.value),
        "attained": whole.attained,
        "items": items,
    }
    return schemas.SealedResult.model_validate({**row.model_dump(), **told})


def value(model: Model, exact: Fraction) -> schemas.ExactValue:
    told = {
        "exact": str(exact),
        "value": shown(model, exact),
        "index": shown(model, index(model, exact)),
        "points": shown(model, points(model, exact)),
    }
    return schemas.ExactValue.model_validate(told)


def reference(model: Model) -> ModelReference:
    return ModelReference(code=model.code, version=model.version, hash=model.hash)


def change(scored: Scored, by_item: Mapping[str, Fraction]) -> schemas.ResultChange:
    """Differences as callers see them: of the model's branches."""
    model = scored.score.model
    items = [
        {"item": item, "exact": str(exact), "value": shown(model, exact)}
        for item, exact in by_item.items()
        if model.items[item].children
    ]
    told = {"assessment": scored.row.id, "period": scored.row.period, "items": items}
    return schemas.ResultChange.model_validate(told)


async def _pinned(session: Session, row: tables.Assessment) -> Pinned:
    model = await find_model(session, row.model_code, row.model_version)
    scope = None if row.standard is None else standard(model, row.standard)
    return Pinned(model, scope, rateable(model, row.mode == "quick", scope))


def _scored(row: tables.Assessment, used: Pinned, decided: Sequence[tables.Decision]) -> Scored:
    ratings = {each.cell: decided_rating(each) for each in decided}
    known, _ = read(used.model, used.by_cell(ratings))
    scored = score(used.model, known)
    basis = Basis(row.model_code, row.model_version, row.mode, frozenset(used.cells))
    values = {id_: v for id_, each in scored.items.items() if (v := each.value) is not None}
    return Scored(row, scored, Result(row.id, basis, row.period, row.sealed_at, values))


def _by_period(scored: Sequence[Scored]) -> list[Scored]:
    newest = {each.row.period: each for each in scored}
    return [newest[period] for period in sorted(newest)]


def _obstacle(told: Obstacle) -> FieldError:
    text = told.text
    detail: Text = {"zh": f"{told.assessment}：{text.zh}", "en": f"{told.assessment}: {text.en}"}
    return FieldError(code=told.code, detail=detail, parameter="assessments")
