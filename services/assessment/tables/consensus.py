"""What consensus decides, the discussion before it, and the seal after it."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field

from services.assessment.tables.row import Row, instant, json_column


class Decision(Row, table=True):
    """What the assessors decided of one cell, and why; its words are sealed as a rating's are."""

    __tablename__ = "decision"

    tenant: str = Field(primary_key=True)
    assessment: str = Field(primary_key=True)
    cell: str = Field(primary_key=True)
    value: int | None = None
    na_reason: str | None = None
    rationale: str
    evidence: list[str] = json_column()
    decided_by: str
    decided_at: datetime = instant()
    salt: str
    text_salt: str | None = None
    text_commitment: str | None = None
    revision: int


class DiscussionNote(Row, table=True):
    """What was said of one cell in consensus."""

    __tablename__ = "discussion_note"

    id: str = Field(primary_key=True)
    tenant: str = Field(primary_key=True)
    assessment: str
    cell: str
    author: str
    text: str
    said_at: datetime = instant()


class Seal(Row, table=True):
    """What a sealed assessment is bound to; salt and score go when what is personal is erased.

    `text_commitment` binds its title and unit, and opens with `text_salt`.
    """

    __tablename__ = "assessment_seal"

    tenant: str = Field(primary_key=True)
    assessment: str = Field(primary_key=True)
    model_hash: str
    commitments: list[str] = json_column()
    evidence: dict[str, str] = json_column()
    hash: str
    score_hash: str | None = None
    salt: str | None = None
    text_salt: str | None = None
    text_commitment: str | None = None
    sealed_by: str
    sealed_at: datetime = instant()


class SealParty(Row, table=True):
    """Someone whom a seal names by `commitment`; once they are erased nothing opens it any more."""

    __tablename__ = "seal_party"

    tenant: str = Field(primary_key=True)
    assessment: str = Field(primary_key=True)
    subject: str = Field(primary_key=True)
    salt: str | None = None
    commitment: str


Index(
    "discussion_note_of",
    *(DiscussionNote.tenant, DiscussionNote.assessment, DiscussionNote.cell, DiscussionNote.id),
)
