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
    imported_by: str
    created_at: datetime
