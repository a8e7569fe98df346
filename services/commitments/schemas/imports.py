"""Bodies of imports: a file of events, and how far reading it has come."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from services.commitments.domain.tabular import Format


class ImportCounts(BaseModel):
    """The rows that were new, by what became of them."""

    pending: int
    processed: int
    ignored: int
    quarantined: int


class RowFault(BaseModel):
    """Why a row could not be read; `row` is its line in the file, the header's being 1."""

    row: int
    field: str
    code: str
    value: str | None


class HistoryImport(BaseModel):
    """An import; each row is a delivery of its integration, read as webhooks are."""

    id: str
    integration_id: str
    format: Format
    encoding: str
    bytes: int
    status: Literal["processing", "finished"]
    rows: int
    duplicates: int = Field(description="Rows that were known already, by webhook or import")
    counts: ImportCounts
    progress: float = Field(ge=0, le=1, description="Share of the rows that have been read")
    faults: list[RowFault] | None = Field(
        default=None, description="Of the first quarantined rows; told of one import, not of a list"
    )
    imported_by: str
    created_at: datetime
