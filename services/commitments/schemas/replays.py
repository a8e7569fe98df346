"""Bodies of replays: many deliveries, read again after their mapping was mended."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from shared.schemas import Request, example

Id = Annotated[str, Field(min_length=1, max_length=100)]


class ReplayRequest(Request):
    """Which deliveries of an integration are read again; `after` goes on where one call ended."""

    model_config = example({"integration_id": "int_01k8", "status": "quarantined"})

    integration_id: Id
    status: Literal["quarantined", "ignored"] = "quarantined"
    import_id: Id | None = None
    after: Id | None = Field(default=None, description="The `next_after` of the call before")
    limit: int = Field(default=5_000, ge=1, le=10_000)


class Replay(BaseModel):
    """How many are read again right afterwards, and how many are left."""

    replayed: int
    remaining: int
    next_after: str | None = Field(description="To be sent as `after`; null when none is left")
