"""Years that clocks run into and whose public holidays nobody has published yet."""

from datetime import datetime

from sqlalchemy import Index, text
from sqlmodel import Field

from services.commitments.tables.row import Row, instant


class CalendarGap(Row, table=True):
    """A year that a calendar does not know although clocks run into it.

    With `recheck` its clocks are to be computed again, those of cases behind `checked_up_to`.
    """

    __tablename__ = "calendar_gap"

    tenant: str = Field(primary_key=True)
    calendar: str = Field(primary_key=True)
    year: int = Field(primary_key=True)
    country: str
    status: str
    recheck: bool
    checked_up_to: str
    revision: int
    raised_at: datetime = instant()
    closed_at: datetime | None = instant(nullable=True)


Index(
    "calendar_gap_recheck",
    *(CalendarGap.tenant, CalendarGap.year),  # type: ignore[arg-type]
    postgresql_where=text("recheck"),
)
