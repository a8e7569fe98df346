"""Bodies of conflicts about owners."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from services.commitments.domain.ownership import ConflictKind


class OwnerConflict(BaseModel):
    """In what the owner of a process is not what they have to be, and since when.

    `not_senior`; `left`; `holds_node`, the position `of` a node; `works_inside`, in the position
    or as the administrator `of` a department of the process; `supervises` it.
    """

    model_config = ConfigDict(from_attributes=True)

    id: str
    process: str
    owner: str
    kind: ConflictKind
    of: str | None
    since: datetime
    until: datetime | None
    raised_at: datetime
    told_at: datetime | None = Field(description="When e-mails about it were queued")
    resolved_at: datetime | None
