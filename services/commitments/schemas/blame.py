"""Bodies of the blame split."""

from datetime import datetime

from pydantic import BaseModel, Field

from services.commitments.domain.blame import Kind


class BlameShare(BaseModel):
    """What one node run, pause or gap used of the case's time, and bears of the excess."""

    kind: Kind
    node: str | None
    visit: int | None
    department: str | None = Field(description="That held the run last")
    used_seconds: float
    allowed_seconds: float
    excess_seconds: float
    excess_microseconds: int


class UncountedPause(BaseModel):
    """A pause of the case's own clock: it does not count, and so has no excess."""

    since: datetime
    until: datetime | None


class ClockBlame(BaseModel):
    """The split of one clock of a case; the shares' excesses add up to the excess exactly."""

    visit: int
    promise: str
    promise_version: int
    limit_seconds: int
    running_seconds: float
    excess_seconds: float
    excess_microseconds: int
    pauses: list[UncountedPause]
    shares: list[BlameShare]


class CaseBlame(BaseModel):
    """Who used the time of a case; a case without an end-to-end promise has no items."""

    case_id: str
    case_key: str
    as_of: datetime
    items: list[ClockBlame]


class BlameTotal(BaseModel):
    """What one node or department bears of the excess of a period's broken cases."""

    kind: Kind
    node: str | None = None
    department: str | None = None
    excess_seconds: float
    excess_microseconds: int
    cases: int = Field(description="In which it bears any")


class TotalBlame(BaseModel):
    """The splits of all cases that finished in the period beyond their promise."""

    cases: int
    excess_seconds: float
    excess_microseconds: int
    items: list[BlameTotal]
