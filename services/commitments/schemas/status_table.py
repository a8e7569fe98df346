"""Bodies of the status table."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from services.commitments.domain.states import State
from shared.pages import Page
from shared.schemas import Bilingual


class StatusRow(BaseModel):
    """One run, or one whole case, of a period with its state at the end of it."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    case_id: str
    case_key: str
    process: str
    process_name: Bilingual
    node: str | None
    node_name: Bilingual | None
    visit: int
    state: State | None
    state_name: Bilingual | None
    department: str | None
    position: str | None
    segment: str | None
    priority: str | None
    service: str | None
    agreement: str | None
    promise: str | None
    promise_version: int | None
    started_at: datetime
    finished_at: datetime | None
    cancelled_at: datetime | None
    running_seconds: float | None
    commitment_due_at: datetime | None
    tolerance_due_at: datetime | None


class StateCounts(BaseModel):
    """The whole table in numbers; `unjudged` are rows that no promise or calendar can judge."""

    counts: dict[State, int]
    unjudged: int


class StatusTable(Page[StatusRow], StateCounts):
    """A page of the table, and the counts of all its rows."""
