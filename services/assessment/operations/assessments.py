"""Assessments are drafted and changed, and raters are named."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from services.assessment import tables
from services.assessment.domain.cells import rateable, standard
from services.assessment.domain.faults import Fault
from services.assessment.domain.model import Assessed, Model
from services.assessment.domain.ratings import read_target
from services.assessment.domain.workflow import Status
from services.assessment.operations import models
from services.assessment.operations.audit import Change, note
from services.assessment.operations.leading import demand_lead, leads_of
from services.assessment.operations.refusals import demand_status
from services.assessment.queries import assessments as queries
from services.assessment.schemas import assessments as schemas
from shared.http import require_match
from shared.identity import Principal
from shared.ids import new_id
from shared.problems import NOT_FOUND, FieldError, Problem, at_pointer, invalid
from shared.store import Session

_OPEN = (Status.DRAFT, Status.RATING, Status.CONSENSUS, Status.REVIEW)
_PARTS = {"lead", "co_leads", "reviewer"}


async def draft_assessment(
    session: Session, new: schemas.NewAssessment, by: Principal, at: datetime, kept: timedelta
) -> tables.Assessment:
    """Draft an assessment, pinned to a version of a model; a 422 problem lists every fault.

    What concerns a person is erased once it has been `kept` that long.
    """
    model = await chosen_model(session, new.model)
    leads = (new.lead or by.subject, *new.co_leads)
    _refuse(*faults_of(new, model, by), *_faults_of_parts(leads, new.reviewer))
    row = drafted(new, model, by, at)
    session.add(row)
    await session.flush()
    keep_until(session, row, at + kept)
    told = shown(row).model_dump(mode="json")
    note(session, row.id, Change("draft_assessment", after=told), by, at)
    await session.flush()
    return row


def keep_until(session: Session, row: tables.Assessment, due: datetime) -> None:
    """Have what concerns a person erased at that instant."""
    if (person := person_of(row)) is not None:
        session.add(
            tables.ErasureDue(tenant=row.tenant, assessment=row.id, person=person, due_at=due)
        )


def drafted(
    new: schemas.NewAssessment, model: Model, by: Principal, at: datetime
) -> tables.Assessment:
    """The row of a draft in which no faults were found; the caller leads unless it names a lead."""
    lead = new.lead or by.subject
    id_ = new_id("asm")
    scope = standard(model, new.standard) if new.standard else None
    row = tables.Assessment(
        id=id_,
        tenant=by.tenant,
        title=new.title,
        unit_kind=new.unit.kind,
        unit=new.unit.code,
        model_code=model.code,
        model_version=model.version,
        model_hash=model.hash,
        mode=new.mode,
        standard=new.standard,
        target=new.target if new.target is not None or scope is None else dict(scope.target),
        period=new.period,
        status=Status.DRAFT,
        lead=lead,
        co_leads=sorted({*new.co_leads} - {lead}),
        reviewer=new.reviewer,
        line=new.line,
        series=id_,
        version=1,
        created_at=at,
        revision=1,
    )
    restrict(row, [])
    return row


async def change_assessment(
    session: Session,
    id_: str,
    change: schemas.AssessmentChange,
    by: Principal,
    at: datetime,
    if_match: str | None,
) -> tables.Assessment:
    """Change what may still change: all until review, leads and reviewer until the seal."""
    row = await queries.assessment_for_update(session, id_)
    demand_lead(session, by, row)
    require_match(if_match, row.revision)
    told = change.model_dump(exclude_unset=True)
    demand_status(row, *(_OPEN if told.keys() <= _PARTS else _OPEN[:3]))
    raters = [each.subject for each in await queries.raters(session, id_)]
    model = await models.find_model(session, row.model_code, row.model_version)
    _refuse(*_faults_of_change(row, model, told, raters, by))
    before = {name: getattr(row, name) for name in told}
    for name, value in told.items():
        if value is not None or name in ("target", "reviewer"):
            setattr(row, name, value)
    if "reviewer" in told:
        row.confirmed_by = None
    restrict(row, raters)
    row.revision += 1
    note(session, id_, Change("change_assessment", before, told), by, at)
    await session.flush()
    return row


def shown(row: tables.Assessment) -> schemas.Assessment:
    """The assessment as callers see it."""
    model = {"code": row.model_code, "version": row.model_version, "hash": row.model_hash}
    unit = {"kind": row.unit_kind, "code": row.unit}
    return schemas.Assessment.model_validate({**row.model_dump(), "model": model, "unit": unit})


async def chosen_model(session: Session, choice: schemas.ModelChoice) -> Model:
    try:
        return await models.find_model_in_use(session, choice.code, choice.version)
    except Problem as problem:
        if problem.type is not NOT_FOUND or problem.detail is None:
            raise
        zh, en = problem.detail["zh"], problem.detail["en"]
        raise invalid(at_pointer("/model", "unknown_reference", zh, en)) from problem


def faults_of(new: schemas.NewAssessment, model: Model, by: Principal) -> list[FieldError]:
    faults = _faults_of_target(model, new.target)
    scope = standard(model, new.standard) if new.standard else None
    if new.standard and scope is None:
        faults.append(_NO_STANDARD)
    elif new.mode == "quick" and rateable(model, True, scope) == rateable(model, False, scope):
        faults.append(_NO_QUICK_MODE)
    if new.unit.kind != "person" and new.line:
        faults.append(_LINE_OF_NOBODY)
    if Assessed.of(new.unit.kind) is not model.assesses:
        faults.append(_OTHER_KIND[model.assesses])
    if new.unit.kind == "person":
        leads = {new.lead or by.subject, *new.co_leads}
        faults += _faults_of_person(new.unit.code, leads, new.reviewer)
        if by.subject not in (*leads, new.reviewer, *new.line):
            faults.append(_SHUT_OUT)
    return faults


def _faults_of_parts(leads: Collection[str], reviewer: str | None) -> list[FieldError]:
    """A reviewer who leads would review their own work."""
    if reviewer not in leads:
        return []
    return [at_pointer("/reviewer", "reviewer_leads", *REVIEWER_LEADS)]


def _faults_of_change(
    row: tables.Assessment, model: Model, told: dict[str, Any], raters: list[str], by: Principal
) -> list[FieldError]:
    faults = _faults_of_target(model, told.get("target"))
    if told.get("reviewer") in raters:
        faults.append(_REVIEWER_RATES)
    kept = {
        **row.model_dump(),
        **{name: value for name, value in told.items() if value is not None},
    }
    leads, reviewer = {kept["lead"], *kept["co_leads"]}, told.get("reviewer", row.reviewer)
    faults += _faults_of_parts(leads, reviewer)
    if row.unit_kind != "person":
        return faults + ([_LINE_OF_NOBODY] if told.get("line") else [])
    faults += _faults_of_person(row.unit, leads, reviewer)
    if by.subject not in (*leads, reviewer, *kept["line"], *raters):
        faults.append(_SHUT_OUT)
    return faults


def _faults_of_person(
    person: str, leads: Collection[str], reviewer: str | None
) -> list[FieldError]:
    return [_OWN_JUDGE] if person in (*leads, reviewer) else []


def _faults_of_target(model: Model, target: object) -> list[FieldError]:
    found: list[Fault] = []
    read_target(model, target, "/target", found)
    # One level for all is at fault once, however many cells it is given for.
    return [at_pointer(f.pointer, f.code, f.text.zh, f.text.en) for f in dict.fromkeys(found)]


def _refuse(*faults: FieldError) -> None:
    if faults:
        raise invalid(*faults)


def restrict(row: tables.Assessment, raters: list[str]) -> None:
    """An assessment of a person is seen by the person, the line and the assessors only."""
    person = person_of(row)
    if person is not None:
        named = {person, *leads_of(row), *row.line, *raters, row.reviewer or row.lead}
        row.readers = sorted(named)


def person_of(row: tables.Assessment) -> str | None:
    return row.unit if row.unit_kind == "person" else None


_OTHER_KIND = {
    Assessed.PERSON: at_pointer(
        "/unit/kind",
        "not_a_person",
        "此模型评估的是人。",
        "This model assesses a person.",
    ),
    Assessed.UNIT: at_pointer(
        "/unit/kind",
        "not_a_unit",
        "此模型评估的不是人。",
        "This model does not assess a person.",
    ),
}
REVIEWER_LEADS = ("复核人不能主持此评估。", "A reviewer cannot be one of the leads.")
_REVIEWER_RATES = at_pointer(
    "/reviewer", "reviewer_rates", "复核人不能是评分人。", "A reviewer cannot be one of the raters."
)
_NO_STANDARD = at_pointer(
    "/standard", "unknown_reference", "模型中没有这个标准。", "The model has no such standard."
)
_NO_QUICK_MODE = at_pointer(
    "/mode", "no_quick_mode", "该模型没有快速模式。", "The model has no quick mode."
)
_LINE_OF_NOBODY = at_pointer(
    "/line", "not_a_person", "只有对人的评估才有上级。", "Only a person has superiors."
)
_SHUT_OUT = at_pointer(
    "/lead",
    "shut_out",
    "对人的评估只对本人、上级和评估人可见；您须在其中。",
    "An assessment of a person is seen by the person, the line and the assessors only; "
    "you must be one of these.",
)
_OWN_JUDGE = at_pointer(
    "/unit/code",
    "own_judge",
    "被评人不能主持或复核对自己的评估。",
    "A person can neither lead nor review their own assessment.",
)
