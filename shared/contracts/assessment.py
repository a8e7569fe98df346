"""What the assessment service publishes; nothing of an assessment of a person, or of a rating."""

from datetime import datetime
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict

from shared.contracts.event import Event

UnitKind = Literal["organisation_unit", "process", "functional_area"]


class AssessmentOpened(Event):
    """Raters may rate a unit, each on their own."""

    SERVICE: ClassVar[str] = "assessment"
    FACT: ClassVar[str] = "assessment_opened"
    KEY: ClassVar[tuple[str, ...]] = ("assessment",)
    CARRIES_STATE: ClassVar[bool] = False

    assessment: str
    unit_kind: UnitKind
    unit: str
    model: str
    model_version: int
    mode: Literal["evidence", "quick"]
    period: str
    raters: list[str]
    opened_at: datetime


class ConsensusOpened(Event):
    """The ratings of an assessment were laid open to its assessors."""

    SERVICE: ClassVar[str] = "assessment"
    FACT: ClassVar[str] = "consensus_opened"
    KEY: ClassVar[tuple[str, ...]] = ("assessment",)
    CARRIES_STATE: ClassVar[bool] = False

    assessment: str
    unit_kind: UnitKind
    unit: str
    opened_at: datetime


class RatersReminded(Event):
    """Raters of a campaign have not submitted, and its deadline is so many days away.

    Zero days away the deadline has come. Each reminder of a campaign is told once per assessment,
    to whoever delivers it: while rating is independent, who is late is known to its leads only.
    """

    SERVICE: ClassVar[str] = "assessment"
    FACT: ClassVar[str] = "raters_reminded"
    READ_BY: ClassVar[tuple[str, ...]] = ("integration",)
    KEY: ClassVar[tuple[str, ...]] = ("assessment", "days_left")
    CARRIES_STATE: ClassVar[bool] = False

    campaign: str
    assessment: str
    unit_kind: UnitKind
    unit: str
    raters: list[str]
    days_left: int
    deadline: datetime


class SealedItem(BaseModel):
    """A branch of the model with its value; `exact` is a rational from 0 to 1."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    item: str
    exact: str | None = None
    index: float | None = None
    attained: int | None = None


class AssessmentSealed(Event):
    """An assessment has its final score; a later version of the series corrects an earlier one.

    `exact` is a rational from 0 to 1, null where the model gives no total.
    """

    SERVICE: ClassVar[str] = "assessment"
    FACT: ClassVar[str] = "assessment_sealed"
    KEY: ClassVar[tuple[str, ...]] = ("series",)

    series: str
    assessment: str
    unit_kind: UnitKind
    unit: str
    model: str
    model_version: int
    model_hash: str
    mode: Literal["evidence", "quick"]
    period: str
    exact: str | None = None
    points: float | None = None
    index: float | None = None
    attained: int | None = None
    items: list[SealedItem]
    seal: str
    sealed_at: datetime


class CertificateIssued(Event):
    """An award was decided and certified; the number is public."""

    SERVICE: ClassVar[str] = "assessment"
    FACT: ClassVar[str] = "certificate_issued"
    KEY: ClassVar[tuple[str, ...]] = ("number",)

    number: str
    award: str
    assessment: str
    unit_kind: UnitKind
    unit: str
    valid_from: datetime
    valid_until: datetime
    hash: str
