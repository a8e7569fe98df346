"""Bodies of consensus, review, seals and scores of assessments."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from services.assessment.domain.workflow import Status
from services.assessment.schemas.assessments import AssessmentId, Mode, Reason
from services.assessment.schemas.ratings import GivenRating, Rating
from services.assessment.schemas.scores import (
    BilingualText,
    NotApplicableRating,
    ScoresResponse,
)
from shared.schemas import NOT_BLANK, Request, example

Rationale = Annotated[str, Field(min_length=1, max_length=8000, pattern=NOT_BLANK)]
Hash = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]


class NewDecision(Request):
    """What consensus decides of a cell.

    Ratings two levels apart or more must have been discussed. A level outside the raters' range
    names evidence that was attached to the cell after consensus opened. Not applicable needs an
    approved rating that says so.
    """

    model_config = example(
        {"rating": 3, "rationale": "The roll-out of two branches is proven", "evidence": []}
    )

    rating: GivenRating
    rationale: Rationale
    evidence: list[Annotated[str, Field(max_length=64)]] = Field(default=[], max_length=50)


class Decision(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    cell: str
    rating: int | NotApplicableRating
    rationale: str
    evidence: list[str]
    decided_by: str
    decided_at: datetime


class NewDiscussionNote(Request):
    model_config = example({"text": "Bob saw two branches without the new procedure."})

    text: Rationale


class DiscussionNote(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: str = Field(examples=["dsc_01j9zq3k5v8m2n4p6r7s8t9w0x"])
    cell: str
    author: str
    text: str
    said_at: datetime


class CellConsensus(BaseModel):
    """One cell in consensus: what the raters said, what was discussed, what was decided."""

    cell: str = Field(examples=["leadership.deployed"])
    ratings: list[Rating]
    spread: int | None = Field(
        description="Levels, or bands of percentages, between the lowest and the highest rating."
    )
    must_be_discussed: bool
    notes: list[DiscussionNote]
    decision: Decision | None
    revision: int = Field(description="Of the decision; 0 while there is none.")


class Return(Request):
    """Why a reviewer gives an assessment back to consensus."""

    model_config = example({"reason": "The comparison cell has no external comparator."})

    reason: Reason


class AssessmentScore(ScoresResponse):
    """What an assessment comes to: from one's own ratings while blind, then from the decisions.

    A quick assessment is an opinion and is never compared with one that rests on evidence.
    """

    assessment: AssessmentId
    status: Status
    mode: Mode
    basis: Literal["own_ratings", "decisions"]
    label: BilingualText
    score_hash: Hash = Field(description="Of model, ratings and exact result.")


class Seal(BaseModel):
    """What binds a sealed assessment: its hash follows from model, commitments and evidence."""

    model_config = ConfigDict(from_attributes=True)

    assessment: AssessmentId
    hash: Hash
    model_hash: Hash
    score_hash: Hash | None = Field(description="Null once what is personal was erased.")
    commitments: list[Hash] = Field(
        description="Salted hashes of the heading, each rating, each decision and the score."
    )
    evidence: dict[str, str] = Field(description="Checksum by evidence and cell.")
    sealed_by: str
    sealed_at: datetime


class SealVerification(BaseModel):
    """Whether everything that was sealed is as it was."""

    valid: bool
    hash: Hash
    recomputed: Hash = Field(description="From what is stored now, with the pinned model.")
    erased: bool = Field(
        description="What is personal was erased; the hash follows from commitments alone."
    )
