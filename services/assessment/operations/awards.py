"""Awards: a sealed assessment applies, examiners declare themselves and score, a jury decides."""

from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction

from services.assessment import tables
from services.assessment.domain.awards import (
    AwardStatus,
    Examiner,
    may_examine,
    undeclared,
    unscored,
)
from services.assessment.domain.workflow import Status
from services.assessment.operations.audit import Change, note
from services.assessment.operations.leading import demand_lead, leads_of
from services.assessment.operations.refusals import conflict, demand_status, forbidden
from services.assessment.queries import assessments as assessment_queries
from services.assessment.queries import awards as queries
from services.assessment.queries import consensus as consensus_queries
from services.assessment.schemas import awards as schemas
from shared.http import require_match
from shared.identity import Principal, Role
from shared.ids import new_id
from shared.problems import NOT_FOUND, Problem, at_pointer, invalid
from shared.store import Session


async def apply_for_award(
    session: Session, new: schemas.NewAward, by: Principal, at: datetime
) -> schemas.Award:
    """Apply with a sealed assessment that rests on evidence and concerns no person."""
    try:
        assessment = await assessment_queries.assessment_for_update(session, new.assessment)
    except Problem as problem:
        if problem.type is not NOT_FOUND:
            raise
        raise invalid(at_pointer("/assessment", "unknown_reference", *_UNKNOWN)) from None
    if Role.PROCESS_OWNER not in by.roles:
        demand_lead(session, by, assessment)
    demand_status(assessment, Status.SEALED)
    if assessment.mode == "quick" or assessment.unit_kind == "person":
        raise invalid(at_pointer("/assessment", "not_eligible", *_NOT_ELIGIBLE))
    if await queries.find_award(session, new.assessment, new.programme):
        raise conflict(*_APPLIED, "/programme", "taken")
    row = tables.Award(
        id=new_id("awd"),
        tenant=by.tenant,
        status=AwardStatus.APPLIED,
        applied_by=by.subject,
        applied_at=at,
        revision=1,
        **new.model_dump(),
    )
    session.add(row)
    note(session, row.assessment, Change("apply_for_award", after={"award": row.id}), by, at)
    await session.flush()
    return await shown(session, row, by)


async def add_examiner(
    session: Session,
    id_: str,
    new: schemas.NewExaminer,
    by: Principal,
    at: datetime,
    if_match: str | None,
) -> schemas.Award:
    """Name an examiner; neither of the two had a part in the assessment or in the application."""
    row = await _taken(session, id_, if_match, AwardStatus.APPLIED)
    await demand_stranger(session, row, by)
    if new.subject in await _took_part(session, row):
        raise invalid(at_pointer("/subject", "took_part", *_TOOK_PART))
    if new.subject in [each.subject for each in await queries.examiners(session, id_)]:
        raise conflict(*_EXAMINES, "/subject", "taken")
    session.add(tables.AwardExaminer(tenant=by.tenant, award=id_, subject=new.subject))
    return await _kept(session, row, Change("add_examiner", after=new.model_dump()), by, at)


async def declare_conflict(
    session: Session,
    id_: str,
    said: schemas.Declaration,
    by: Principal,
    at: datetime,
    if_match: str | None,
) -> schemas.Award:
    """Say, as an examiner, whether one has a conflict of interest; also while examining.

    A conflict that is declared late takes back what the examiner had given.
    """
    row = await _taken(session, id_, if_match, AwardStatus.APPLIED, AwardStatus.EXAMINATION)
    examiner = await _examiner(session, row, by)
    examiner.conflicted, examiner.conflict = said.conflicted, said.conflict
    if said.conflicted:
        examiner.points = examiner.recommendation = examiner.remarks = examiner.scored_at = None
    return await _kept(session, row, Change("declare_conflict", after=said.model_dump()), by, at)


async def open_examination(
    session: Session, id_: str, by: Principal, at: datetime, if_match: str | None
) -> schemas.Award:
    """Let the examiners score, once all have declared themselves and one may."""
    row = await _taken(session, id_, if_match, AwardStatus.APPLIED)
    await demand_stranger(session, row, by)
    examiners = await _examiners(session, row)
    if missing := undeclared(examiners):
        names = ", ".join(missing)
        raise conflict(f"尚未申报利益冲突：{names}。", f"Not declared themselves yet: {names}.")
    if not may_examine(examiners):
        raise conflict(*_NOBODY)
    row.status = AwardStatus.EXAMINATION
    change = Change(
        "open_examination", {"status": AwardStatus.APPLIED}, {"status": AwardStatus.EXAMINATION}
    )
    return await _kept(session, row, change, by, at)


async def score_award(
    session: Session,
    id_: str,
    given: schemas.ExaminerScore,
    by: Principal,
    at: datetime,
    if_match: str | None,
) -> schemas.Award:
    """Score, as an examiner without a conflict of interest.

    The trail says that it was done; what was given is in it once the award is decided.
    """
    row = await _taken(session, id_, if_match, AwardStatus.EXAMINATION)
    examiner = await _examiner(session, row, by)
    if examiner.conflicted is not False:
        raise forbidden(*_CONFLICTED)
    examiner.points, examiner.recommendation = given.points, given.recommendation
    examiner.remarks, examiner.scored_at = given.remarks, at
    return await _kept(session, row, Change("score_award"), by, at)


async def decide_award(
    session: Session,
    id_: str,
    said: schemas.AwardDecision,
    by: Principal,
    at: datetime,
    if_match: str | None,
) -> schemas.Award:
    """Grant or refuse, once every examiner who may has scored; never with a conflict."""
    row = await _taken(session, id_, if_match, AwardStatus.EXAMINATION)
    examiners = await _examiners(session, row)
    if any(each.subject == by.subject and each.conflicted for each in examiners):
        raise forbidden(*_CONFLICTED)
    await demand_stranger(session, row, by)
    if not may_examine(examiners):
        raise conflict(*_NOBODY)
    if missing := unscored(examiners):
        names = ", ".join(missing)
        raise conflict(f"尚未评分：{names}。", f"Not scored yet: {names}.")
    row.status = AwardStatus(said.decision)
    row.decision, row.rationale = said.decision, said.rationale
    row.decided_by, row.decided_at = by.subject, at
    told = said.model_dump() | {"scores": await _scores(session, id_)}
    return await _kept(session, row, Change("decide_award", after=told), by, at)


async def shown(session: Session, row: tables.Award, by: Principal) -> schemas.Award:
    """The award; before its decision, what examiners gave is their own alone."""
    rows = await queries.examiners(session, row.id)
    decided = row.decision is not None
    hidden = {"points": None, "recommendation": None, "remarks": None}
    examiners = [
        each.model_dump() if decided or each.subject == by.subject else each.model_dump() | hidden
        for each in rows
    ]
    certificate = await queries.find_certificate(session, row.id)
    return schemas.Award.model_validate(
        {
            **row.model_dump(),
            "examiners": examiners,
            "points": mean_points(rows) if decided else None,
            "certificate": certificate and certificate.number,
        }
    )


def mean_points(examiners: Sequence[tables.AwardExaminer]) -> float | None:
    """Rounded once, half to even, to four decimals."""
    points = [each.points for each in examiners if each.points is not None]
    return float(round(Fraction(sum(points), len(points)), 4)) if points else None


def demand_award(row: tables.Award, *needed: AwardStatus) -> None:
    """409 unless the award is in one of these statuses."""
    if row.status not in needed:
        names = ", ".join(needed)
        raise conflict(
            f"奖项申请处于 {row.status}；此操作须在：{names}。",
            f"The award is {row.status}; this needs: {names}.",
        )


async def demand_stranger(session: Session, row: tables.Award, by: Principal) -> None:
    """403 for who took part in the assessment or the application: they do not run the award."""
    if by.subject in await _took_part(session, row):
        raise forbidden(*_TOOK_PART)


async def _taken(
    session: Session, id_: str, if_match: str | None, *needed: AwardStatus
) -> tables.Award:
    row = await queries.award(session, id_, lock=True)
    require_match(if_match, row.revision)
    demand_award(row, *needed)
    return row


async def _kept(
    session: Session, row: tables.Award, change: Change, by: Principal, at: datetime
) -> schemas.Award:
    row.revision += 1
    note(session, row.assessment, change, by, at)
    await session.flush()
    return await shown(session, row, by)


async def _examiner(session: Session, row: tables.Award, by: Principal) -> tables.AwardExaminer:
    for each in await queries.examiners(session, row.id):
        if each.subject == by.subject:
            return each
    raise forbidden("您不是此奖项的评审员。", "You are not an examiner of this award.")


async def _scores(session: Session, id_: str) -> dict[str, object]:
    """What each examiner gave who had no conflict of interest."""
    given = {"points", "recommendation", "remarks", "scored_at"}
    return {
        each.subject: each.model_dump(include=given)
        for each in await queries.examiners(session, id_)
        if each.points is not None
    }


async def _examiners(session: Session, row: tables.Award) -> list[Examiner]:
    return [
        Examiner(each.subject, each.conflicted, each.points is not None)
        for each in await queries.examiners(session, row.id)
    ]


async def _took_part(session: Session, row: tables.Award) -> set[str]:
    """Who led, rated, decided, reviewed or applied."""
    assessment = await assessment_queries.assessment(session, row.assessment)
    raters = await assessment_queries.raters(session, row.assessment)
    decided = await consensus_queries.decisions(session, row.assessment)
    named = {*leads_of(assessment), row.applied_by, *(each.subject for each in raters)}
    named |= {each.decided_by for each in decided}
    return named | ({assessment.reviewer} if assessment.reviewer else set())


_UNKNOWN = ("没有这个评估。", "There is no such assessment.")
_NOT_ELIGIBLE = (
    "快速评估与对人的评估不能申请奖项。",
    "An opinion, or an assessment of a person, cannot apply for an award.",
)
_APPLIED = ("该评估已申请此奖项。", "This assessment has applied for this award already.")
_EXAMINES = ("已是评审员。", "This is an examiner already.")
_TOOK_PART = (
    "参与过该评估或申请的人不能主持评审、评审或裁定。",
    "Who took part in the assessment or applied neither runs the award, nor examines or decides.",
)
_NOBODY = ("没有无利益冲突的评审员。", "There is no examiner without a conflict of interest.")
_CONFLICTED = (
    "有利益冲突（或尚未申报）的评审员不能评分或裁定。",
    "An examiner with a conflict of interest, or none declared, can neither score nor decide.",
)
