"""Campaigns: a grid of units is assessed at once, watched, and looked at together."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from services.assessment import tables
from services.assessment.domain import comparison
from services.assessment.domain.model import Model
from services.assessment.domain.workflow import OPEN_RATING, Status
from services.assessment.operations import assessments
from services.assessment.operations.announcements import announce_opening
from services.assessment.operations.audit import Change, note
from services.assessment.operations.leading import demand_lead, leads
from services.assessment.operations.refusals import conflict
from services.assessment.operations.results import Scored, change, result, scores_of
from services.assessment.queries import campaigns as queries
from services.assessment.schemas import campaigns as schemas
from services.assessment.schemas.assessments import NewAssessment, Unit
from services.assessment.schemas.results import LeftOut
from shared.http import require_match
from shared.identity import Principal
from shared.ids import new_id
from shared.problems import FieldError, at_pointer, invalid
from shared.store import Session


async def create_campaign(
    session: Session, new: schemas.NewCampaign, by: Principal, at: datetime, kept: timedelta
) -> tables.Campaign:
    """Draft an assessment per unit, invite its raters and open it where there are any.

    What concerns a person is erased once it has been `kept` that long.
    """
    _demand_ahead(new.deadline, at)
    model = await assessments.chosen_model(session, new.model)
    row = _row(new, model, by, at)
    drafts = [_draft(new, unit, unit.lead or row.lead) for unit in new.units]
    if faults := _faults(drafts, model, by):
        raise invalid(*faults)
    session.add(row)
    rows = [assessments.drafted(each, model, by, at) for each in drafts]
    session.add_all(rows)
    await session.flush()
    invited = [(each, _invited(new, unit)) for each, unit in zip(rows, new.units, strict=True)]
    for (assessment, raters), place in zip(invited, new.units, strict=True):
        _place_in_grid(session, row, assessment, place.group, by, at)
        _invite(session, assessment, raters, by, at)
        assessments.keep_until(session, assessment, at + kept)
    await session.flush()
    for assessment, raters in invited:
        if raters:
            await announce_opening(session, assessment, raters, at)
    await _plan_reminders(session, row, at)
    told = row.model_dump(exclude={"id", "tenant", "revision"}) | {"units": len(rows)}
    note(session, row.id, Change("create_campaign", after=told), by, at)
    await session.flush()
    return row


async def change_campaign(
    session: Session,
    id_: str,
    told: schemas.CampaignChange,
    by: Principal,
    at: datetime,
    if_match: str | None,
) -> tables.Campaign:
    """Move the deadline, the reminders or the title of an open campaign, or change its leads."""
    row = await _open(session, id_, if_match, by)
    _demand_ahead(told.deadline or row.deadline, at)
    after = told.model_dump(exclude_none=True)
    before = {name: getattr(row, name) for name in after}
    for name, value in after.items():
        setattr(row, name, value)
    row.revision += 1
    note(session, id_, Change("change_campaign", before, after), by, at)
    await session.flush()
    await _plan_reminders(session, row, at)
    return row


async def close_campaign(
    session: Session, id_: str, by: Principal, at: datetime, if_match: str | None
) -> tables.Campaign:
    """End a campaign: nobody is reminded any more; its assessments go their own way."""
    row = await _open(session, id_, if_match, by)
    row.status = "closed"
    row.revision += 1
    change = Change("close_campaign", {"status": "open"}, {"status": "closed"})
    note(session, id_, change, by, at)
    await _forget_reminders(session, row)
    await session.flush()
    return row


async def campaign_progress(
    session: Session, id_: str, by: Principal
) -> list[schemas.UnitProgress]:
    """How far every unit is; who has submitted is told to its leads only while rating is blind."""
    campaign = await queries.campaign(session, id_)
    rows = await queries.units(session, id_)
    raters = await queries.raters_of(session, [row.id for row in rows])
    return [
        schemas.UnitProgress.model_validate(
            {
                "kind": row.unit_kind,
                "code": row.unit,
                "assessment": row.id,
                "status": row.status,
                "raters": [
                    {
                        "subject": each.subject,
                        "submitted": each.submitted
                        if row.consensus_opened_at or leads(by, row, campaign)
                        else None,
                    }
                    for each in raters.get(row.id, [])
                ],
            }
        )
        for row in rows
    ]


async def campaign_results(
    session: Session, id_: str, baseline: str | None
) -> schemas.CampaignResults:
    """What the sealed units came to, and what changed since the baseline campaign."""
    sealed, pending = await _sealed(session, id_)
    before = [] if baseline is None else (await _sealed(session, baseline))[0]
    held = {(each.row.unit_kind, each.row.unit): each for each in before}
    changes, left_out = [], []
    for each in sealed:
        known = held.get((each.row.unit_kind, each.row.unit))
        if known is None:
            continue
        against = comparison.obstacles([each.result, known.result])
        left_out += [LeftOut.model_validate(o, from_attributes=True) for o in against]
        if not against:
            changes.append(change(each, comparison.differences(known.result, each.result)))
    ranked = sorted(sealed, key=lambda each: -(each.score.whole.value or 0))
    return schemas.CampaignResults(
        results=[result(each) for each in ranked],
        pending=pending,
        changes=changes,
        left_out=left_out,
    )


async def _sealed(session: Session, id_: str) -> tuple[list[Scored], int]:
    await queries.campaign(session, id_)
    rows = await queries.units(session, id_)
    sealed = [row for row in rows if row.sealed_at is not None and row.erased_at is None]
    return await scores_of(session, sealed), len(rows) - len(sealed)


def _row(new: schemas.NewCampaign, model: Model, by: Principal, at: datetime) -> tables.Campaign:
    return tables.Campaign(
        id=new_id("cmp"),
        tenant=by.tenant,
        model_code=model.code,
        model_version=model.version,
        status="open",
        lead=new.lead or by.subject,
        created_by=by.subject,
        created_at=at,
        revision=1,
        **new.model_dump(
            include={"title", "mode", "period", "deadline", "remind_days", "co_leads"}
        ),
    )


def _demand_ahead(deadline: datetime, at: datetime) -> None:
    if deadline <= at:
        text = ("截止时间须在将来。", "The deadline lies ahead.")
        raise invalid(at_pointer("/deadline", "deadline_past", *text))


def _draft(new: schemas.NewCampaign, place: schemas.GridUnit, lead: str) -> NewAssessment:
    said = new.model_dump(include={"model", "period", "mode", "standard", "target"})
    return NewAssessment(
        **said,
        title=f"{new.title[:150]} · {place.code}"[:200],
        unit=Unit(kind=place.kind, code=place.code),
        line=place.line,
        lead=lead,
        co_leads=place.co_leads if place.lead else new.co_leads,
        reviewer=place.reviewer or new.reviewer,
    )


def _faults(drafts: Sequence[NewAssessment], model: Model, by: Principal) -> list[FieldError]:
    """What is wrong with each of them at its place, and with all of them once."""
    found: dict[tuple[str, str], FieldError] = {}
    for number, draft in enumerate(drafts):
        for each in assessments.faults_of(draft, model, by):
            pointer = (each.pointer or "").replace("#/unit/", f"#/units/{number}/")
            if pointer in ("#/lead", "#/line"):
                pointer = f"#/units/{number}{pointer[1:]}"
            found[pointer, each.code] = replace(each, pointer=pointer)
    return list(found.values()) + [
        at_pointer(f"/units/{number}", "reviewer_leads", *assessments.REVIEWER_LEADS)
        for number, each in enumerate(drafts)
        if each.reviewer in (each.lead, *each.co_leads)
    ]


def _invited(new: schemas.NewCampaign, place: schemas.GridUnit) -> list[str]:
    """Whoever is invited to the unit or to all of them, but for its reviewer and themselves."""
    reviewer = place.reviewer or new.reviewer
    person = place.code if place.kind == "person" else None
    return sorted({*new.raters, *place.raters} - {reviewer, person})


def _place_in_grid(
    session: Session,
    campaign: tables.Campaign,
    row: tables.Assessment,
    group: str | None,
    by: Principal,
    at: datetime,
) -> None:
    place = tables.CampaignUnit(
        tenant=by.tenant,
        campaign=campaign.id,
        unit_kind=row.unit_kind,
        unit=row.unit,
        group_code=group,
        assessment=row.id,
    )
    session.add(place)
    drafted = assessments.shown(row).model_dump(mode="json")
    note(session, row.id, Change("draft_assessment", after=drafted), by, at)


def _invite(
    session: Session, row: tables.Assessment, raters: list[str], by: Principal, at: datetime
) -> None:
    """Name the raters, and let them rate if there are any."""
    assessments.restrict(row, raters)
    for subject in raters:
        rater = tables.AssessmentRater(
            tenant=by.tenant,
            assessment=row.id,
            subject=subject,
            added_at=at,
            submitted=False,
            revision=1,
        )
        session.add(rater)
        note(session, row.id, Change("add_rater", after={"subject": subject}), by, at)
    if raters:
        row.status, row.revision = OPEN_RATING.after, row.revision + 1
        told = ({"status": Status.DRAFT}, {"status": OPEN_RATING.after})
        note(session, row.id, Change(OPEN_RATING.name, *told), by, at)


async def _plan_reminders(session: Session, row: tables.Campaign, at: datetime) -> None:
    """Plan the reminders that lie ahead; those that would lie behind are never told."""
    await _forget_reminders(session, row)
    planned = [
        {"tenant": row.tenant, "campaign": row.id, "days_left": days, "due_at": due}
        for days in sorted({0, *row.remind_days})
        if (due := row.deadline - timedelta(days=days)) > at
    ]
    if planned:
        await session.execute(insert(tables.CampaignReminder).values(planned))


async def _forget_reminders(session: Session, row: tables.Campaign) -> None:
    mine = col(tables.CampaignReminder.campaign) == row.id
    await session.execute(delete(tables.CampaignReminder).where(mine))


async def _open(session: Session, id_: str, if_match: str | None, by: Principal) -> tables.Campaign:
    row = await queries.campaign(session, id_, lock=True)
    demand_lead(session, by, row)
    require_match(if_match, row.revision)
    if row.status != "open":
        raise conflict("评估活动已关闭。", "The campaign is closed.")
    return row
