"""What the commitments service publishes."""

from datetime import datetime
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.contracts.event import Event


class AttainmentMeasured(Event):
    """The finished runs of one node in one month, counted by state.

    `level` is `run` for a node as a whole, `leg` for the share that one department worked on it;
    `department` is null on runs, and on legs whose department is not known.
    """

    SERVICE: ClassVar[str] = "commitments"
    FACT: ClassVar[str] = "attainment_measured"
    KEY: ClassVar[tuple[str, ...]] = ("process", "node", "level", "department", "month")

    process: str
    node: str
    level: Literal["run", "leg"]
    department: str | None = None
    month: str = Field(pattern=r"^\d{4}-\d{2}$")
    completed_normal: int = Field(ge=0)
    completed_acceptable: int = Field(ge=0)
    completed_warning: int = Field(ge=0)
    cancelled: int = Field(ge=0)
    measured_at: datetime


class NodeName(BaseModel):
    """One node's code and names."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    code: str
    name_zh: str
    name_en: str


class ProcessDefined(Event):
    """A version of a process: its names and its nodes in order."""

    SERVICE: ClassVar[str] = "commitments"
    FACT: ClassVar[str] = "process_defined"
    KEY: ClassVar[tuple[str, ...]] = ("process",)

    process: str
    name_zh: str
    name_en: str
    nodes: list[NodeName]


class LimitPassed(Event):
    """A node run, still in progress, passed its commitment or its tolerance limit."""

    SERVICE: ClassVar[str] = "commitments"
    FACT: ClassVar[str] = "limit_passed"
    KEY: ClassVar[tuple[str, ...]] = ("alert_id",)
    CARRIES_STATE: ClassVar[bool] = False

    alert_id: str
    case_id: str
    case_key: str
    process: str
    node: str
    visit: int = Field(ge=1)
    department: str | None = None
    position: str | None = None
    threshold: Literal["commitment", "tolerance"]
    due_at: datetime
    passed_at: datetime
    run_id: str | None = None
    segment: str | None = None
    priority: str | None = None
    promise: str | None = None
    promise_version: int | None = None


class CaseLimitPassed(Event):
    """A whole case, still in progress, passed a limit of the promise of its process."""

    SERVICE: ClassVar[str] = "commitments"
    FACT: ClassVar[str] = "case_limit_passed"
    KEY: ClassVar[tuple[str, ...]] = ("alert_id",)
    CARRIES_STATE: ClassVar[bool] = False

    alert_id: str
    case_id: str
    case_key: str
    process: str
    visit: int = Field(ge=1)
    threshold: Literal["commitment", "tolerance"]
    due_at: datetime
    passed_at: datetime
    segment: str | None = None
    priority: str | None = None
    promise: str
    promise_version: int


class LimitApproached(Event):
    """A node run, or without a node a whole case, used up that percentage of its commitment."""

    SERVICE: ClassVar[str] = "commitments"
    FACT: ClassVar[str] = "limit_approached"
    KEY: ClassVar[tuple[str, ...]] = ("alert_id",)
    CARRIES_STATE: ClassVar[bool] = False

    alert_id: str
    case_id: str
    case_key: str
    process: str
    node: str | None = None
    visit: int = Field(ge=1)
    department: str | None = None
    position: str | None = None
    percent: int = Field(ge=1, le=99)
    due_at: datetime
    passed_at: datetime
    segment: str | None = None
    priority: str | None = None
    promise: str
    promise_version: int


class _OfAlert(Event):
    """What every later fact of an alert says: which alert, of what."""

    SERVICE: ClassVar[str] = "commitments"
    KEY: ClassVar[tuple[str, ...]] = ("alert_id",)
    CARRIES_STATE: ClassVar[bool] = False

    alert_id: str
    case_id: str
    case_key: str
    process: str
    node: str | None = None
    visit: int = Field(ge=1)
    threshold: str
    at: datetime


class AlertAcknowledged(_OfAlert):
    """Somebody has taken note of an alert."""

    FACT: ClassVar[str] = "alert_acknowledged"

    by: str


class AlertHandled(_OfAlert):
    """An alert was answered with a handling record."""

    FACT: ClassVar[str] = "alert_handled"

    by: str
    cause: str
    correction: str
    who: str
    by_when: datetime


class AlertWithdrawn(_OfAlert):
    """A late event has shown that the threshold had not been reached when the alert was raised."""

    FACT: ClassVar[str] = "alert_withdrawn"


class AlertReinstated(_OfAlert):
    """The threshold of a withdrawn alert was reached after all, later than first thought."""

    FACT: ClassVar[str] = "alert_reinstated"

    due_at: datetime


class SubscriptionDisabled(Event):
    """Nothing more is pushed to a subscription: its target is gone, or failed for days."""

    SERVICE: ClassVar[str] = "commitments"
    FACT: ClassVar[str] = "subscription_disabled"
    KEY: ClassVar[tuple[str, ...]] = ("subscription_id",)
    CARRIES_STATE: ClassVar[bool] = False

    subscription_id: str
    reason: Literal["gone", "failing"]
    at: datetime


class CalendarYearUnknown(Event):
    """Clocks run into a year whose holidays are not published; or, with `known`, no longer do."""

    SERVICE: ClassVar[str] = "commitments"
    FACT: ClassVar[str] = "calendar_year_unknown"
    KEY: ClassVar[tuple[str, ...]] = ("calendar", "year")

    calendar: str
    year: int
    country: str
    known: bool
    raised_at: datetime
