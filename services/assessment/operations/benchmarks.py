"""A benchmark over the sealed assessments of a group, which isolates nobody."""

from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction

from services.assessment.domain.benchmark import (
    FEWEST_UNITS,
    Distribution,
    SealedTotal,
    distribution,
    groups,
    position,
    released,
)
from services.assessment.domain.cells import rateable
from services.assessment.domain.display import shown
from services.assessment.domain.model import Model
from services.assessment.operations.models import find_model
from services.assessment.operations.results import Scored, reference, scores_of, value
from services.assessment.queries import sealed as queries
from services.assessment.schemas import results as schemas
from services.assessment.schemas.assessments import Mode, UnitKind
from services.assessment.schemas.scores import ExactShare
from shared.problems import FieldError, Problem, ProblemType, invalid, not_found
from shared.store import Session

GROUP_TOO_SMALL = ProblemType(
    "group-too-small", 409, {"zh": "样本不足", "en": "The group is too small"}
)


async def benchmark(
    session: Session,
    model_code: str,
    version: int | None,
    mode: Mode,
    unit_kind: UnitKind | None,
    own: str | None,
) -> schemas.Benchmark:
    """The distribution of totals on one model version and mode, of all units or of one kind.

    409 for fewer than five units, and where a kind would leave fewer than five others untold.
    Only assessments of the whole model count, and never those of people.
    """
    model = await find_model(session, model_code, version)
    named = {"model_code": model.code, "model_version": model.version, "mode": mode}
    rows = await queries.sealed_assessments(session, named)
    whole = frozenset(rateable(model, mode == "quick", None))
    scored = [
        each
        for each in await scores_of(session, [r for r in rows if r.unit_kind != "person"])
        if each.score.whole.value is not None and each.result.basis.scope == whole
    ]
    group = _group([_total(each) for each in scored], unit_kind)
    totals = [each.total for each in group]
    told = distribution(totals)
    return schemas.Benchmark(
        model=reference(model),
        mode=mode,
        unit_kind=unit_kind,
        units=told.units,
        lower_quartile=value(model, told.lower_quartile),
        median=value(model, told.median),
        upper_quartile=value(model, told.upper_quartile),
        own=None if own is None else await _own(session, model, mode, own, totals, told),
    )


def _group(totals: Sequence[SealedTotal], unit_kind: str | None) -> Sequence[SealedTotal]:
    group = released(totals) if unit_kind is None else groups(totals).get(unit_kind, ())
    if len(group) < FEWEST_UNITS:
        raise Problem(
            GROUP_TOO_SMALL,
            {
                "zh": f"基准至少需要 {FEWEST_UNITS} 个单元；若组外剩余不足 {FEWEST_UNITS} 个单元，"
                "可由总体推算，亦不提供。",
                "en": f"A benchmark needs {FEWEST_UNITS} units or more. A group beside which fewer "
                f"than {FEWEST_UNITS} others remain has none either: those could be computed.",
            },
        )
    return group


async def _own(
    session: Session,
    model: Model,
    mode: str,
    id_: str,
    totals: Sequence[Fraction],
    told: Distribution,
) -> schemas.OwnPosition:
    row = (await queries.assessments_named(session, [id_])).get(id_)
    if row is None or row.sealed_at is None or row.erased_at is not None:
        raise not_found({"zh": "已封存的评估", "en": "sealed assessment"}, id_)
    (scored,) = await scores_of(session, [row])
    total = scored.score.whole.value
    if (row.model_code, row.model_version, row.mode) != (model.code, model.version, mode):
        raise invalid(_OTHER_BASIS)
    if total is None or row.unit_kind == "person":
        raise invalid(_OTHER_BASIS)
    place = position(total, totals)
    quartiles = (told.lower_quartile, told.median, told.upper_quartile)
    return schemas.OwnPosition(
        assessment=id_,
        total=value(model, total),
        position=ExactShare(exact=str(place), value=shown(model, place) or 0),
        quarter=1 + sum(total >= each for each in quartiles),
    )


def _total(scored: Scored) -> SealedTotal:
    row, total = scored.row, scored.score.whole.value
    at: datetime | None = row.sealed_at
    assert at is not None and total is not None  # noqa: S101, PT018 - sealed, with a total
    return SealedTotal(row.id, row.unit_kind, row.unit, at, total)


_OTHER_BASIS = FieldError(
    code="other_basis",
    detail={
        "zh": "须为同一模型版本与模式、有总分且非对人的评估。",
        "en": "Must be of the same model version and mode, with a total, and not of a person.",
    },
    parameter="own",
)
