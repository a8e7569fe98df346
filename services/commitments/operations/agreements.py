"""Services, and the agreements about them, version by version."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete
from sqlmodel import col

from services.commitments import tables
from services.commitments.domain.agreement import PARTIES
from services.commitments.operations.critical_paths import CRITICAL_PATHS, check_paths
from services.commitments.operations.history import Act
from services.commitments.operations.promise_ends import end_promises
from services.commitments.operations.refusals import insert_new, require_none, taken, unknown
from services.commitments.operations.turns import take_turns
from services.commitments.operations.units import check_person
from services.commitments.operations.wake_ups import REVIEWS, wake_at
from services.commitments.queries import agreements as queries
from services.commitments.queries.people import people_named
from services.commitments.queries.promises import promises_end_to_end
from services.commitments.schemas import agreements as schemas
from shared import outbox
from shared.contracts.service_levels import AgreementEnded, AgreementPublished
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
        **await _plain(session, new),
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
    for name, value in (await _plain(session, new)).items():
        setattr(row, name, value)
    row.revision += 1
    await _answer(session, row, new.requirements)
    return row


async def publish_agreement(session: Session, agreement_id: str, at: datetime) -> tables.Agreement:
    """Put a version in force; the one before it ends where this one begins.

    What it answers is agreed from now on. Raises 422 with every fault: an SLA without a traced
    requirement, or node promises that do not fit into one that the agreement makes end to end.
    """
    await take_turns(session, CRITICAL_PATHS)
    row = await queries.one(session, tables.Agreement, agreement_id, lock=True)
    if row.status == "published":
        return row
    if row.status != "draft":
        raise _settled(row)
    earlier = _published(await queries.versions(session, row.code))
    answered = (await queries.requirements_of(session, [row.id])).get(row.id, [])
    requirements = await queries.requirements(session, answered, lock=True)
    path = await check_paths(session, await promises_end_to_end(session, row.code))
    faults = [*_order_faults(row, earlier), *_trace_faults(row, requirements), *path.faults]
    if faults:
        told = {"critical_path": path.misfits}
        raise Problem(VALIDATION_FAILED, errors=faults, extensions=told)
    if earlier:
        before = earlier[-1]
        before.valid_until = min(before.valid_until or row.valid_from, row.valid_from)
        before.revision += 1
    for requirement in requirements:
        requirement.status, requirement.reason = "agreed", None
        requirement.revision += 1
    row.status, row.published_at = "published", at
    row.revision += 1
    await session.flush()
    await outbox.record(session, _published_event(row, answered))
    await wake_at(session, REVIEWS, row.code, at)
    return row


async def end_agreement(
    session: Session, agreement_id: str, end: schemas.AgreementEnd, if_match: str | None, act: Act
) -> tables.Agreement:
    """End a published version earlier than it says, and say why.

    No run that starts later binds what it has promised, unless its next version is in force then.
    """
    await take_turns(session, CRITICAL_PATHS)
    row = await queries.one(session, tables.Agreement, agreement_id, lock=True)
    require_match(if_match, row.revision)
    if row.status != "published":
        zh, en = "只有生效的协议可以提前终止。", "Only a published agreement can end early."
        raise Problem(CONFLICT, {"zh": zh, "en": en})
    if end.valid_until <= row.valid_from:
        zh, en = "有效期的终点须晚于起点。", "The validity ends before it begins."
        require_none([at_pointer("/valid_until", "validity_backwards", zh, en)])
    if row.valid_until is not None and end.valid_until >= row.valid_until:
        zh, en = "该协议届时已经终止。", "The agreement has ended by then anyway."
        require_none([at_pointer("/valid_until", "not_earlier", zh, en)])
    row.valid_until, row.end_reason = end.valid_until, end.reason
    row.revision += 1
    if row.id == _published(await queries.versions(session, row.code))[-1].id:
        await end_promises(session, row.code, end.valid_until)
    await session.flush()
    await outbox.record(session, _ended_event(row, end, act))
    await wake_at(session, REVIEWS, row.code, act.at)
    return row


def _ended_event(row: tables.Agreement, end: schemas.AgreementEnd, act: Act) -> AgreementEnded:
    return AgreementEnded(
        agreement_id=row.id,
        agreement=row.code,
        version=row.version,
        valid_until=end.valid_until,
        reason=end.reason,
        by=act.by,
        at=act.at,
        revision=row.revision,
    )


async def withdraw_agreement(session: Session, agreement_id: str) -> tables.Agreement:
    """Give up a draft, so that another can be made; 409 for a published version."""
    row = await queries.one(session, tables.Agreement, agreement_id, lock=True)
    if row.status == "published":
        raise _settled(row)
    if row.status == "draft":
        row.status = "withdrawn"
        row.revision += 1
    return row


def _published(versions: Sequence[tables.Agreement]) -> Sequence[tables.Agreement]:
    return [version for version in versions if version.status == "published"]


def _settled(row: tables.Agreement) -> Problem:
    zh = f"{row.code} 的第 {row.version} 版已不是草案，不可更改；请起草新版本。"
    en = f"Version {row.version} of {row.code} is {row.status} and stays; draft the next version."
    return Problem(CONFLICT, {"zh": zh, "en": en})


async def _plain(session: Session, new: schemas.NewAgreement) -> dict[str, Any]:
    named = await people_named(session, [new.owner, *new.review.participants])
    return {
        **new.model_dump(exclude={"review", "requirements"}),
        "owner": named[new.owner],
        "first_review_on": new.review.first_on,
        "review_months": new.review.every_months,
        "review_participants": list(dict.fromkeys(named[n] for n in new.review.participants)),
        "review_reminder_days": new.review.remind_days_before,
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
    faults += await _people_faults(session, new)
    return faults + await _requirement_faults(session, new)


async def _people_faults(session: Session, new: schemas.NewAgreement) -> list[FieldError]:
    """Whom it names is known, or nobody would be reminded of its reviews."""
    named = await people_named(session, [new.owner, *new.review.participants])
    pointers = {f"/review/participants/{n}": who for n, who in enumerate(new.review.participants)}
    return [
        check_person(pointer, who)
        for pointer, who in ({"/owner": new.owner} | pointers).items()
        if who not in named
    ]


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
            faults.append(_declined(pointer))
    return faults


def _order_faults(row: tables.Agreement, earlier: Sequence[tables.Agreement]) -> list[FieldError]:
    if not earlier or row.valid_from >= earlier[-1].valid_from:
        return []
    before = earlier[-1].valid_from.isoformat()
    zh = f"新版本的生效时间不得早于上一版本的 {before}。"
    en = f"The version before this one begins at {before}, which is later."
    return [at_pointer("/valid_from", "before_older_version", zh, en)]


def _trace_faults(
    row: tables.Agreement, requirements: Sequence[tables.ServiceLevelRequirement]
) -> list[FieldError]:
    """What a customer was promised has to be what a customer asked for first."""
    if row.kind == "sla" and not requirements:
        zh = "SLA 须追溯到此前记录的服务级别需求。"
        en = "An SLA is traced to a service level requirement that was recorded before it."
        return [at_pointer("/requirements", "requirement_missing", zh, en)]
    declined = [n for n, each in enumerate(requirements) if each.status == "declined"]
    return [_declined(f"/requirements/{number}") for number in declined]


def _declined(pointer: str) -> FieldError:
    return at_pointer(pointer, "declined", "该需求已被拒绝。", "This requirement was declined.")


def _published_event(row: tables.Agreement, requirements: Sequence[str]) -> AgreementPublished:
    names = set(AgreementPublished.model_fields) & set(tables.Agreement.model_fields)
    told = {"agreement_id": row.id, "agreement": row.code, "party": row.party["name"]}
    said = row.model_dump(include=names - {"party"})
    return AgreementPublished.model_validate({**said, **told, "requirements": requirements})


async def _answer(session: Session, row: tables.Agreement, requirements: Sequence[str]) -> None:
    link = tables.AgreementRequirement
    await session.execute(delete(link).where(col(link.agreement_id) == row.id))
    session.add_all(
        link(tenant=row.tenant, agreement_id=row.id, requirement_id=requirement)
        for requirement in dict.fromkeys(requirements)
    )
    await session.flush()
