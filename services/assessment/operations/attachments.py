"""Evidence is attached to cells; it proves facts and scores nothing."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from services.assessment import tables
from services.assessment.domain import claims as domain
from services.assessment.domain.claims import Measure
from services.assessment.domain.facts import Proof, block, facts
from services.assessment.domain.faults import below
from services.assessment.domain.workflow import Status
from services.assessment.operations import claims
from services.assessment.operations.audit import Change, note
from services.assessment.operations.evidence import shown
from services.assessment.operations.leading import demand_lead, leads
from services.assessment.operations.pinned import Pinned, pinned
from services.assessment.operations.refusals import conflict, demand_status, forbidden
from services.assessment.queries import assessments as assessment_queries
from services.assessment.queries import evidence as queries
from services.assessment.queries import series as series_queries
from services.assessment.schemas import claims as claim_schemas
from services.assessment.schemas import evidence as schemas
from shared.identity import Principal
from shared.problems import FieldError, at_pointer, invalid
from shared.store import Session

_OPEN = (Status.DRAFT, Status.RATING, Status.CONSENSUS)


async def attach_evidence(
    session: Session,
    assessment_id: str,
    id_: str,
    new: schemas.NewAttachment,
    by: Principal,
    at: datetime,
) -> tables.EvidenceAttachment:
    """Let evidence speak for a cell, until review. A rater's is the rater's until consensus."""
    row = await assessment_queries.assessment_for_entry(session, assessment_id)
    demand_status(row, *_OPEN)
    await _demand_part(session, row, new, by)
    evidence = await queries.evidence(session, id_)
    _refuse(_faults(await pinned(session, row), new))
    attached = await queries.attached(session, assessment_id, new.cell)
    if any(known.id == evidence.id for _, known in attached):
        raise conflict("证据已附于该单元。", "It is attached to this cell already.")
    told = tables.EvidenceAttachment(
        tenant=by.tenant,
        assessment=assessment_id,
        cell=new.cell,
        evidence=evidence.id,
        common=new.common,
        enablers=sorted(set(new.enablers)),
        attached_by=by.subject,
        attached_at=at,
    )
    session.add(told)
    note(session, assessment_id, _change("attach_evidence", after=told), by, at)
    await session.flush()
    return told


async def detach_evidence(
    session: Session, assessment_id: str, cell: str, id_: str, by: Principal, at: datetime
) -> None:
    """Take back what one attached, until review; a lead also what is common."""
    row = await assessment_queries.assessment_for_entry(session, assessment_id)
    demand_status(row, *_OPEN)
    told = await queries.attachment(session, assessment_id, cell, id_, by.subject)
    if by.subject != told.attached_by:
        if not told.common:
            raise forbidden("只有附加人可以解除。", "Only who attached it can detach it.")
        demand_lead(session, by, row)
    note(session, assessment_id, _change("detach_evidence", before=told), by, at)
    await session.delete(told)
    await session.flush()


async def assessment_evidence(
    session: Session, assessment_id: str, cell: str | None, today: date
) -> list[schemas.AttachedEvidence]:
    """What the caller may see attached, with what the data say of its claims now."""
    await assessment_queries.assessment(session, assessment_id)
    return [
        schemas.AttachedEvidence.model_validate(
            {
                **told.model_dump(),
                "evidence": shown(evidence, today),
                "check": await check_of(session, evidence, told),
            }
        )
        for told, evidence in await queries.attached(session, assessment_id, cell)
    ]


async def check_of(
    session: Session, row: tables.Evidence, told: tables.EvidenceAttachment | None = None
) -> claim_schemas.ClaimCheck | None:
    """What the data say now, or said when sealed, of the claim on this evidence; None without."""
    if row.claim is None:
        return None
    asked = claim_schemas.ClaimCheckRequest.model_validate(row.claim)
    measured = await measures(session, row, told)
    readings = domain.check(claims.claim(asked.claim), measured, asked.order)
    return claims.answer(readings, asked.order)


async def proven_facts(
    session: Session, assessment_id: str, today: date
) -> dict[str, dict[str, int]]:
    """Facts by cell from the unexpired evidence that the caller may see."""
    attached = await queries.attached(session, assessment_id)
    proofs = [await _proof(session, told, evidence) for told, evidence in attached]
    return facts(proofs, today)


async def _proof(
    session: Session, told: tables.EvidenceAttachment, evidence: tables.Evidence
) -> Proof:
    known = await measures(session, evidence, told)
    measured = (each.period for each in known if each.value is not None)
    comparators: set[str] = set()
    if evidence.claim is not None:
        said = claim_schemas.ClaimCheckRequest.model_validate(evidence.claim).claim
        comparators = {each.name for each in said.comparators if each.external}
    return Proof(
        told.cell,
        evidence.expires_on,
        frozenset((*evidence.periods, *measured)),
        frozenset(comparators),
        frozenset(told.enablers),
    )


async def measures(
    session: Session, row: tables.Evidence, told: tables.EvidenceAttachment | None = None
) -> list[Measure]:
    """The values that the evidence stands on: sealed with it, printed with its claim, or live."""
    if told is not None and told.measured is not None:
        return [Measure(p, None if v is None else Decimal(v)) for p, v in told.measured]
    if row.claim is not None:
        asked = claim_schemas.ClaimCheckRequest.model_validate(row.claim)
        if asked.printed is not None:
            return claims.printed(asked.printed)
        named = asked.live
    else:
        named = row.series and claim_schemas.SeriesName.model_validate(row.series)
    if named is None:
        return []
    return await series_queries.measures(
        session, named.source, named.series, named.first_period, named.last_period
    )


async def _demand_part(
    session: Session, row: tables.Assessment, new: schemas.NewAttachment, by: Principal
) -> None:
    if leads(by, row):
        demand_lead(session, by, row)
        return
    if new.common:
        raise forbidden("只有主评人可以提供公共证据。", "Only a lead brings common evidence.")
    if await assessment_queries.find_rater(session, row.id, by.subject) is None:
        raise forbidden("您不是此评估的评分人。", "You are not a rater of this assessment.")


def _faults(used: Pinned, new: schemas.NewAttachment) -> list[FieldError]:
    if new.cell not in used.cells:
        text = ("此评估中没有这个可评的单元。", "Nothing of this name is rated here.")
        return [at_pointer("/cell", "not_a_cell", *text)]
    own = block(used.model, new.cell)
    return [
        at_pointer(
            below("/enablers", number),
            "not_an_enabler",
            "须是模型中另一部分的条目。",
            "Must be an item of another part of the model.",
        )
        for number, item in enumerate(new.enablers)
        if item not in used.model.items
        or item == used.model.root.id
        or block(used.model, item) == own
    ]


def _change(
    action: str,
    before: tables.EvidenceAttachment | None = None,
    after: tables.EvidenceAttachment | None = None,
) -> Change:
    """What is common is told to all; what is a rater's own, to nobody else before consensus."""
    told = before or after
    assert told is not None  # noqa: S101 - one of the two is given
    said = {"evidence": told.evidence, "enablers": told.enablers}
    rater = None if told.common else told.attached_by
    return Change(action, before and said, after and said, told.cell, rater)


def _refuse(faults: Sequence[FieldError]) -> None:
    if faults:
        raise invalid(*faults)
