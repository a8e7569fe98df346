"""Bodies of spot-checks, violations, penalty rules and the ledger."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from services.commitments.domain.penalties import Bearer
from services.commitments.schemas.people import Alias, Currency, PersonId, ProcessCode
from shared.schemas import Bilingual, Moment, Request, example

Amount = Annotated[Decimal, Field(ge=0, max_digits=14, decimal_places=2, examples=["20.00"])]
Text = Annotated[str, Field(min_length=1, max_length=4000)]
Reason = Annotated[str, Field(min_length=1, max_length=1000)]
Requirement = Literal["flow", "policy", "form", "record"]


class Money(BaseModel):
    """An exact amount."""

    amount: str = Field(examples=["20.00"])
    currency: str = Field(examples=["CNY"])


class PenaltyRuleChange(Request):
    """The amounts of an offence from `valid_from`, which is now when left out."""

    model_config = example({"amounts": {"person": "30.00", "supervisor": "15.00"}})

    amounts: dict[Bearer, Amount] = Field(
        min_length=1,
        max_length=len(Bearer),
        description="The whole set: a bearer who is left out is charged nothing",
    )
    currency: Currency | None = None
    valid_from: Moment | None = None


class PenaltyRule(BaseModel):
    """An offence and what each bearer is charged, per occurrence, missing item or late day."""

    code: str
    name: Bilingual
    per: Literal["occurrence", "item", "day"]
    amounts: dict[str, Money]
    valid_from: datetime | None
    revision: int = Field(description="0 while the shipped amounts hold")


class Reversal(Request):
    """Why a line of the ledger is taken back."""

    model_config = example({"reason": "The record was complete; it had been filed elsewhere."})

    reason: Reason


class PenaltyEntry(BaseModel):
    """A line of the ledger; a reversal has a negative amount and names what it takes back."""

    id: str
    rule: str
    rule_revision: int
    bearer: Bearer
    person: str
    process: str | None
    department: str | None
    cause: Literal["violation", "self_check", "summary", "change_request"]
    cause_id: str
    occasion: str
    penalty: Money
    occurred_at: datetime
    entered_at: datetime
    entered_by: str
    reverses: str | None
    reason: str | None
    status: Literal["charged", "confirmed", "paid", "waived", "reversal"] = Field(
        description="`waived` once a further line, a `reversal`, has taken it back"
    )


class Payment(Request):
    """How a penalty was paid."""

    model_config = example({"reference": "Payroll of April 2026"})

    reference: Reason


class PenaltyTotal(BaseModel):
    """What the ledger adds up to for one person in one currency."""

    person: str
    entries: int
    total: Money


class NewSpotCheck(Request):
    """A spot-check of a process: what was looked at, and when; now when left out."""

    model_config = example(
        {"process": "incident", "scope": ["self-check of March", "forms"], "notes": "12 cases"}
    )

    process: ProcessCode
    scope: Annotated[list[Annotated[str, Field(min_length=1, max_length=200)]],
                     Field(max_length=50)] = Field(default_factory=list)  # fmt: skip
    notes: Text | None = None
    checked_at: Moment | None = None


class SpotCheckChange(Request):
    """What can change of a spot-check; a closed one takes no further findings."""

    model_config = example({"status": "closed"})

    notes: Text | None = None
    status: Literal["open", "closed"] | None = None


class SpotCheck(BaseModel):
    """A spot-check of a process."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    process: str
    scope: list[str]
    notes: str | None
    checked_at: datetime
    checked_by: str
    status: Literal["open", "closed"]
    revision: int


class NewViolation(Request):
    """A violation: by a spot-check when it names one, else found by the department itself."""

    model_config = example(
        {
            "process": "incident",
            "node": "accept",
            "requirement": "form",
            "person": "per_01k8",
            "department": "Group 56",
            "description": "Accepted without the acceptance form",
            "occurred_at": "2026-03-03T10:00:00+08:00",
            "spot_check": "spc_01k8",
        }
    )

    process: ProcessCode
    node: ProcessCode | None = None
    requirement: Requirement = Field(description="What was violated: flow, policy, form, record")
    person: PersonId = Field(description="直接责任人: who is directly responsible")
    department: Alias
    description: Text
    occurred_at: Moment | None = None
    by_design: bool = Field(default=False, description="A flaw of the process's design led to it")
    spot_check: Annotated[str, Field(max_length=64)] | None = None


class OwnPenalty(Request):
    """How the department itself penalised a violation that it found."""

    model_config = example({"amount": "10.00", "reference": "Notice 7 of 2026"})

    amount: Amount
    currency: Currency | None = None
    reference: Reason


class Meeting(Request):
    """The spot-check that met a violation which the department had found."""

    model_config = example({"spot_check": "spc_01k8"})

    spot_check: Annotated[str, Field(max_length=64)]


class KeptOwnPenalty(BaseModel):
    """The department's own penalty."""

    amount: str
    currency: str
    reference: str
    penalised_at: datetime
    by: str


class Violation(BaseModel):
    """A violation and what became of it.

    `recorded` by the department and not yet met by a spot-check; `charged`; `waived`, because the
    department had found and penalised it; `excused`, because a change of the flawed design had
    been asked for; `void`, recorded by mistake.
    """

    model_config = ConfigDict(from_attributes=True)

    id: str
    process: str
    node: str | None
    requirement: Requirement
    person: str
    department: str
    description: str
    occurred_at: datetime
    by_design: bool
    found_by_department_at: datetime | None
    own_penalty: KeptOwnPenalty | None
    spot_check: str | None
    met_at: datetime | None
    month: str
    status: Literal["recorded", "charged", "waived", "excused", "void"]
    repeated: bool
    reason: str | None
    revision: int
