"""Bodies of the erasure of a person."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from services.commitments.schemas.penalties import Reason
from shared.schemas import Request, example


class NewPersonErasure(Request):
    """Why a person is erased; what it says of them is erased as well."""

    model_config = example({"reason": "Left the company; asked for on 3 March"})

    reason: Reason


class PersonErasure(BaseModel):
    """That a person was erased: their id stands wherever they were named."""

    model_config = ConfigDict(from_attributes=True)

    person: str
    reason: str
    erased_by: str
    erased_at: datetime
    rows: dict[str, int] = Field(description="How many values of which table named the person")
