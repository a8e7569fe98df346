"""Bodies of measured series."""

from datetime import datetime
from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

EvidenceSource = Literal["attainment", "kpi"]


class LiveEvidence(BaseModel):
    """The newest measure of one series in one period, against which a claim can be checked."""

    model_config = ConfigDict(from_attributes=True)

    source: EvidenceSource
    series: str = Field(examples=["incident/resolve/run", "first-contact-resolution"])
    period: str = Field(examples=["2026-06"])
    value: Decimal | None = Field(
        description="In `unit`; null where there was nothing to measure.", examples=["92.3077"]
    )
    unit: str = Field(examples=["%"])
    numerator: int | None = Field(examples=[12])
    denominator: int | None = Field(examples=[13])
    revision: int = Field(description="Counts the corrections of this period, from 1.")
    event_id: str = Field(description="The event that said so.")
    recorded_at: datetime
