"""The road map of an assessment and its steps."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Column, Date
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.assessment.tables.row import Row, instant, json_column


class RoadMap(Row, table=True):
    """The way from an assessment's decisions to a target."""

    __tablename__ = "road_map"

    tenant: str = Field(primary_key=True)
    assessment: str = Field(primary_key=True)
    target: Any = Field(default=None, sa_column=Column(JSONB(none_as_null=True)))
    efforts: dict[str, Any] = json_column()
    percent_to_target: str | None
    made_by: str
    made_at: datetime = instant()
    revision: int


class RoadMapStep(Row, table=True):
    """One cell raised from one rating to a higher one; gain and effort are exact rationals."""

    __tablename__ = "road_map_step"

    id: str = Field(primary_key=True)
    tenant: str = Field(primary_key=True)
    assessment: str
    position: int
    item: str
    rating: int
    reached: int
    gain: str
    effort: str
    action: str | None = None
    owner: str | None = None
    due_on: date | None = Field(default=None, sa_type=Date)
    status: str
    revision: int
