"""What was last measured of series, kept from the events of other services."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import BigInteger, Numeric
from sqlmodel import Field

from services.assessment.tables.row import Row
from shared.store import Instant


class LiveEvidence(Row, table=True):
    """What was last measured of a series in a period, kept from the events of other services."""

    __tablename__ = "live_evidence"

    tenant: str = Field(primary_key=True)
    source: str = Field(primary_key=True)
    series: str = Field(primary_key=True)
    period: str = Field(primary_key=True)
    value: Decimal | None = Field(default=None, sa_type=Numeric)
    unit: str
    numerator: int | None = Field(default=None, sa_type=BigInteger)
    denominator: int | None = Field(default=None, sa_type=BigInteger)
    revision: int
    event_id: str
    recorded_at: datetime = Field(sa_type=Instant, nullable=False)
