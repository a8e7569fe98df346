"""Bodies of the compensation ledger."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.schemas import Request, example

Status = Literal["accrued", "confirmed", "waived", "paid", "reversed"]


class Compensation(BaseModel):
    """What is owed for one run that broke its promise (慢必赔)."""

    id: str
    status: Status
    run_id: str
    case_id: str
    case_key: str
    process: str
    node: str | None
    visit: int
    promise: str
    promise_version: int
    currency: str
    accrued: Decimal = Field(description="By the newest history; 0 once it is reversed")
    paid: Decimal
    owed: Decimal = Field(description="Negative where the run turned out to be kept after payment")
    broken_at: datetime
    accrued_at: datetime
    revision: int


class CompensationEntry(BaseModel):
    """One entry of the ledger; `amount` is the change of what is owed."""

    model_config = ConfigDict(from_attributes=True)

    number: int
    kind: Literal["accrued", "adjusted", "reversed", "confirmed", "waived", "paid"]
    amount: Decimal
    currency: str
    reason: str | None
    by: str | None
    at: datetime


class CompensationDetail(Compensation):
    """With every entry, oldest first."""

    entries: list[CompensationEntry]


class WaiveCompensation(Request):
    """Why it is not paid."""

    model_config = example({"reason": "The customer had asked for the delay."})

    reason: Annotated[str, Field(min_length=1, max_length=2000)]


class PayCompensation(Request):
    """How it was paid."""

    model_config = example({"reference": "Credit note 2026-117"})

    reference: Annotated[str, Field(min_length=1, max_length=500)] | None = None
