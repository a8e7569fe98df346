"""Bodies of what owners of processes did for their duties."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from services.commitments.domain.duties import Duty
from services.commitments.schemas.change_requests import Id
from services.commitments.schemas.penalties import Reason, Text
from services.commitments.schemas.people import Alias, ProcessCode
from shared.schemas import Bilingual, Request, example


class NewDutyRecord(Request):
    """What the owner did for a duty, on which day, for which departments.

    `plan` is an improvement plan, of this process or of none, that it carried out.
    """

    model_config = example(
        {
            "process": "incident",
            "duty": "training",
            "what": "受理规范培训，闭卷考试",
            "done_on": "2026-03-12",
            "departments": ["Group 56"],
            "participants": 24,
        }
    )

    process: ProcessCode
    duty: Duty
    what: Text
    done_on: date
    departments: list[Alias] = Field(min_length=1, max_length=200)
    participants: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    plan: Id | None = None


class DutyVoid(Request):
    """Why the record does not count."""

    model_config = example({"reason": "The training was put off to April."})

    reason: Reason


class DutyRecord(BaseModel):
    """What was done for a duty of the owner, who said so and when; `reason` says why it is void."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    process: str
    duty: Duty
    what: str
    done_on: date
    departments: list[str]
    participants: int | None
    plan: str | None
    status: Literal["recorded", "void"]
    reason: str | None
    recorded_by: str
    created_at: datetime
    revision: int


class DutyDone(BaseModel):
    """How often a duty was attended to, and when last; null when never."""

    duty: Duty
    last_done_on: date | None
    records: int


class OwnerDuties(BaseModel):
    """A process, its owner now, and each of the three duties; void records do not count."""

    process: str
    name: Bilingual
    owner: str | None
    duties: list[DutyDone]
