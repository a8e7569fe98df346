"""What the commitments service publishes of the governance of processes.

People are named by their ids only: what stands in the stream outlives the erasure of a person.
"""

from datetime import date, datetime
from typing import ClassVar, Literal

from pydantic import Field

from shared.contracts.event import Event

_MONTH = r"^\d{4}-\d{2}$"


class _OfGovernance(Event):
    """A counted fact of the governance of processes."""

    SERVICE: ClassVar[str] = "commitments"
    CARRIES_STATE: ClassVar[bool] = False


class _OfViolation(_OfGovernance):
    KEY: ClassVar[tuple[str, ...]] = ("violation_id",)

    violation_id: str
    process: str
    node: str | None = None
    requirement: Literal["flow", "policy", "form", "record"]
    person: str
    department: str
    month: str = Field(pattern=_MONTH)
    by_design: bool
    spot_check: str | None = None
    at: datetime


class ViolationRecorded(_OfViolation):
    """A violation was recorded: by its department, or with `spot_check` by a spot-check."""

    FACT: ClassVar[str] = "violation_recorded"

    occurred_at: datetime


class ViolationJudged(_OfViolation):
    """A violation was charged, waived as penalised already, excused as a flaw, or voided."""

    FACT: ClassVar[str] = "violation_judged"

    status: Literal["charged", "waived", "excused", "void"]
    repeated: bool


class _OfPenalty(_OfGovernance):
    KEY: ClassVar[tuple[str, ...]] = ("entry_id",)
    READ_BY: ClassVar[tuple[str, ...]] = ("process_owner",)

    entry_id: str
    rule: str
    bearer: str
    person: str
    process: str | None = None
    department: str | None = None
    cause: Literal["violation", "self_check", "summary", "change_request"]
    cause_id: str
    occasion: str
    amount: str = Field(pattern=r"^-?\d+(\.\d+)?$")
    currency: str
    at: datetime


class PenaltyCharged(_OfPenalty):
    """A line was added to the penalty ledger."""

    FACT: ClassVar[str] = "penalty_charged"

    occurred_at: datetime


class PenaltyWaived(_OfPenalty):
    """A line of the ledger was taken back, by the further line `reversal_id`."""

    FACT: ClassVar[str] = "penalty_waived"

    reversal_id: str


class PenaltyConfirmed(_OfPenalty):
    """The planning department has confirmed a line of the ledger."""

    FACT: ClassVar[str] = "penalty_confirmed"


class PenaltyPaid(_OfPenalty):
    """A confirmed line of the ledger was paid."""

    FACT: ClassVar[str] = "penalty_paid"


class _OfSelfCheck(_OfGovernance):
    KEY: ClassVar[tuple[str, ...]] = ("self_check_id",)

    self_check_id: str
    process: str
    department: str | None = None
    month: str = Field(pattern=_MONTH)
    due_at: datetime
    at: datetime


class SelfCheckFiled(_OfSelfCheck):
    """The monthly self-check of a process was submitted; `incomplete` is what was left out."""

    FACT: ClassVar[str] = "self_check_filed"

    incomplete: list[str]


class SelfCheckOverdue(_OfSelfCheck):
    """The deadline of a self-check has passed, and it had not been submitted."""

    FACT: ClassVar[str] = "self_check_overdue"


class _OfSummary(_OfGovernance):
    KEY: ClassVar[tuple[str, ...]] = ("summary_id",)

    summary_id: str
    department: str
    month: str = Field(pattern=_MONTH)
    due_at: datetime
    at: datetime


class SummaryFiled(_OfSummary):
    """The monthly summary of a department, signed by its head, was submitted."""

    FACT: ClassVar[str] = "summary_filed"


class SummaryOverdue(_OfSummary):
    """The deadline of a department's summary has passed, and it had not been submitted."""

    FACT: ClassVar[str] = "summary_overdue"


class _OfChangeRequest(_OfGovernance):
    KEY: ClassVar[tuple[str, ...]] = ("change_request_id",)

    change_request_id: str
    process: str
    department: str
    departments: list[str]
    spot_check: str | None = None
    at: datetime


class ChangeRequestDemanded(_OfChangeRequest):
    """A spot-check demanded that a department files a change of a process."""

    FACT: ClassVar[str] = "change_request_demanded"


class ChangeRequestFiled(_OfChangeRequest):
    """A department filed a change of a process."""

    FACT: ClassVar[str] = "change_request_filed"


class ChangeRequestReviewed(_OfChangeRequest):
    """A change of a process was approved or rejected."""

    FACT: ClassVar[str] = "change_request_reviewed"

    decision: Literal["approved", "rejected"]


class ChangeRequestPublished(_OfChangeRequest):
    """A change of a process was published, and is in force."""

    FACT: ClassVar[str] = "change_request_published"


class ChangeRequestWithdrawn(_OfChangeRequest):
    """A change of a process was given up."""

    FACT: ClassVar[str] = "change_request_withdrawn"


class ChangeRequestLate(_OfChangeRequest):
    """A change is late: to be filed, or to be reviewed, changed and published."""

    FACT: ClassVar[str] = "change_request_late"

    stage: Literal["filing", "handling"]
    due_at: datetime


class OwnerAppointed(_OfGovernance):
    """A process was given its one owner."""

    FACT: ClassVar[str] = "owner_appointed"
    KEY: ClassVar[tuple[str, ...]] = ("process",)

    process: str
    owner: str
    supervisor: str | None = None
    since: datetime
    at: datetime


class _OfOwnerConflict(_OfGovernance):
    KEY: ClassVar[tuple[str, ...]] = ("conflict_id",)

    conflict_id: str
    process: str
    owner: str
    kind: Literal["not_senior", "left", "holds_node", "works_inside", "supervises"]
    of: str | None = None
    at: datetime


class OwnerConflictRaised(_OfOwnerConflict):
    """The owner of a process no longer is an active senior manager outside of it."""

    FACT: ClassVar[str] = "owner_conflict_raised"

    since: datetime
    until: datetime | None = None


class OwnerConflictResolved(_OfOwnerConflict):
    """The owner of a process is again what they have to be, or is its owner no longer."""

    FACT: ClassVar[str] = "owner_conflict_resolved"


class _OfOwnerDuty(_OfGovernance):
    KEY: ClassVar[tuple[str, ...]] = ("record_id",)

    record_id: str
    process: str
    duty: Literal["roll_out", "training", "improvement"]
    done_on: date
    departments: list[str]
    participants: int | None = None
    plan: str | None = None
    at: datetime


class OwnerDutyRecorded(_OfOwnerDuty):
    """The owner of a process attended to a duty: rolled it out, trained, improved it."""

    FACT: ClassVar[str] = "owner_duty_recorded"


class OwnerDutyVoided(_OfOwnerDuty):
    """What was recorded for a duty of an owner was not done after all."""

    FACT: ClassVar[str] = "owner_duty_voided"
