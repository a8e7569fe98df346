"""Bodies of unsealing, of moving to another version of a model, and of snapshots."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from services.assessment.schemas.assessments import AssessmentId, Reason
from services.assessment.schemas.scores import BilingualText, NotApplicableRating
from shared.schemas import Request, example


class Unseal(Request):
    """Why a sealed assessment needs a new version."""

    model_config = example({"reason": "The source of two figures was wrong."})

    reason: Reason


class NewMigration(Request):
    """The version of the same model to move to."""

    model_config = example({"version": 2})

    version: int = Field(ge=1, le=1_000_000)


class NotCarried(BaseModel):
    """A rating or decision that has no place in the other version, and why."""

    model_config = ConfigDict(from_attributes=True)

    rater: str | None = Field(description="Null for what consensus had decided.")
    item: str = Field(examples=["leadership.deployed"])
    rating: int | NotApplicableRating
    code: str = Field(examples=["no_such_cell"])
    text: BilingualText


class MigrationReport(BaseModel):
    """What moving to another version came to."""

    carried: int = Field(description="Ratings and decisions that were carried over.")
    lost: list[NotCarried]
    undecided: list[str] = Field(description="Cells of the new version without a decision.")
    target_dropped: bool = Field(description="The target did not fit the new version.")


class Migration(BaseModel):
    """An assessment moved to another version of its model; the snapshot shows it as it was."""

    snapshot: str = Field(examples=["snp_01j9zq3k5v8m2n4p6r7s8t9w0x"])
    assessment: AssessmentId
    from_version: int
    to_version: int
    report: MigrationReport


class SnapshotHeading(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: str = Field(examples=["snp_01j9zq3k5v8m2n4p6r7s8t9w0x"])
    assessment: AssessmentId
    from_version: int
    to_version: int
    report: MigrationReport
    taken_by: str
    taken_at: datetime


class Snapshot(SnapshotHeading):
    """The assessment as it was: heading, ratings, consensus and score."""

    content: dict[str, Any]
