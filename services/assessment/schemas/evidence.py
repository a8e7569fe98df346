"""Bodies of evidence and of the cells that it is attached to."""

from datetime import date, datetime
from typing import Annotated, Literal, Self

from fastapi import UploadFile
from pydantic import BaseModel, ConfigDict, Field, HttpUrl, UrlConstraints, model_validator

from services.assessment.schemas.claims import (
    Claim,
    ClaimCheck,
    ClaimCheckRequest,
    Period,
    SeriesName,
)
from shared.schemas import NOT_BLANK, Request, example, fault

EvidenceKind = Literal["file", "link", "series"]
EvidenceId = Annotated[str, Field(examples=["evd_01j9zq3k5v8m2n4p6r7s8t9w0x"])]
EvidenceTitle = Annotated[
    str,
    Field(
        min_length=1,
        max_length=200,
        pattern=NOT_BLANK,
        examples=["Customer satisfaction 2004-2006"],
    ),
]
Note = Annotated[str, Field(max_length=4000)]
Day = Annotated[date, Field(ge=date(1970, 1, 1), lt=date(2200, 1, 1), examples=["2026-06-30"])]
Link = Annotated[HttpUrl, UrlConstraints(max_length=2000, allowed_schemes=["https"])]
"""An https address, without a name and password in it."""
Periods = Annotated[list[Period], Field(max_length=120)]


class Described(Request):
    """What is said of every piece of evidence."""

    title: EvidenceTitle
    note: Note | None = None
    dated_on: Day
    expires_on: Day | None = Field(default=None, description="The last day on which it counts.")
    periods: Periods = Field(default_factory=list, description="What it gives values for.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.expires_on is not None and self.expires_on < self.dated_on:
            raise fault("expires_before_date", "It expires before its own date.", "expires_on")
        return self


class NewSeries(Described):
    """A measured series as evidence, with what is claimed of it."""

    model_config = example(
        {
            "title": "Customer satisfaction",
            "dated_on": "2026-06-30",
            "series": {"source": "kpi", "series": "customer-satisfaction"},
            "claim": {"trend": "rises", "target": "87"},
        }
    )

    series: SeriesName
    claim: Claim | None = None


class EvidenceChange(Request):
    """What can change of evidence; members left out stay as they are."""

    model_config = example({"expires_on": "2027-06-30"})

    title: EvidenceTitle | None = None
    note: Note | None = None
    dated_on: Day | None = None
    expires_on: Day | None = None
    periods: Periods | None = None


class StoredFile(BaseModel):
    """A file's content has one checksum for ever."""

    name: str
    media_type: str = Field(examples=["application/pdf"])
    bytes: int
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class Evidence(BaseModel):
    """A file, a link or a measured series; one of the three is set."""

    id: EvidenceId
    kind: EvidenceKind
    title: str
    note: str | None
    dated_on: date
    expires_on: date | None
    expired: bool = Field(description="It is shown, and no longer counts as a fact.")
    file: StoredFile | None
    link: str | None
    series: SeriesName | None
    periods: list[str]
    claim: ClaimCheckRequest | None
    uploaded_by: str
    uploaded_at: datetime
    revision: int


class CheckedClaim(BaseModel):
    """A claim that stands on evidence, and what the data say against it now."""

    claim: ClaimCheckRequest
    check: ClaimCheck


class NewAttachment(Request):
    """A cell that evidence speaks for."""

    model_config = example({"cell": "customer_channel_experience.trend"})

    cell: Annotated[str, Field(min_length=1, max_length=200)]
    common: bool = Field(
        default=False, description="Seen by all raters from the start; only a lead may say so."
    )
    enablers: list[Annotated[str, Field(min_length=1, max_length=200)]] = Field(
        default_factory=list,
        max_length=50,
        description="Items outside the cell's own block that the result is put down to.",
    )


class Attachment(BaseModel):
    """Evidence for one cell of one assessment."""

    model_config = ConfigDict(from_attributes=True)

    assessment: str
    cell: str
    common: bool
    enablers: list[str]
    attached_by: str
    attached_at: datetime


class AttachedEvidence(Attachment):
    evidence: Evidence
    check: ClaimCheck | None = Field(description="What the data say of its claim now.")


class CellFacts(BaseModel):
    """What unexpired evidence proves for a cell; it scores nothing by itself."""

    cell: str
    pieces: int
    periods: int
    external_comparators: int
    linked_enablers: int


class NewEvidence(Described):
    """The form of a file or a link; exactly one of the two."""

    model_config = example(
        {
            "title": "Customer satisfaction 2026",
            "dated_on": "2026-06-30",
            "link": "https://example.com/reports/satisfaction-2026",
        }
    )

    file: UploadFile | None = None
    link: Link | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.file is None) == (self.link is None):
            raise fault("file_or_link", "Give either a file or a link.", "file")
        if self.link is not None and (self.link.username or self.link.password):
            raise fault("link_with_password", "A link carries no name or password.", "link")
        return self
