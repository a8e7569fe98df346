"""Bodies of webhooks and imported rows, and how they are kept."""

from datetime import datetime
from typing import Literal

from pydantic import (
    BaseModel,
    Field,
)

DeliveryStatus = Literal["pending", "processed", "ignored", "quarantined"]


class EventReceipt(BaseModel):
    """One event of a batch is stored."""

    delivery_id: str
    duplicate: bool


class Receipt(BaseModel):
    """The webhook is stored; it is read right afterwards.

    Of a batch, the first event's delivery, and whether all of its events were known.
    """

    delivery_id: str
    duplicate: bool
    batch: list[EventReceipt] | None = Field(
        default=None, description="Every event of a batch, in the order of the batch"
    )


class DeliveryFault(BaseModel):
    """Why a payload is no event: the field of the payload, a code, the value found."""

    field: str
    code: str
    value: str | None


class Delivery(BaseModel):
    """A stored webhook or imported row; `body` is shown where it is text, empty once removed.

    `ignored` is of no concern to any case, `quarantined` could not be read; `faults` says why.
    """

    id: str
    integration_id: str
    status: DeliveryStatus
    faults: list[DeliveryFault]
    case_key: str | None = Field(description="The tool's own number, as far as it could be read")
    import_id: str | None
    import_row: int | None
    received_at: datetime
    processed_at: datetime | None
    payload_removed_at: datetime | None
    headers: dict[str, str]
    body: str
