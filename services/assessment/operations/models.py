"""Models and what ratings come to in them."""

from services.assessment import catalogue
from services.assessment.domain.faults import InvalidRatingsError
from services.assessment.domain.model import Model
from services.assessment.domain.report import as_json, report
from services.assessment.schemas import models as schemas
from shared.problems import at_pointer, invalid, not_found


def model(code: str, version: int | None = None) -> Model:
    """The model of this code, in its newest version unless one is named; a 404 problem if none."""
    found = catalogue.shipped().get(code)
    if found is None:
        raise not_found({"zh": "模型", "en": "model"}, code)
    if version not in (None, found.version):
        raise not_found({"zh": "模型版本", "en": "model version"}, f"{code} {version}")
    return found


def score_model(code: str, rated: schemas.ScoresRequest) -> schemas.ScoresResponse:
    """What ratings come to in the newest version of a model; a 422 problem lists every fault."""
    try:
        scored = report(model(code), rated.ratings, rated.target)
    except InvalidRatingsError as error:
        faults = (at_pointer(f.pointer, f.code, f.text.zh, f.text.en) for f in error.faults)
        raise invalid(*faults) from error
    return schemas.ScoresResponse.model_validate(as_json(scored))
