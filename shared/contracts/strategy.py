"""What the strategy service publishes."""

from datetime import datetime
from typing import ClassVar, Literal

from shared.contracts.event import Event


class TenantChanged(Event):
    """An organisation was given a place on the platform, or its name or status changed."""

    SERVICE: ClassVar[str] = "strategy"
    FACT: ClassVar[str] = "tenant_changed"
    KEY: ClassVar[tuple[str, ...]] = ("code",)

    code: str
    name_zh: str
    name_en: str
    status: Literal["open", "closed"]


class OrganisationUnitChanged(Event):
    """A unit of the organisation tree was added or changed."""

    SERVICE: ClassVar[str] = "strategy"
    FACT: ClassVar[str] = "organisation_unit_changed"
    KEY: ClassVar[tuple[str, ...]] = ("code",)

    code: str
    kind: Literal["company", "business_unit", "branch", "department", "position"]
    name_zh: str
    name_en: str
    parent: str | None = None


class KpiReadingRecorded(Event):
    """A KPI has a value for a period; a later revision corrects an earlier one.

    `value` is a decimal in the KPI's unit, null when there is nothing to measure.
    """

    SERVICE: ClassVar[str] = "strategy"
    FACT: ClassVar[str] = "kpi_reading_recorded"
    KEY: ClassVar[tuple[str, ...]] = ("kpi", "period")

    kpi: str
    name_zh: str
    name_en: str
    unit: str
    period: str
    value: str | None = None
    numerator: int | None = None
    denominator: int | None = None
    target: str | None = None
    recorded_at: datetime
