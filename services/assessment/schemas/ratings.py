"""Bodies of a rater's sheet and of the ratings that a caller may see."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field, WithJsonSchema

from services.assessment.schemas.scores import NotApplicableRating
from shared.schemas import Request, example

_RATING = {
    "description": "A level or percentage of the cell's scale, or not applicable with the reason.",
    "anyOf": [
        {"type": "integer", "minimum": 0},
        {
            "type": "object",
            "properties": {"na": {"type": "string", "minLength": 1}},
            "required": ["na"],
            "additionalProperties": False,
        },
    ],
}

# Typed for clients only: the domain reads the value, so that one answer lists every fault.
GivenRating = Annotated[object, WithJsonSchema(_RATING)]
Confidence = Literal["low", "medium", "high"]
Comment = Annotated[str, Field(max_length=4000)]


class CellRating(Request):
    """What a rater says of one cell."""

    rating: GivenRating
    comment: Comment | None = None
    confidence: Confidence | None = None


class SheetChange(Request):
    """Ratings to set, by cell; null takes a rating back, and cells left out stay as they are."""

    model_config = example(
        {
            "ratings": {
                "leadership.deployed": {
                    "rating": 3,
                    "comment": "Rolled out in all branches",
                    "confidence": "high",
                },
                "customer_channel_experience.comparison": {
                    "rating": {"na": "No comparable company"}
                },
                "leadership.planned_approach": None,
            }
        }
    )

    ratings: dict[str, CellRating | None] = Field(max_length=2000)


class Rating(BaseModel):
    """One rater's rating of one cell."""

    rater: str
    cell: str = Field(examples=["leadership.deployed"])
    rating: int | NotApplicableRating
    comment: str | None
    confidence: Confidence | None
    na_ruling: Literal["approved", "refused"] | None = Field(
        description="What someone other than the rater says of not applicable."
    )
    na_ruled_by: str | None
    rated_at: datetime
    revision: int = Field(description="Of what was said and ruled; the ETag of a ruling.")


class Sheet(BaseModel):
    """The caller's own ratings in an assessment."""

    assessment: str
    rater: str
    submitted: bool
    cells: list[str] = Field(description="Everything that is to be rated, in the model's order.")
    unrated: list[str]
    ratings: list[Rating]
    revision: int


class Ruling(Request):
    """What someone other than the rater says of a rating that is not applicable."""

    model_config = example({"approved": True})

    approved: bool
