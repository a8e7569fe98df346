"""Bodies of the audit trail."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field


class AuditEntry(BaseModel):
    """One change: who, when, before and after.

    `hash` is SHA-256 over the hash before it in its chain, `chain`, `position`, `id`, `action`,
    `at` in UTC with microseconds, and `commitment`, joined by `|`.
    """

    model_config = ConfigDict(from_attributes=True)

    id: str = Field(examples=["aud_01j9zq3k5v8m2n4p6r7s8t9w0x"])
    about: str = Field(description="The assessment, campaign, evidence or model that changed.")
    action: str = Field(examples=["decide_cell"])
    cell: str | None
    rater: str | None
    by: str
    at: datetime
    acting_as: str | None = Field(
        description="The role of who was not appointed to do this: an administrator."
    )
    before: object
    after: object
    chain: str = Field(description="What raters do on their own is a chain of its own.")
    position: int = Field(description="In its chain, from 1.")
    commitment: str = Field(description="Salted hash of what is personal of this entry.")
    hash: str


class CheckedChain(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    chain: str
    entries: int
    erased: int = Field(description="Entries whose content is not vouched for any more.")
    head: str = Field(description="The hash of its last entry, as it is stored.")
    broken_at: int | None = Field(description="The first position that does not hold.")


class TrailVerification(BaseModel):
    """Whether the chains hold that the caller may see, and everything that they refer to exists."""

    valid: bool
    chains: list[CheckedChain]
