"""Improvement plans with their actions, and the quality plans of services."""

from collections.abc import Sequence
from typing import Literal

from sqlalchemy.dialects.postgresql import insert

from services.commitments import tables
from services.commitments.operations.history import Act, Revision, keep_change
from services.commitments.operations.refusals import require_none, unknown
from services.commitments.operations.service_offices import (
    require_office_for_action,
    require_office_for_plan,
    require_office_for_service,
)
from services.commitments.operations.units import check_person
from services.commitments.queries import agreements, definitions, people
from services.commitments.queries import governance as governed
from services.commitments.queries import service_quality as queries
from services.commitments.schemas import service_quality as schemas
from shared.http import require_match
from shared.ids import new_id
from shared.problems import CONFLICT, FieldError, Problem
from shared.store import Session, core

Of = Literal["review", "plan"]


async def add_improvement_plan(
    session: Session, new: schemas.NewImprovementPlan, act: Act
) -> tables.ImprovementPlan:
    """Draw up a plan; raises a problem with every reference that leads nowhere."""
    act = await require_office_for_plan(session, act, new.process, new.service, new.review)
    faults = await _owner_faults(session, new.owner)
    if new.service and await agreements.find_service(session, new.service) is None:
        faults.append(unknown("/service", "服务", "service", new.service))
    process = tables.ProcessVersion
    if new.process and await definitions.find_newest(session, process, new.process) is None:
        faults.append(unknown("/process", "流程", "process", new.process))
    if new.review and await session.get(tables.ServiceReview, new.review) is None:
        faults.append(unknown("/review", "回顾会议", "review", new.review))
    require_none(faults)
    row = tables.ImprovementPlan(
        **new.model_dump(),
        id=new_id("imp"),
        tenant=session.info["tenant"],
        status="open",
        revision=1,
        created_at=act.at,
    )
    session.add(row)
    await _keep_plan(session, row, "add_improvement_plan", act)
    return row


async def change_improvement_plan(
    session: Session,
    plan_id: str,
    change: schemas.ImprovementPlanChange,
    if_match: str | None,
    act: Act,
) -> tables.ImprovementPlan:
    """Change a plan, complete or cancel it; 409 while an action is open, or once it has ended."""
    row = await governed.one(session, tables.ImprovementPlan, plan_id, lock=True)
    act = await require_office_for_plan(session, act, row.process, row.service, row.review)
    require_match(if_match, row.revision)
    _require_open(row)
    require_none(await _owner_faults(session, change.owner))
    if change.status == "completed":
        actions = (await queries.actions_of(session, "plan", [row.id])).get(row.id, [])
        if any(action.status == "open" for action in actions):
            raise _conflict("尚有未完成的行动。", "An action of the plan is still open.")
    for name, value in change.model_dump(exclude_none=True).items():
        setattr(row, name, value)
    row.revision += 1
    await _keep_plan(session, row, "change_improvement_plan", act)
    return row


async def add_action(
    session: Session, of: Of, parent_id: str, new: schemas.NewAction, act: Act
) -> tables.ImprovementAction:
    """Ask an action of somebody; 409 once the plan has ended or before the review was held."""
    await _check_parent(session, of, parent_id)
    review, plan = (parent_id, None) if of == "review" else (None, parent_id)
    act = await require_office_for_action(session, act, review, plan)
    require_none(await _owner_faults(session, new.owner))
    row = tables.ImprovementAction(
        **new.model_dump(),
        review=review,
        plan=plan,
        id=new_id("act"),
        tenant=session.info["tenant"],
        status="open",
        revision=1,
        created_at=act.at,
    )
    session.add(row)
    await _keep_action(session, row, "add_action", act)
    return row


async def change_action(
    session: Session,
    action_id: str,
    change: schemas.ActionChange,
    if_match: str | None,
    act: Act,
) -> tables.ImprovementAction:
    """Change an action, or end it; one that has ended stays as it is (409)."""
    row = await governed.one(session, tables.ImprovementAction, action_id, lock=True)
    act = await require_office_for_action(session, act, row.review, row.plan)
    require_match(if_match, row.revision)
    if row.status != "open":
        raise _conflict(f"该行动已是 {row.status}。", f"This action is {row.status}.")
    require_none(await _owner_faults(session, change.owner))
    for name, value in change.model_dump(exclude_none=True).items():
        setattr(row, name, value)
    if row.status != "open":
        row.ended_at = act.at
    row.revision += 1
    await _keep_action(session, row, "change_action", act)
    return row


async def put_quality_plan(
    session: Session,
    service: str,
    new: schemas.NewQualityPlan,
    if_match: str | None,
    act: Act,
) -> tables.QualityPlan:
    """Set the one quality plan of a service; the first one needs no ETag."""
    await agreements.one(session, tables.Service, service)
    act = await require_office_for_service(session, act, service)
    key = (session.info["tenant"], service)
    before = await session.get(tables.QualityPlan, key, with_for_update=True)
    if before is not None or if_match is not None:
        require_match(if_match, before.revision if before else 0)
    require_none(await _owner_faults(session, new.owner))
    plain = new.model_dump(exclude={"objectives"}) | new.model_dump(
        mode="json", include={"objectives"}
    )
    if before is None:
        row = tables.QualityPlan(
            **plain, tenant=key[0], service=service, revision=1, created_at=act.at
        )
        fresh = insert(core(tables.QualityPlan)).values(row.model_dump()).on_conflict_do_nothing()
        if not (await session.execute(fresh)).rowcount:  # type: ignore[attr-defined]
            require_match(if_match, row.revision)
    else:
        row = before
        for name, value in plain.items():
            setattr(row, name, value)
        row.revision += 1
    body = schemas.QualityPlan.model_validate(row).model_dump(mode="json")
    revision = Revision("quality_plan", service, row.revision)
    await keep_change(session, revision, "put_quality_plan", body, act)
    return row


async def shown_plans(
    session: Session, rows: Sequence[tables.ImprovementPlan]
) -> list[schemas.ImprovementPlan]:
    """Improvement plans with their actions."""
    actions = await queries.actions_of(session, "plan", [row.id for row in rows])
    return [
        schemas.ImprovementPlan(
            **row.model_dump(exclude={"tenant", "created_at"}),
            actions=[schemas.Action.model_validate(a) for a in actions.get(row.id, [])],
        )
        for row in rows
    ]


async def _check_parent(session: Session, of: Of, parent_id: str) -> None:
    if of == "review":
        review = await governed.one(session, tables.ServiceReview, parent_id, lock=True)
        if review.status != "held":
            raise _conflict("会议尚未召开。", "The review has not been held.")
        return
    _require_open(await governed.one(session, tables.ImprovementPlan, parent_id, lock=True))


def _require_open(plan: tables.ImprovementPlan) -> None:
    if plan.status != "open":
        raise _conflict(f"该计划已是 {plan.status}。", f"This plan is {plan.status}.")


async def _owner_faults(session: Session, owner: str | None) -> list[FieldError]:
    if owner is None or await people.find_person(session, owner) is not None:
        return []
    return [check_person("/owner", owner)]


def _conflict(zh: str, en: str) -> Problem:
    return Problem(CONFLICT, {"zh": zh, "en": en})


async def _keep_plan(
    session: Session, row: tables.ImprovementPlan, operation: str, act: Act
) -> None:
    body = row.model_dump(mode="json", exclude={"tenant"})
    revision = Revision("improvement_plan", row.id, row.revision)
    await keep_change(session, revision, operation, body, act)


async def _keep_action(
    session: Session, row: tables.ImprovementAction, operation: str, act: Act
) -> None:
    body = row.model_dump(mode="json", exclude={"tenant"})
    revision = Revision("improvement_action", row.id, row.revision)
    await keep_change(session, revision, operation, body, act)
