"""Raters are named and taken out, and pass their invitations on, until consensus opens."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy.dialects.postgresql import insert

from services.assessment import tables
from services.assessment.domain.workflow import Status
from services.assessment.operations.assessments import person_of, restrict
from services.assessment.operations.audit import Change, note
from services.assessment.operations.leading import demand_lead
from services.assessment.operations.refusals import conflict, demand_status
from services.assessment.queries import assessments as queries
from services.assessment.queries import campaigns
from services.assessment.schemas import assessments as schemas
from shared.http import require_match
from shared.identity import Principal
from shared.ids import new_id
from shared.problems import at_pointer, invalid, not_found
from shared.store import Session


class Invitation(NamedTuple):
    """To rate in one assessment of a campaign."""

    campaign: str
    assessment: str
    rater: str


async def add_rater(
    session: Session,
    id_: str,
    new: schemas.NewRater,
    by: Principal,
    at: datetime,
    if_match: str | None,
) -> tables.Assessment:
    """Name someone to rate, until consensus opens; a rater cannot be the reviewer."""
    row = await _taken(session, id_, if_match, by)
    await name_rater(session, row, new.subject, by, at)
    await _raters_changed(session, row)
    return row


async def remove_rater(
    session: Session, id_: str, subject: str, by: Principal, at: datetime, if_match: str | None
) -> tables.Assessment:
    """Take a rater out, with all that they rated, until consensus opens."""
    row = await _taken(session, id_, if_match, by)
    await _drop_rater(session, await queries.rater(session, id_, subject), by, at)
    await _raters_changed(session, row)
    return row


async def delegate_rating(
    session: Session,
    invitation: Invitation,
    to: str,
    by: Principal,
    at: datetime,
    if_match: str | None,
) -> None:
    """Pass an invitation on, before the sheet is submitted; what was rated so far is dropped."""
    campaign_id, id_, subject = invitation
    campaign = await campaigns.campaign(session, campaign_id)
    row = await queries.assessment_for_update(session, id_)
    if id_ not in [each.id for each in await campaigns.units(session, campaign_id)]:
        raise not_found({"zh": "活动中的评估", "en": "assessment in this campaign"}, id_)
    if by.subject != subject:
        demand_lead(session, by, row, campaign)
    rater = await queries.rater(session, id_, subject)
    require_match(if_match, row.revision)
    demand_status(row, Status.DRAFT, Status.RATING)
    if campaign.status != "open" or rater.submitted:
        raise _PASSED
    await _drop_rater(session, rater, by, at)
    await name_rater(session, row, to, by, at)
    told = tables.Delegation(
        id=new_id("dlg"),
        tenant=by.tenant,
        campaign=campaign_id,
        assessment=id_,
        delegated_from=subject,
        delegated_to=to,
        by=by.subject,
        at=at,
    )
    session.add(told)
    change = Change("delegate_rating", {"subject": subject}, {"subject": to})
    note(session, id_, change, by, at)
    await _raters_changed(session, row)


async def name_rater(
    session: Session, row: tables.Assessment, subject: str, by: Principal, at: datetime
) -> None:
    """Let somebody rate who is neither assessed, nor the reviewer, nor a rater already."""
    if subject in (row.reviewer, person_of(row)):
        raise invalid(_CANNOT_RATE)
    rater = tables.AssessmentRater(
        tenant=row.tenant,
        assessment=row.id,
        subject=subject,
        added_at=at,
        submitted=False,
        revision=1,
    )
    added = insert(tables.AssessmentRater).values(rater.model_dump()).on_conflict_do_nothing()
    if not (await session.execute(added)).rowcount:  # type: ignore[attr-defined]
        raise conflict(
            f"{subject} 已是评分人。", f"{subject} is a rater already.", "/subject", "taken"
        )
    note(session, row.id, Change("add_rater", after={"subject": subject}), by, at)


async def _drop_rater(
    session: Session, rater: tables.AssessmentRater, by: Principal, at: datetime
) -> None:
    await session.delete(rater)
    await session.flush()
    change = Change("remove_rater", before={"subject": rater.subject})
    note(session, rater.assessment, change, by, at)


async def _taken(
    session: Session, id_: str, if_match: str | None, by: Principal
) -> tables.Assessment:
    row = await queries.assessment_for_update(session, id_)
    demand_lead(session, by, row)
    require_match(if_match, row.revision)
    demand_status(row, Status.DRAFT, Status.RATING)
    return row


async def _raters_changed(session: Session, row: tables.Assessment) -> None:
    restrict(row, [each.subject for each in await queries.raters(session, row.id)])
    row.revision += 1
    await session.flush()


_PASSED = conflict(
    "评估活动已关闭或评分表已提交。", "The campaign is closed, or the sheet has been submitted."
)
_CANNOT_RATE = at_pointer(
    "/subject",
    "cannot_rate",
    "复核人和被评人不能评分。",
    "The reviewer and the person assessed cannot rate.",
)
