"""What ratings come to in a model; nothing is stored."""

from dataclasses import asdict

from services.assessment.domain import ratings
from services.assessment.domain.cells import rateable, spread, standard
from services.assessment.domain.faults import Fault, InvalidRatingsError, Text
from services.assessment.domain.model import Model, Standard
from services.assessment.domain.modes import Mode
from services.assessment.domain.report import ScoreReport, as_json, report_of
from services.assessment.domain.scoring import score
from services.assessment.domain.seal import score_hash
from services.assessment.schemas import scores as schemas
from shared.problems import at_pointer, invalid


def score_model(model: Model, rated: schemas.ScoresRequest) -> schemas.StatelessScore:
    """What ratings come to in a model; a 422 problem lists every fault."""
    try:
        scored = _report(model, rated)
    except InvalidRatingsError as error:
        faults = (at_pointer(f.pointer, f.code, f.text.zh, f.text.en) for f in error.faults)
        raise invalid(*faults) from error
    return schemas.StatelessScore.model_validate(
        {
            **as_json(scored),
            "mode": rated.mode,
            "label": asdict(rated.mode.label),
            "standard": rated.standard,
            "score_hash": score_hash(scored.score),
        }
    )


def _report(model: Model, rated: schemas.ScoresRequest) -> ScoreReport:
    """Reads everything before it refuses anything, so that one answer lists every fault."""
    faults: list[Fault] = []
    scope = _scope(model, rated.standard, faults)
    quick = rated.mode is Mode.QUICK
    cells = rateable(model, quick, scope)
    if quick and cells == rateable(model, False, scope):
        faults.append(Fault("/mode", "no_quick_mode", _NO_QUICK_MODE))
    known = ratings.read_ratings(model, rated.ratings, "/ratings", faults, cells)
    aimed = ratings.read_target(model, rated.target, "/target", faults)
    facts = None
    if rated.facts is not None:
        facts = ratings.read_facts(model, rated.facts, "/facts", faults)
    if faults:
        raise InvalidRatingsError(faults)
    if rated.target is None and scope is not None:
        aimed = dict(scope.target)
    return report_of(score(model, spread(model, known, scope)), aimed, facts)


def _scope(model: Model, code: str | None, faults: list[Fault]) -> Standard | None:
    found = None if code is None else standard(model, code)
    if code is not None and found is None:
        faults.append(Fault("/standard", "unknown_standard", _UNKNOWN_STANDARD))
    return found


_UNKNOWN_STANDARD = Text("模型中没有这项标准。", "The model has no such standard.")
_NO_QUICK_MODE = Text("该模型没有快速模式。", "The model has no quick mode.")
