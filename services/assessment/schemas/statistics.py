"""Bodies of statistics of raters."""

from typing import Annotated

from pydantic import BaseModel, Field, WithJsonSchema

from services.assessment.domain.agreement import Metric, Undefined
from services.assessment.domain.rating_table import Side
from services.assessment.schemas.scores import BilingualText, Count, ExactShare
from shared.schemas import Request, example

_VALUE = {"anyOf": [{"type": "number"}, {"type": "string"}, {"type": "null"}]}
_ROW = {"type": "array", "items": _VALUE}

# Typed for clients only: the domain reads the table itself, so that every fault is listed.
RatingTable = Annotated[
    object,
    WithJsonSchema(
        {
            "description": "A row for each rater with a column for each unit, null where a rater "
            "did not rate it, in a list or in an object by rater; an object by unit of objects by "
            "rater; or a list of single ratings. `rows` says it where it is the other way round.",
            "anyOf": [
                {"type": "array", "items": _ROW},
                {"type": "object", "additionalProperties": _ROW},
                {
                    "type": "object",
                    "additionalProperties": {"type": "object", "additionalProperties": _VALUE},
                },
                {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "properties": {
                            "rater": {"type": ["string", "integer"]},
                            "unit": {"type": ["string", "integer"]},
                            "value": _VALUE,
                        },
                        "required": ["rater", "unit"],
                        "additionalProperties": False,
                    },
                },
            ],
        }
    ),
]
Alpha = Annotated[
    float | None,
    Field(le=1, description="1 is full agreement, 0 that of chance.", examples=[0.8154]),
]


class AgreementRequest(Request):
    model_config = example(
        {
            "metric": "ordinal",
            "ratings": [[1, 2, 3, 3, None], [1, 2, 3, 4, 4], [None, 3, 3, 3, 4]],
            "seed": 7,
        }
    )

    metric: Metric = Metric.ORDINAL
    ratings: RatingTable
    rows: Side | None = Field(
        default=None,
        description="Whose ratings each row, or each member of an object, holds: those of one "
        "rater, which is the rule for rows, or of one unit, the rule for objects of objects.",
    )
    seed: int = Field(default=0, ge=0, le=2**63 - 1)
    resamples: int = Field(default=1000, ge=0, le=10_000, description="0 asks for no interval.")
    confidence: float = Field(default=0.95, gt=0, lt=1)


class BootstrapInterval(BaseModel):
    """Percentile interval of alpha over units that were drawn with replacement."""

    low: float = Field(examples=[0.51])
    high: float = Field(examples=[0.97])
    confidence: float = Field(examples=[0.95])
    resamples: Count
    undefined: Count = Field(description="Draws without variance, which are left out.")
    seed: int


class UndefinedAgreement(BaseModel):
    """Why there is no alpha, which is not an alpha of zero."""

    code: Undefined
    text: BilingualText


class AgreementResponse(BaseModel):
    """How far raters agree; four decimals, half to even."""

    metric: Metric
    alpha: Alpha = Field(description="Krippendorff's alpha for `metric`; null where undefined.")
    alphas: dict[Metric, Alpha] = Field(description="Alpha for every metric.")
    reason: UndefinedAgreement | None = Field(description="Set when `alpha` is null.")
    interval: BootstrapInterval | None
    percent_agreement: ExactShare | None = Field(
        description="Share of agreeing pairs of ratings of the same unit."
    )
    unanimous: ExactShare | None = Field(description="Share of units rated the same by all.")
    raters: Count
    units: Count = Field(description="Units that two raters or more have rated.")
    ratings: Count = Field(description="Ratings of these units.")
