"""What the commitments service publishes of promises, agreements and what follows from them."""

from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar, Literal

from pydantic import Field

from shared.contracts.event import Event


class _OfServiceLevels(Event):
    """A counted fact of service level management."""

    SERVICE: ClassVar[str] = "commitments"
    CARRIES_STATE: ClassVar[bool] = False


class PromisePublished(_OfServiceLevels):
    """A version of a promise was put in force; without a node it is for the whole process."""

    FACT: ClassVar[str] = "promise_published"
    KEY: ClassVar[tuple[str, ...]] = ("promise",)

    promise_id: str
    promise: str
    version: int = Field(ge=1)
    process: str
    node: str | None = None
    segment: str | None = None
    priority: str | None = None
    commitment_seconds: int = Field(ge=0)
    tolerance_seconds: int = Field(ge=0)
    calendar: str
    tolerance_calendar: str
    valid_from: datetime
    valid_until: datetime
    binds_from: datetime
    service: str | None = None
    agreement: str | None = None
    objective: str | None = None
    published_at: datetime


class AgreementPublished(_OfServiceLevels):
    """A version of an SLA, OLA or UC was put in force."""

    FACT: ClassVar[str] = "agreement_published"
    KEY: ClassVar[tuple[str, ...]] = ("agreement",)

    agreement_id: str
    agreement: str
    version: int = Field(ge=1)
    kind: Literal["sla", "ola", "uc"]
    service: str
    party: str
    owner: str
    requirements: list[str]
    valid_from: datetime
    valid_until: datetime | None = None
    published_at: datetime


class AgreementEnded(_OfServiceLevels):
    """An agreement ends earlier than it was published to end."""

    FACT: ClassVar[str] = "agreement_ended"
    KEY: ClassVar[tuple[str, ...]] = ("agreement",)

    agreement_id: str
    agreement: str
    version: int = Field(ge=1)
    valid_until: datetime
    reason: str
    by: str
    at: datetime


class CriticalPathBroken(_OfServiceLevels):
    """A change of a calendar made the node promises longer than one made end to end."""

    FACT: ClassVar[str] = "critical_path_broken"
    KEY: ClassVar[tuple[str, ...]] = ("promise",)

    promise_id: str
    promise: str
    version: int = Field(ge=1)
    process: str
    calendar: str
    limit: Literal["commitment", "tolerance"]
    nodes: list[str]
    segment: str | None = None
    priority: str | None = None
    since: datetime
    excess_seconds: float
    at: datetime


class _OfAdvice(_OfServiceLevels):
    KEY: ClassVar[tuple[str, ...]] = ("advice_id",)

    advice_id: str
    kind: Literal["tighten", "improve"]
    process: str
    node: str | None = None
    promise: str
    promise_version: int = Field(ge=1)
    period_from: datetime
    period_to: datetime
    completed: int = Field(ge=1)
    completed_normal: int = Field(ge=0)
    proposed_commitment_seconds: int | None = None
    at: datetime


class AdviceMade(_OfAdvice):
    """A tighter promise, or improvement, was proposed to the owner of a process."""

    FACT: ClassVar[str] = "advice_made"


class AdviceDecided(_OfAdvice):
    """The owner of a process accepted, changed or declined a proposal."""

    FACT: ClassVar[str] = "advice_decided"

    decision: Literal["accepted", "changed", "declined"]
    reason: str | None = None
    drafted_promise_id: str | None = None
    improvement_plan: str | None = None
    by: str


class _OfServiceReview(_OfServiceLevels):
    KEY: ClassVar[tuple[str, ...]] = ("review_id",)

    review_id: str
    agreement: str
    service: str
    scheduled_on: date
    at: datetime


class ServiceReviewScheduled(_OfServiceReview):
    """A review of an agreement was scheduled, by its calendar or by hand."""

    FACT: ClassVar[str] = "service_review_scheduled"

    by_calendar: bool


class ServiceReviewReminded(_OfServiceReview):
    """A review of an agreement comes up: its owner and participants are reminded."""

    FACT: ClassVar[str] = "service_review_reminded"


class ServiceReviewOverdue(_OfServiceReview):
    """The day of a review has passed, and nobody has said that it was held."""

    FACT: ClassVar[str] = "service_review_overdue"


class _OfScorecard(_OfServiceLevels):
    KEY: ClassVar[tuple[str, ...]] = ("scorecard_id",)

    scorecard_id: str
    agreement: str
    agreement_version: int = Field(ge=1)
    supplier: str
    period_from: datetime
    period_to: datetime
    due_on: date
    at: datetime


class SupplierScorecardDrawn(_OfScorecard):
    """How a supplier kept a contract in a period was counted; from now on it stays so."""

    FACT: ClassVar[str] = "supplier_scorecard_drawn"

    completed: int = Field(ge=0)
    completed_normal: int = Field(ge=0)


class SupplierScorecardOverdue(_OfScorecard):
    """The day has passed by which a scorecard was to be reviewed."""

    FACT: ClassVar[str] = "supplier_scorecard_overdue"


class _OfCompensation(_OfServiceLevels):
    KEY: ClassVar[tuple[str, ...]] = ("compensation_id",)

    compensation_id: str
    case_id: str
    case_key: str
    process: str
    node: str | None = None
    visit: int = Field(ge=1)
    promise: str
    promise_version: int = Field(ge=1)
    amount: Decimal
    """The change of what is owed."""
    currency: str
    at: datetime


class CompensationAccrued(_OfCompensation):
    """A broken run owes an amount, another one than before, or after a late event nothing more."""

    FACT: ClassVar[str] = "compensation_accrued"

    change: Literal["accrued", "adjusted", "reversed"]
    accrued: Decimal


class CompensationDecided(_OfCompensation):
    """What a broken run owes was confirmed, waived or paid."""

    FACT: ClassVar[str] = "compensation_decided"

    decision: Literal["confirmed", "waived", "paid"]
    reason: str | None = None
    by: str
