"""Bodies of services, agreements and service level requirements."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from services.commitments.schemas.definitions import Label
from services.commitments.schemas.promises import Reason
from services.commitments.schemas.service_quality import Day
from shared.schemas import Bilingual, Code, Moment, Request, example

Segments = Annotated[list[Label], Field(min_length=1, max_length=50)]
Kind = Literal["sla", "ola", "uc"]


class NewService(Request):
    """What is offered, to which customer segments, by whom."""

    model_config = example(
        {
            "code": "request-handling",
            "name": {"zh": "服务请求办理", "en": "Request handling"},
            "segments": ["retail", "business"],
            "provider": "Service desk",
            "owner": "li.wei",
        }
    )

    code: Code
    name: Bilingual
    description: Bilingual | None = None
    segments: Segments
    provider: Annotated[Label, Field(description="The department or supplier that provides it")]
    owner: Label | None = None


class ServiceChange(Request):
    """What can change of a service; members left out stay as they are."""

    model_config = example({"segments": ["retail", "business", "public"]})

    name: Bilingual | None = None
    description: Bilingual | None = None
    segments: Segments | None = None
    provider: Label | None = None
    owner: Label | None = None
    status: Literal["offered", "withdrawn"] | None = None


class Service(BaseModel):
    """An entry of the service catalogue."""

    model_config = ConfigDict(from_attributes=True)

    code: str
    name: Bilingual
    description: Bilingual | None
    segments: list[str]
    provider: str
    owner: str | None
    status: Literal["offered", "withdrawn"]
    revision: int
    created_at: datetime


class Party(Request):
    """With whom: a customer (SLA), an internal department (OLA) or a supplier (UC)."""

    kind: Literal["customer", "department", "supplier"]
    name: Label
    segment: Label | None = None


class ReviewCalendar(Request):
    """When the agreement is reviewed: on a first day, and every so many months from then on.

    The owner and the participants are reminded of it, by mail.
    """

    first_on: Day
    every_months: Annotated[int, Field(ge=1, le=60)]
    participants: Annotated[
        list[Label],
        Field(max_length=50, description="Ids, subjects or names of people; kept as ids"),
    ] = Field(default_factory=list)
    remind_days_before: Annotated[int, Field(ge=0, le=90)] = 7


class NewAgreement(Request):
    """An agreement about a service, and the requirements that it answers."""

    model_config = example(
        {
            "code": "retail-sla",
            "kind": "sla",
            "name": {"zh": "零售客户服务级别协议", "en": "Retail customers' agreement"},
            "party": {"kind": "customer", "name": "Retail customers' council"},
            "service": "request-handling",
            "owner": "li.wei",
            "review": {"first_on": "2026-04-01", "every_months": 3},
            "valid_from": "2026-01-01T00:00:00Z",
            "valid_until": "2027-01-01T00:00:00Z",
            "requirements": [],
        }
    )

    code: Code
    kind: Kind
    name: Bilingual
    party: Party
    service: Code
    owner: Annotated[Label, Field(description="Id, subject or name of a person; kept as the id")]
    review: ReviewCalendar
    valid_from: Moment
    valid_until: Moment | None = None
    terms: Bilingual | None = None
    requirements: Annotated[
        list[Annotated[str, Field(max_length=40)]],
        Field(max_length=100, description="Ids of the requirements that it answers"),
    ] = Field(default_factory=list)


class AgreementEnd(Request):
    """When an agreement ends, earlier than it says, and why."""

    model_config = example(
        {"valid_until": "2026-06-01T00:00:00Z", "reason": "The supplier gave notice."}
    )

    valid_until: Moment
    reason: Reason


class Agreement(BaseModel):
    """A version of an agreement."""

    id: str
    code: str
    version: int
    status: Literal["draft", "published", "withdrawn"]
    kind: Kind
    name: Bilingual
    party: Party
    service: str
    owner: str
    review: ReviewCalendar
    next_review_on: date
    valid_from: datetime
    valid_until: datetime | None
    end_reason: str | None = Field(description="Why it ends earlier than it was published to end")
    gap_since: datetime | None = Field(
        description="When the version before it ended, where nothing was agreed in between"
    )
    terms: Bilingual | None
    requirements: list[str]
    promises: list[str] = Field(description="Codes of the published promises that name it")
    revision: int
    created_at: datetime
    published_at: datetime | None
