"""Services, the agreements about them, and the requirements that came before."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete
from sqlmodel import col

from services.commitments import tables
from services.commitments.domain.agreement import PARTIES
from services.commitments.operations.critical_paths import check_paths
from services.commitments.operations.refusals import insert_new, require_none, taken, unknown
from services.commitments.queries import agreements as queries
from services.commitments.queries import definitions
from services.commitments.queries.promises import promises_end_to_end
from services.commitments.schemas import agreements as schemas
from shared.http import require_match
from shared.ids import new_id
from shared.problems import CONFLICT, VALIDATION_FAILED, FieldError, Problem, at_pointer
from shared.store import Session


async def add_service(session: Session, new: schemas.NewService, at: datetime) -> tables.Service:
    """Enter a service in the catalogue."""
    row = tables.Service(
        **new.model_dump(),
        tenant=session.info["tenant"],
        status="offered",
        revision=1,
        created_at=at,
    )
    await insert_new(session, row, new.code)
    return row


async def change_service(
    session: Session, code: str, change: schemas.ServiceChange, if_match: str | None
) -> tables.Service:
    """Change what is offered, to whom or by whom; or withdraw it."""
    row = await queries.one(session, tables.Service, code, lock=True)
    require_match(if_match, row.revision)
    for name, value in change.model_dump(exclude_none=True).items():
        setattr(row, name, value)
    row.revision += 1
    return row


async def draft_agreement(
    session: Session, new: schemas.NewAgreement, at: datetime
) -> tables.Agreement:
    """Draft an agreement, or the next version of a published one; 409 while a draft is open."""
    known = await queries.versions(session, new.code)
    if known and known[-1].status == "draft":
        zh = f"协议 {new.code} 已有未发布的草案 {known[-1].id}。"
        en = f"A draft of the agreement {new.code} is open: {known[-1].id}."
        raise taken(zh, en)
    require_none(await _faults(session, new, _published(known)))
    row = tables.Agreement(
        **_plain(new),
        id=new_id("agr"),
        tenant=session.info["tenant"],
        version=len(known) + 1,
        status="draft",
        revision=1,
        created_at=at,
    )
    await insert_new(session, row, new.code)
    await _answer(session, row, new.requirements)
    return row


async def change_agreement(
    session: Session, agreement_id: str, new: schemas.NewAgreement, if_match: str | None
) -> tables.Agreement:
    """Replace what a draft says; a version that is no draft never changes (409)."""
    row = await queries.one(session, tables.Agreement, agreement_id, lock=True)
    require_match(if_match, row.revision)
    if row.status != "draft":
        raise _settled(row)
    earlier = _published(await queries.versions(session, row.code))
    faults = await _faults(session, new, earlier)
    if new.code != row.code:
        zh, en = f"编码 {row.code} 不可更改。", f"The code {row.code} cannot change."
        faults.append(at_pointer("/code", "fixed", zh, en))
    require_none(faults)
    for name, value in _plain(new).items():
        setattr(row, name, value)
    row.revision += 1
    await _answer(session, row, new.requirements)
    return row


async def publish_agreement(session: Session, agreement_id: str, at: datetime) -> tables.Agreement:
    """Put a version in force; the one before it ends where this one begins.

    What it answers is agreed from now on. Raises 422 where the node promises do not fit into one
    that the agreement makes end to end.
    """
    row = await queries.one(session, tables.Agreement, agreement_id, lock=True)
    if row.status == "published":
        return row
    if row.status != "draft":
        raise _settled(row)
    earlier = _published(await queries.versions(session, row.code))
    wholes = await promises_end_to_end(session, row.code)
    path = await check_paths(session, [(f"/promises/{p.code}", p) for p in wholes])
    faults = [*_order_faults(row, earlier), *path.faults]
    if faults:
        told = {"critical_path": path.misfits}
        raise Problem(VALIDATION_FAILED, errors=faults, extensions=told)
    if earlier:
        before = earlier[-1]
        before.valid_until = min(before.valid_until or row.valid_from, row.valid_from)
        before.revision += 1
    answered = (await queries.requirements_of(session, [row.id])).get(row.id, [])
    for requirement in await queries.requirements(session, answered, lock=True):
        requirement.status, requirement.reason = "agreed", None
        requirement.revision += 1
    row.status, row.published_at = "published", at
    row.revision += 1
    return row


async def withdraw_agreement(session: Session, agreement_id: str) -> tables.Agreement:
    """Give up a draft, so that another can be made; 409 for a published version."""
    row = await queries.one(session, tables.Agreement, agreement_id, lock=True)
    if row.status == "published":
        raise _settled(row)
    if row.status == "draft":
        row.status = "withdrawn"
        row.revision += 1
    return row


async def record_requirement(
    session: Session, new: schemas.NewRequirement, at: datetime
) -> tables.ServiceLevelRequirement:
    """Record what a customer asks of a service, before it is agreed."""
    faults: list[FieldError] = []
    service = await queries.find_service(session, new.service)
    if service is None:
        faults.append(unknown("/service", "服务", "service", new.service))
    wanted, bearable = new.wanted_seconds, new.bearable_seconds
    if wanted is not None and bearable is not None and bearable < wanted:
        zh, en = "可忍受时限不得短于期望时限。", "What can be borne is shorter than what is wanted."
        faults.append(at_pointer("/bearable_seconds", "tolerance_below_commitment", zh, en))
    if new.calendar and not await definitions.find_newest(
        session, tables.CalendarVersion, new.calendar
    ):
        faults.append(unknown("/calendar", "日历", "calendar", new.calendar))
    require_none(faults)
    row = tables.ServiceLevelRequirement(
        **new.model_dump(),
        id=new_id("slr"),
        tenant=session.info["tenant"],
        status="open",
        revision=1,
        recorded_at=at,
    )
    session.add(row)
    return row


async def decide_requirement(
    session: Session,
    requirement_id: str,
    decision: schemas.RequirementDecision,
    if_match: str | None,
) -> tables.ServiceLevelRequirement:
    """Decline a requirement, or open it again; 409 once an agreement answers it."""
    row = await queries.one(session, tables.ServiceLevelRequirement, requirement_id, lock=True)
    require_match(if_match, row.revision)
    if row.status == "agreed":
        zh, en = "该需求已由协议答复。", "An agreement has answered this requirement."
        raise Problem(CONFLICT, {"zh": zh, "en": en})
    if decision.status == "declined" and not decision.reason:
        zh, en = "拒绝须说明理由。", "Declining needs a reason."
        require_none([at_pointer("/reason", "missing", zh, en)])
    row.status, row.reason = decision.status, decision.reason
    row.revision += 1
    return row


def _published(versions: Sequence[tables.Agreement]) -> Sequence[tables.Agreement]:
    return [version for version in versions if version.status == "published"]


def _settled(row: tables.Agreement) -> Problem:
    zh = f"{row.code} 的第 {row.version} 版已不是草案，不可更改；请起草新版本。"
    en = f"Version {row.version} of {row.code} is {row.status} and stays; draft the next version."
    return Problem(CONFLICT, {"zh": zh, "en": en})


def _plain(new: schemas.NewAgreement) -> dict[str, Any]:
    return {
        **new.model_dump(exclude={"review", "requirements"}),
        "first_review_on": new.review.first_on,
        "review_months": new.review.every_months,
    }


async def _faults(
    session: Session, new: schemas.NewAgreement, earlier: Sequence[tables.Agreement]
) -> list[FieldError]:
    faults: list[FieldError] = []
    if await queries.find_service(session, new.service) is None:
        faults.append(unknown("/service", "服务", "service", new.service))
    if new.party.kind != (wanted := PARTIES[new.kind]):
        zh = f"{new.kind.upper()} 的另一方须为 {wanted}。"
        en = f"The other party of {new.kind.upper()} is a {wanted}."
        faults.append(at_pointer("/party/kind", "wrong_party", zh, en))
    if new.valid_until and new.valid_until <= new.valid_from:
        zh, en = "有效期的终点须晚于起点。", "The validity ends before it begins."
        faults.append(at_pointer("/valid_until", "validity_backwards", zh, en))
    for name in ("kind", "service"):
        if earlier and getattr(new, name) != (known := getattr(earlier[-1], name)):
            zh = f"该协议此前的版本为 {known}，不可更改。"
            en = f"Earlier versions of this agreement say {known}; that cannot change."
            faults.append(at_pointer(f"/{name}", "fixed", zh, en))
    return faults + await _requirement_faults(session, new)


async def _requirement_faults(session: Session, new: schemas.NewAgreement) -> list[FieldError]:
    known = {row.id: row for row in await queries.requirements(session, new.requirements)}
    faults: list[FieldError] = []
    for index, requirement in enumerate(new.requirements):
        pointer = f"/requirements/{index}"
        if requirement not in known:
            faults.append(unknown(pointer, "服务级别需求", "requirement", requirement))
        elif known[requirement].service != new.service:
            other = known[requirement].service
            zh, en = f"该需求针对的是服务 {other}。", f"It is asked of the service {other}."
            faults.append(at_pointer(pointer, "other_service", zh, en))
        elif known[requirement].status == "declined":
            zh, en = "该需求已被拒绝。", "This requirement was declined."
            faults.append(at_pointer(pointer, "declined", zh, en))
    return faults


def _order_faults(row: tables.Agreement, earlier: Sequence[tables.Agreement]) -> list[FieldError]:
    if not earlier or row.valid_from >= earlier[-1].valid_from:
        return []
    before = earlier[-1].valid_from.isoformat()
    zh = f"新版本的生效时间不得早于上一版本的 {before}。"
    en = f"The version before this one begins at {before}, which is later."
    return [at_pointer("/valid_from", "before_older_version", zh, en)]


async def _answer(session: Session, row: tables.Agreement, requirements: Sequence[str]) -> None:
    link = tables.AgreementRequirement
    await session.execute(delete(link).where(col(link.agreement_id) == row.id))
    session.add_all(
        link(tenant=row.tenant, agreement_id=row.id, requirement_id=requirement)
        for requirement in dict.fromkeys(requirements)
    )
    await session.flush()
