"""Bodies of critical paths."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field


class PathMisfit(BaseModel):
    """A path of node promises that is longer than the promise made end to end."""

    limit: Literal["commitment", "tolerance"]
    nodes: list[str] = Field(description="The nodes on the path, in order")
    node_promises: list[str]
    segment: str | None
    priority: str | None
    at: datetime = Field(description="A start of a case of which it is true")
    excess_seconds: float


class CriticalPath(BaseModel):
    """A promise made end to end, and whether its node promises fit into it from now on."""

    promise_id: str
    promise: str
    promise_version: int
    process: str
    segment: str | None
    priority: str | None
    fits: bool
    misfits: list[PathMisfit]
