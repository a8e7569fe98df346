"""What ratings come to in a model; nothing is stored."""

from services.assessment.domain.faults import InvalidRatingsError
from services.assessment.domain.model import Model
from services.assessment.domain.report import as_json, report
from services.assessment.schemas import models as schemas
from shared.problems import at_pointer, invalid


def score_model(model: Model, rated: schemas.ScoresRequest) -> schemas.ScoresResponse:
    """What ratings come to in a model; a 422 problem lists every fault."""
    try:
        scored = report(model, rated.ratings, rated.target)
    except InvalidRatingsError as error:
        faults = (at_pointer(f.pointer, f.code, f.text.zh, f.text.en) for f in error.faults)
        raise invalid(*faults) from error
    return schemas.ScoresResponse.model_validate(as_json(scored))
