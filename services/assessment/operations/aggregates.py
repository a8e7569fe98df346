"""The aggregate of a campaign is sealed; it outlives the erasure of its members."""

import secrets
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction
from typing import Any

from services.assessment import tables
from services.assessment.domain.aggregate import Figures, Member, figures, grouped, tells
from services.assessment.domain.benchmark import FEWEST_UNITS
from services.assessment.domain.canonical import digest
from services.assessment.domain.model import Model
from services.assessment.domain.sealing import commitment
from services.assessment.operations.audit import Change, note
from services.assessment.operations.benchmarks import GROUP_TOO_SMALL
from services.assessment.operations.leading import demand_lead
from services.assessment.operations.models import find_model
from services.assessment.operations.results import reference, scores_of, value
from services.assessment.queries import aggregates as queries
from services.assessment.queries import campaigns as campaign_queries
from services.assessment.queries.erasure import serialise
from services.assessment.queries.sealed import assessments_named
from services.assessment.schemas import aggregates as schemas
from shared.identity import Principal
from shared.ids import new_id
from shared.problems import Problem
from shared.store import Session


async def seal_campaign(
    session: Session, id_: str, by: Principal, at: datetime
) -> schemas.CampaignSeal:
    """Seal how everybody came out who has been sealed since the last time; 409 for under five.

    Members whom the caller may not see one by one count as well, and stay unseen.
    """
    await serialise(session)
    campaign = await campaign_queries.campaign(session, id_, lock=True)
    demand_lead(session, by, campaign)
    await queries.aggregating(session, True)
    found = await queries.members_to_be(session, id_)
    groups = {row.id: group for row, group in found}
    rows = [row for row, _ in found if row.model_version == campaign.model_version]
    model = await find_model(session, campaign.model_code, campaign.model_version)
    members = await _members(session, rows, groups)
    if len(members) < FEWEST_UNITS:
        raise _TOO_FEW
    row = _row(campaign, _content(campaign, model, members), by, at)
    bound = await _bound(session, row, members)
    row.commitments = sorted(each.commitment for each in bound)
    row.hash = _hash(row.content, row.commitments)
    session.add(row)
    await session.flush()
    session.add_all(bound)
    for about in (campaign.id, *(each.assessment for each in members)):
        note(session, about, Change("seal_campaign", after={"seal": row.id}), by, at)
    await session.flush()
    await queries.aggregating(session, False)
    return await shown(session, row)


async def verify_campaign_seal(
    session: Session, campaign_id: str, id_: str
) -> schemas.CampaignSealVerification:
    """Whether the aggregate is what was sealed, and the seals of its members are as they were.

    While nobody has been erased the figures are recomputed too.
    """
    await serialise(session)
    row = await queries.aggregate(session, campaign_id, id_)
    campaign = await campaign_queries.campaign(session, campaign_id)
    await queries.aggregating(session, True)
    kept = await queries.members(session, id_)
    ids = [each.assessment for each in kept]
    seals = await queries.seals_of(session, ids)
    now = [_commitment(e.assessment, seals[e.assessment], e.group_code, e.salt) for e in kept]
    content, commitments = row.content, list(row.commitments)
    if len(kept) == len(commitments):
        model = await find_model(session, campaign.model_code, campaign.model_version)
        rows = list((await assessments_named(session, ids)).values())
        groups = {each.assessment: each.group_code for each in kept}
        content = _content(campaign, model, await _members(session, rows, groups))
        commitments = sorted(now)
    await queries.aggregating(session, False)
    recomputed = _hash(content, commitments)
    return schemas.CampaignSealVerification(
        valid=recomputed == row.hash and set(now) <= set(row.commitments),
        hash=row.hash,
        recomputed=recomputed,
        members=len(row.commitments),
        erased=len(row.commitments) - len(kept),
    )


async def shown(session: Session, row: tables.CampaignSeal) -> schemas.CampaignSeal:
    """The aggregate, with the figures that tell this caller of nobody in particular."""
    content = row.content
    kept = await queries.members(session, row.id)
    seen = await assessments_named(session, [each.assessment for each in kept])
    known = Counter(each.group_code for each in kept if each.assessment in seen)
    sizes = {each["group"]: each["units"] for each in content["groups"]}
    parts = {name: (size, known[name]) for name, size in sizes.items()}
    whole, groups = tells(content["whole"]["units"], len(seen), parts)
    model = await find_model(session, content["model"]["code"], content["model"]["version"])
    told = {
        **row.model_dump(),
        "model": reference(model),
        "mode": content["mode"],
        "period": content["period"],
        "units": content["whole"]["units"],
        "erased": len(row.commitments) - len(kept),
        "figures": _shown(model, content["whole"]) if whole else None,
        "groups": [_shown(model, each) for each in content["groups"]] if groups else [],
    }
    return schemas.CampaignSeal.model_validate(told)


async def _members(
    session: Session, rows: Sequence[tables.Assessment], groups: dict[str, str | None]
) -> list[Member]:
    """Those who have a total, in one order for ever."""
    return [
        Member(each.row.id, groups[each.row.id], total, each.result.values)
        for each in await scores_of(session, sorted(rows, key=lambda row: row.id))
        if (total := each.score.whole.value) is not None
    ]


def _row(
    campaign: tables.Campaign, content: dict[str, Any], by: Principal, at: datetime
) -> tables.CampaignSeal:
    return tables.CampaignSeal(
        id=new_id("csl"),
        tenant=by.tenant,
        campaign=campaign.id,
        content=content,
        hash="",
        sealed_by=by.subject,
        sealed_at=at,
    )


def _content(campaign: tables.Campaign, model: Model, members: Sequence[Member]) -> dict[str, Any]:
    """What is told of the members together, exactly."""
    branches = [id_ for id_, item in model.items.items() if item.children]
    return {
        "campaign": campaign.id,
        "model": {"code": model.code, "version": model.version, "hash": model.hash},
        "mode": campaign.mode,
        "period": campaign.period,
        "whole": _plain(figures(members, branches)),
        "groups": [
            {"group": name, **_plain(figures(each, branches))}
            for name, each in grouped(members).items()
        ],
    }


def _plain(told: Figures) -> dict[str, Any]:
    return {
        "units": told.units,
        "mean": str(told.mean),
        "lower_quartile": str(told.spread.lower_quartile),
        "median": str(told.spread.median),
        "upper_quartile": str(told.spread.upper_quartile),
        "items": {item: str(mean) for item, mean in told.items.items()},
    }


def _shown(model: Model, told: dict[str, Any]) -> dict[str, Any]:
    exact = ("mean", "lower_quartile", "median", "upper_quartile")
    items = [
        {"item": item, **value(model, Fraction(mean)).model_dump()}
        for item, mean in told["items"].items()
    ]
    return {**told, **{name: value(model, Fraction(told[name])) for name in exact}, "items": items}


async def _bound(
    session: Session, row: tables.CampaignSeal, members: Sequence[Member]
) -> list[tables.CampaignSealMember]:
    seals = await queries.seals_of(session, [each.assessment for each in members])
    bound = []
    for each in members:
        salt = secrets.token_hex(16)
        member = tables.CampaignSealMember(
            tenant=row.tenant,
            assessment=each.assessment,
            seal=row.id,
            group_code=each.group,
            salt=salt,
            commitment=_commitment(each.assessment, seals[each.assessment], each.group, salt),
        )
        bound.append(member)
    return bound


def _commitment(assessment: str, seal: str, group: str | None, salt: str) -> str:
    return commitment("member", {"assessment": assessment, "seal": seal, "group": group}, salt)


def _hash(content: dict[str, Any], commitments: Sequence[str]) -> str:
    return digest({"content": content, "commitments": list(commitments)})


_TOO_FEW = Problem(
    GROUP_TOO_SMALL,
    {
        "zh": f"上次封存之后至少须有 {FEWEST_UNITS} 个已封存且有总分的评估。",
        "en": f"At least {FEWEST_UNITS} assessments must have been sealed with a total since the "
        "last seal.",
    },
)
