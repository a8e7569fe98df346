"""Certificates of granted awards: a number, a validity, and a hash that anyone can recompute."""

from datetime import UTC, datetime

from services.assessment import tables
from services.assessment.domain.awards import AwardStatus, certificate_status
from services.assessment.domain.canonical import digest
from services.assessment.operations.assessment_scores import decided_score
from services.assessment.operations.audit import Change, note
from services.assessment.operations.awards import demand_award, demand_stranger
from services.assessment.operations.models import find_model
from services.assessment.operations.refusals import conflict
from services.assessment.operations.sealing import verify_seal
from services.assessment.queries import assessments as assessment_queries
from services.assessment.queries import awards as queries
from services.assessment.queries.consensus import seal as seal_of
from services.assessment.rendering.certificate import Standing, printed
from services.assessment.rendering.layout import Language
from services.assessment.schemas import awards as schemas
from shared import outbox
from shared.contracts.assessment import CertificateIssued
from shared.http import require_match
from shared.identity import Principal
from shared.store import Session


async def issue_certificate(
    session: Session,
    award_id: str,
    new: schemas.NewCertificate,
    by: Principal,
    at: datetime,
    if_match: str | None,
) -> schemas.Certificate:
    """Certify a granted award, and tell the platform."""
    award = await queries.award(session, award_id, lock=True)
    await demand_stranger(session, award, by)
    require_match(if_match, award.revision)
    demand_award(award, AwardStatus.GRANTED)
    assessment = await assessment_queries.assessment(session, award.assessment)
    content = await _content(session, award, assessment, new)
    row = tables.Certificate(
        tenant=by.tenant,
        number=str(content["number"]),
        award=award_id,
        content=content,
        hash=digest(content),
        valid_from=new.valid_from.astimezone(UTC),
        valid_until=new.valid_until.astimezone(UTC),
        issued_by=by.subject,
        issued_at=at,
        revision=1,
    )
    session.add(row)
    award.status, award.revision = AwardStatus.CERTIFIED, award.revision + 1
    change = Change("issue_certificate", after={"number": row.number})
    note(session, award.assessment, change, by, at)
    await session.flush()
    await _announce(session, row, award, assessment)
    return await shown(session, row, at)


async def certificate_page(
    session: Session, number: str, language: Language, at: datetime
) -> bytes:
    """The certificate to be printed, as it stands at this instant."""
    row = await queries.certificate(session, number)
    told = await shown(session, row, at)
    standing = Standing(
        told.status, told.verified, told.hash, told.issued_at, told.withdrawal_reason
    )
    used = row.content["model"]
    model = await find_model(session, used["code"], used["version"])
    return printed(row.content, standing, model, language)


async def withdraw_certificate(
    session: Session, number: str, reason: str, by: Principal, at: datetime, if_match: str | None
) -> schemas.Certificate:
    """Withdraw a certificate; it stays readable, and says so."""
    row = await queries.certificate(session, number, lock=True)
    require_match(if_match, row.revision)
    if row.withdrawn_at is not None:
        raise conflict("证书已撤销。", "The certificate has been withdrawn already.")
    row.withdrawn_by, row.withdrawn_at, row.withdrawal_reason = by.subject, at, reason
    row.revision += 1
    award = await queries.award(session, row.award)
    change = Change("withdraw_certificate", after={"number": number, "reason": reason})
    note(session, award.assessment, change, by, at)
    await session.flush()
    return await shown(session, row, at)


async def shown(session: Session, row: tables.Certificate, at: datetime) -> schemas.Certificate:
    """The certificate, checked anew down to the sealed assessment."""
    award = await queries.award(session, row.award)
    seal = await verify_seal(session, award.assessment)
    sound = digest(row.content) == row.hash
    withdrawn = row.withdrawn_at is not None
    return schemas.Certificate.model_validate(
        {
            **row.model_dump(),
            "status": certificate_status(row.valid_from, row.valid_until, withdrawn, at),
            "verified": sound and seal.valid and seal.hash == row.content["seal"],
        }
    )


async def _content(
    session: Session,
    award: tables.Award,
    assessment: tables.Assessment,
    new: schemas.NewCertificate,
) -> dict[str, object]:
    seal = await seal_of(session, assessment.id)
    score = (await decided_score(session, assessment)).score
    return {
        "number": await queries.next_number(session, new.valid_from.year),
        "programme": award.programme,
        "award": award.id,
        "holder": {"kind": assessment.unit_kind, "code": assessment.unit},
        "assessment": assessment.id,
        "period": assessment.period,
        "model": {
            "code": assessment.model_code,
            "version": assessment.model_version,
            "hash": assessment.model_hash,
        },
        "total": None if score.whole.value is None else str(score.whole.value),
        "attained": score.whole.attained,
        "seal": seal.hash,
        "valid_from": new.valid_from.isoformat(),
        "valid_until": new.valid_until.isoformat(),
    }


async def _announce(
    session: Session, row: tables.Certificate, award: tables.Award, assessment: tables.Assessment
) -> None:
    said = {
        **row.model_dump(),
        "award": award.id,
        "assessment": assessment.id,
        "unit_kind": assessment.unit_kind,
        "unit": assessment.unit,
    }
    await outbox.record(session, CertificateIssued.model_validate(said))
