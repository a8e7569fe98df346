"""Bodies of promises."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from services.commitments.schemas.definitions import Label
from shared.schemas import Code, Moment, Request, example

Seconds = Annotated[int, Field(ge=0, le=10 * 366 * 86400)]
Amount = Annotated[Decimal, Field(gt=0, max_digits=12, decimal_places=2, examples=["50.00"])]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$", examples=["CNY"])]
Reason = Annotated[str, Field(min_length=1, max_length=2000)]


class CustomerAgreement(Request):
    """That the customer accepts the promise: who agreed, when, and where that is recorded."""

    agreed_by: Label
    agreed_on: date
    reference: Label | None = None


class FixedCompensation(Request):
    """One amount for every run that breaks the promise (慢必赔)."""

    kind: Literal["fixed"]
    amount: Amount
    currency: Currency
    beyond: Literal["commitment", "tolerance"] = "tolerance"


class ExcessCompensation(Request):
    """An amount for every started `per_seconds` beyond the limit, at most `maximum` a run."""

    kind: Literal["excess"]
    amount: Amount
    currency: Currency
    beyond: Literal["commitment", "tolerance"] = "tolerance"
    per_seconds: Annotated[int, Field(ge=1, le=366 * 86400)]
    maximum: Amount | None = None


Compensation = Annotated[FixedCompensation | ExcessCompensation, Field(discriminator="kind")]


class NewPromise(Request):
    """A promise for a node, or without one for the whole process; limits are working seconds.

    What is left out of a draft can be added before it is published.
    """

    model_config = example(
        {
            "code": "accept-high",
            "process": "request",
            "node": "accept",
            "segment": "retail",
            "priority": "2 - High",
            "commitment_seconds": 1800,
            "tolerance_seconds": 3600,
            "calendar": "office",
            "valid_from": "2026-01-01T00:00:00Z",
            "valid_until": "2027-01-01T00:00:00Z",
            "service": "request-handling",
            "agreement": "retail-sla",
            "objective": "C2",
            "customer_agreement": {
                "agreed_by": "Retail customers' council",
                "agreed_on": "2025-12-01",
                "reference": "Minutes 2025/12",
            },
            "compensation": {"kind": "fixed", "amount": "50.00", "currency": "CNY"},
        }
    )

    code: Code
    process: Code
    node: Code | None = None
    department: Annotated[
        Label | None,
        Field(description="Who promises it inside (OLA): only its legs at the node are judged"),
    ] = None
    segment: Label | None = None
    priority: Label | None = None
    commitment_seconds: Seconds | None = None
    tolerance_seconds: Seconds | None = None
    calendar: Code
    tolerance_calendar: Code | None = None
    valid_from: Moment | None = None
    valid_until: Moment | None = None
    service: Code | None = None
    agreement: Code | None = None
    objective: Annotated[
        Code | None, Field(description="Code of the scorecard's objective that it serves")
    ] = None
    no_objective_reason: Annotated[
        Reason | None, Field(description="Why it serves none, where it names none")
    ] = None
    below_floor_reason: Annotated[
        Reason | None,
        Field(description="Why it is promised although recent runs attain it too seldom"),
    ] = None
    customer_agreement: CustomerAgreement | None = None
    compensation: Compensation | None = None


class ExpectedAttainment(BaseModel):
    """How many of the most recent completed runs would have kept these limits."""

    runs: int
    within_commitment: int
    within_tolerance: int
    attainment_rate: float | None
    floor: float = Field(description="Below this share a promise needs a reason")
    finished_from: datetime | None
    finished_until: datetime | None


class Promise(BaseModel):
    """A version of a promise. A run counts in the calendar versions in force when it starts."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    code: str
    version: int
    status: Literal["draft", "published", "withdrawn"]
    process: str
    node: str | None
    department: str | None
    segment: str | None
    priority: str | None
    commitment_seconds: int | None
    tolerance_seconds: int | None
    calendar: str
    tolerance_calendar: str
    valid_from: datetime | None
    valid_until: datetime | None
    binds_from: datetime | None = Field(
        description="Runs that start from here on bind it: behind all that had started before"
    )
    service: str | None
    agreement: str | None
    objective: str | None
    no_objective_reason: str | None
    below_floor_reason: str | None
    customer_agreement: CustomerAgreement | None
    expected_attainment: ExpectedAttainment | None
    compensation: Compensation | None
    revision: int
    created_at: datetime
    published_at: datetime | None
