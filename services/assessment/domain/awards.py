"""An award: applied for, examined by people without a conflict of interest, decided."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class AwardStatus(StrEnum):
    APPLIED = "applied"
    EXAMINATION = "examination"
    GRANTED = "granted"
    REFUSED = "refused"
    CERTIFIED = "certified"


class CertificateStatus(StrEnum):
    NOT_YET_VALID = "not_yet_valid"
    VALID = "valid"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Examiner:
    """`conflicted` is None until the examiner has declared themselves."""

    subject: str
    conflicted: bool | None
    has_scored: bool


def undeclared(examiners: Sequence[Examiner]) -> list[str]:
    """Who has not yet said whether they have a conflict of interest."""
    return [each.subject for each in examiners if each.conflicted is None]


def unscored(examiners: Sequence[Examiner]) -> list[str]:
    """Who may score and has not; nobody, when nobody may."""
    return [each.subject for each in examiners if not each.conflicted and not each.has_scored]


def may_examine(examiners: Sequence[Examiner]) -> bool:
    """Whether somebody without a conflict of interest is there to examine."""
    return any(each.conflicted is False for each in examiners)


def certificate_status(
    valid_from: datetime, valid_until: datetime, withdrawn: bool, at: datetime
) -> CertificateStatus:
    """A certificate is valid from its first instant up to, not including, its last."""
    if withdrawn:
        return CertificateStatus.WITHDRAWN
    if at < valid_from:
        return CertificateStatus.NOT_YET_VALID
    return CertificateStatus.VALID if at < valid_until else CertificateStatus.EXPIRED
