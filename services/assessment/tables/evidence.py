"""Evidence, the contents of its files, and the cells that it is attached to."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Date, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.assessment.tables.row import Row, instant, json_column


class EvidenceContent(Row, table=True):
    """The content of a file, kept once per tenant under its SHA-256."""

    __tablename__ = "evidence_content"

    tenant: str = Field(primary_key=True)
    sha256: str = Field(primary_key=True)
    bytes: int = Field(sa_type=BigInteger)
    media_type: str


class EvidenceChunk(Row, table=True):
    """A part of a content; numbers count from 0."""

    __tablename__ = "evidence_chunk"

    tenant: str = Field(primary_key=True)
    sha256: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    body: bytes


class Evidence(Row, table=True):
    """A file, a link or a measured series that speaks for ratings.

    The database shows it to who brought it, and to those who see it attached somewhere. `claim`
    holds a claim with the series that it is checked against, `periods` what the evidence covers.
    """

    __tablename__ = "evidence"

    id: str = Field(primary_key=True)
    tenant: str = Field(primary_key=True)
    kind: str
    title: str
    note: str | None = None
    dated_on: date = Field(sa_type=Date)
    expires_on: date | None = Field(default=None, sa_type=Date)
    file_name: str | None = None
    media_type: str | None = None
    bytes: int | None = Field(default=None, sa_type=BigInteger)
    sha256: str | None = None
    link: str | None = None
    series: Any = Field(default=None, sa_column=Column(JSONB(none_as_null=True)))
    periods: list[str] = json_column()
    claim: Any = Field(default=None, sa_column=Column(JSONB(none_as_null=True)))
    uploaded_by: str
    uploaded_at: datetime = instant()
    revision: int


class EvidenceAttachment(Row, table=True):
    """Evidence for one cell of one assessment, as one person attached it.

    Until consensus opens the database shows it to who attached it, and to everybody if `common`:
    so two raters may attach the same, and neither learns of the other.
    `measured` holds what a live series said when the assessment was sealed. The seal binds a link
    by `text_commitment`, which opens with `text_salt` until somebody in it is erased.
    """

    __tablename__ = "evidence_attachment"

    tenant: str = Field(primary_key=True)
    assessment: str = Field(primary_key=True)
    cell: str = Field(primary_key=True)
    evidence: str = Field(primary_key=True)
    common: bool
    enablers: list[str] = json_column()
    measured: Any = Field(default=None, sa_column=Column(JSONB(none_as_null=True)))
    text_salt: str | None = None
    text_commitment: str | None = None
    attached_by: str = Field(primary_key=True)
    attached_at: datetime = instant()


Index("evidence_of_content", Evidence.tenant, Evidence.sha256)  # type: ignore[arg-type]
Index("evidence_attachment_of", EvidenceAttachment.tenant, EvidenceAttachment.evidence)
