"""Improvement that is accepted becomes a plan, with an action for whatever keeps least."""

from collections.abc import Iterator
from datetime import timedelta
from fractions import Fraction

from services.commitments.domain import plan_texts
from services.commitments.operations.history import Act
from services.commitments.operations.improvement import add_action, add_improvement_plan
from services.commitments.queries import people
from services.commitments.schemas import advice as schemas
from services.commitments.schemas.service_quality import NewAction, NewImprovementPlan
from services.commitments.tables import Advice, ImprovementPlan
from shared.problems import at_pointer, invalid
from shared.store import Session

PLAN_DAYS = 90
ACTION_DAYS = 30
"""By when a plan and its first actions are done, where the owner sets no day."""


async def open_plan(
    session: Session, row: Advice, said: schemas.AcceptedPlan | None, act: Act
) -> ImprovementPlan:
    """A plan of what the owner says, and otherwise of what the figures say."""
    said = said or schemas.AcceptedPlan()
    owner = said.owner or await _somebody(session, row, act)
    due_on = said.due_on or (act.at + timedelta(days=PLAN_DAYS)).date()
    kept = f"{row.completed_normal}/{row.completed}"
    new = NewImprovementPlan(
        title=said.title or plan_texts.title(row.promise_code),
        process=row.process,
        reason=plan_texts.reason(
            kept,
            f"{row.promise_code}@{row.promise_version}",
            f"{row.period_from:%Y-%m-%d}",
            f"{row.period_to:%Y-%m-%d}",
            row.id,
        ),
        goal=said.goal or plan_texts.goal(row.promise_code, kept),
        owner=owner,
        due_on=due_on,
    )
    plan = await add_improvement_plan(session, new, act)
    soon = min(due_on, (act.at + timedelta(days=ACTION_DAYS)).date())
    found = [NewAction(what=what, owner=owner, due_on=soon) for what in _found(row)]
    for action in said.actions if said.actions is not None else found:
        await add_action(session, "plan", plan.id, action, act)
    return plan


async def _somebody(session: Session, row: Advice, act: Act) -> str:
    """The owner of the process, or whoever accepts; a plan has to be somebody's."""
    holding = await people.process_owner(session, row.process, act.at)
    if holding is not None:
        return holding.person.id
    caller = await people.person_of(session, act.by)
    if caller is None:
        zh = f"流程 {row.process} 尚无流程owner：请指明改进计划的负责人。"
        en = f"The process {row.process} has no owner yet: name who owns the plan."
        raise invalid(at_pointer("/plan/owner", "missing", zh, en))
    return caller.id


def _found(row: Advice) -> Iterator[str]:
    """An action for each node and department that keeps less than the promise on the whole."""
    findings = schemas.Findings.model_validate(row.findings)
    rate = Fraction(row.completed_normal, row.completed)
    for groups, told in (
        (findings.nodes, plan_texts.look_into_node),
        (findings.departments, plan_texts.look_into_department),
    ):
        for group in groups:
            if group.name and Fraction(group.completed_normal, group.completed) <= rate:
                yield told(group.name, group.completed_normal, group.completed)
    pauses = findings.pauses
    if pauses is not None and pauses.pauses:
        yield plan_texts.shorten_pauses(pauses.pauses, pauses.runs)
