"""Request and response bodies of the reporting service."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.schemas import Bilingual, Code, Request, example

Language = Literal["zh", "en"]
Format = Literal["pdf", "html", "json"]
Kind = Literal["attainment"]
Month = Annotated[str, Field(pattern=r"^[12][0-9]{3}-(0[1-9]|1[0-2])$", examples=["2016-02"])]

MEDIA_TYPES: dict[Format, str] = {
    "pdf": "application/pdf",
    "html": "text/html; charset=utf-8",
    "json": "application/json",
}


class NewReport(Request):
    """A report to be made: one process, whole months, both ends included, at most 120."""

    model_config = example(
        {
            "kind": "attainment",
            "process": "incident",
            "language": "zh",
            "from": "2016-02",
            "to": "2016-12",
        }
    )

    kind: Kind
    process: Code
    language: Language
    first_month: Month = Field(alias="from")
    last_month: Month = Field(alias="to", examples=["2016-12"])


class ReportFile(BaseModel):
    """One form of a finished report; `sha256` is that of its bytes, and its ETag."""

    format: Format
    path: str = Field(examples=["/v1/reports/rep_06f4k2s7v3q9d5w8x1z0c4b6n2/files/pdf"])
    media_type: str
    bytes: int
    sha256: str


class Report(BaseModel):
    """A report and how far it is; it has files once it is finished, an `error` if it failed.

    `document_hash` is the SHA-256 of the data document that all files are made from: the same
    data give the same document and the same files.
    """

    model_config = ConfigDict(from_attributes=True)

    id: str
    kind: Kind
    process: str
    language: Language
    first_month: str = Field(serialization_alias="from")
    last_month: str = Field(serialization_alias="to")
    status: Literal["queued", "running", "finished", "failed", "cancelled"]
    created_at: datetime
    finished_at: datetime | None
    document_hash: str | None
    files: list[ReportFile]
    error: Bilingual | None


class ReportSource(BaseModel):
    """What reports are made from: how much of it is held, and the time of its newest event."""

    code: str = Field(examples=["attainment"])
    service: str = Field(examples=["commitments"])
    name: Bilingual
    records: int
    newest_event_at: datetime | None
    age_seconds: int | None = Field(description="Null when nothing was ever received")
