"""Bodies of webhooks and how they are kept."""

from datetime import datetime
from typing import Literal

from pydantic import (
    BaseModel,
)


class Receipt(BaseModel):
    """The webhook is stored; it is read right afterwards."""

    delivery_id: str
    duplicate: bool


class DeliveryFault(BaseModel):
    """Why a payload could not be read: the field of the payload, a code, the value found."""

    field: str
    code: str
    value: str | None


class Delivery(BaseModel):
    """A stored webhook; `body` is shown where it is text."""

    id: str
    integration_id: str
    status: Literal["pending", "processed", "quarantined"]
    faults: list[DeliveryFault]
    received_at: datetime
    processed_at: datetime | None
    body: str
