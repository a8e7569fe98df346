"""Bodies of awards, examiners and certificates."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.assessment.domain.awards import AwardStatus, CertificateStatus
from services.assessment.schemas.assessments import AssessmentId, Reason, Subject
from services.assessment.schemas.consensus import Hash
from shared.schemas import NOT_BLANK, LocalMoment, Request, example, fault

Remarks = Annotated[str, Field(min_length=1, max_length=8000, pattern=NOT_BLANK)]
AwardId = Annotated[str, Field(examples=["awd_01j9zq3k5v8m2n4p6r7s8t9w0x"])]
Programme = Annotated[
    str,
    Field(
        min_length=1,
        max_length=200,
        pattern=NOT_BLANK,
        description="The award's name, as the certificate bears it.",
        examples=["excellence-2026"],
    ),
]
CertificateNumber = Annotated[str, Field(examples=["SEE-2026-0042"])]


class NewAward(Request):
    """The application of a sealed assessment that rests on evidence."""

    model_config = example(
        {
            "assessment": "asm_01j9zq3k5v8m2n4p6r7s8t9w0x",
            "programme": "excellence-2026",
            "statement": "The service desk applies for the award of 2026.",
        }
    )

    assessment: AssessmentId
    programme: Programme
    statement: Remarks


class NewExaminer(Request):
    model_config = example({"subject": "qian.yu"})

    subject: Subject


class Declaration(Request):
    """Whether an examiner has a conflict of interest, and which."""

    model_config = example({"conflicted": True, "conflict": "I advised this unit in 2025."})

    conflicted: bool
    conflict: Remarks | None = None

    @model_validator(mode="after")
    def _said(self) -> "Declaration":
        if self.conflicted and self.conflict is None:
            raise fault("conflict_missing", "A conflict of interest must be described.", "conflict")
        return self


class ExaminerScore(Request):
    """An examiner's own points and recommendation."""

    model_config = example(
        {"points": 640, "recommendation": "grant", "remarks": "Strong in customer results."}
    )

    points: int = Field(ge=0, le=1000)
    recommendation: Literal["grant", "refuse"]
    remarks: Remarks


class AwardDecision(Request):
    model_config = example({"decision": "granted", "rationale": "All examiners recommend it."})

    decision: Literal["granted", "refused"]
    rationale: Remarks


class NewCertificate(Request):
    """For how long a granted award is certified."""

    model_config = example({"valid_from": "2026-07-01", "valid_until": "2029-07-01"})

    valid_from: LocalMoment
    valid_until: LocalMoment

    @model_validator(mode="after")
    def _forward(self) -> "NewCertificate":
        if self.valid_until <= self.valid_from:
            raise fault(
                "validity_backwards", "The validity must end after it begins.", "valid_until"
            )
        return self


class Withdrawal(Request):
    model_config = example({"reason": "The assessment was corrected."})

    reason: Reason


class Examiner(BaseModel):
    """What an examiner gave is told to others once the award is decided."""

    model_config = ConfigDict(from_attributes=True)

    subject: str
    conflicted: bool | None = Field(description="Null until declared.")
    conflict: str | None
    points: int | None
    recommendation: Literal["grant", "refuse"] | None
    remarks: str | None


class Award(BaseModel):
    id: AwardId
    assessment: AssessmentId
    programme: str
    statement: str
    status: AwardStatus
    applied_by: str
    applied_at: datetime
    examiners: list[Examiner]
    points: float | None = Field(description="Mean of the examiners' points, once decided.")
    decision: Literal["granted", "refused"] | None
    rationale: str | None
    decided_by: str | None
    decided_at: datetime | None
    certificate: CertificateNumber | None
    revision: int


class Certificate(BaseModel):
    """A certificate; its hash is that of the canonical JSON (RFC 8785) of `content`."""

    number: CertificateNumber
    status: CertificateStatus
    content: dict[str, Any] = Field(
        description="Holder, award, model, exact score, validity, and the seal's hash."
    )
    hash: Hash
    verified: bool = Field(
        description="The hash follows from the content, and the seal from the assessment."
    )
    valid_from: datetime
    valid_until: datetime
    issued_by: str
    issued_at: datetime
    withdrawn_at: datetime | None
    withdrawal_reason: str | None
    revision: int
