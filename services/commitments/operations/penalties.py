"""Penalties are charged by the rule in force, once an occasion, to whoever was in office."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.dialects.postgresql import insert

from services.commitments import tables
from services.commitments.domain.offices import PLANNING
from services.commitments.domain.penalties import REVISIONS, SHIPPED, Bearer, late_days
from services.commitments.operations.authority import require_office
from services.commitments.operations.governance import governance_settings
from services.commitments.operations.governance_events import tell_of_charges, tell_of_reversals
from services.commitments.operations.history import Act, Revision, keep_change
from services.commitments.operations.turns import take_turns
from services.commitments.queries import governance as queries
from services.commitments.queries import people
from services.commitments.schemas import penalties as schemas
from shared.http import require_match
from shared.ids import new_id
from shared.problems import CONFLICT, FieldError, Problem, at_pointer, invalid, not_found
from shared.schemas import Bilingual
from shared.store import Session, core

MAX_LATE_DAYS = 3660
"""What one deadline can be charged for: ten years; nobody waits longer unnoticed."""


@dataclass(frozen=True, slots=True)
class Cause:
    """What a penalty is for, where it happened and when."""

    kind: str
    id: str
    process: str | None
    department: str | None
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class Amounts:
    """What an offence costs at an instant; revision 0 is what is shipped."""

    revision: int
    amounts: Mapping[Bearer, Decimal]
    currency: str
    valid_from: datetime | None


async def amounts_at(session: Session, code: str, at: datetime) -> Amounts:
    """The amounts for an offence in force at that instant."""
    row = await queries.rule_in_force(session, code, at)
    if row is not None:
        return _amounts(row)
    settings = await governance_settings(session, at)
    return Amounts(0, SHIPPED[code].amounts, settings.currency, None)


async def charge(
    session: Session,
    rule: str,
    cause: Cause,
    persons: Mapping[Bearer, str | None],
    occasions: Sequence[str],
    act: Act,
) -> None:
    """Charge every one of these occasions of an offence; a second time changes nothing.

    An office that nobody held is charged to nobody.
    """
    in_force = await amounts_at(session, rule, cause.occurred_at)
    rows = [
        _entry(session, rule, in_force, cause, act)
        | {"bearer": bearer.value, "person": person, "occasion": occasion, "amount": amount}
        for occasion in occasions
        for bearer, amount in in_force.amounts.items()
        if amount and (person := persons.get(bearer)) is not None
    ]
    if rows:
        table = core(tables.PenaltyEntry)
        fresh = insert(table).on_conflict_do_nothing().returning(table.c.id)
        entered = {row.id for row in (await session.execute(fresh, rows)).all()}
        await tell_of_charges(session, [row for row in rows if row["id"] in entered])


async def charge_late_days(
    session: Session, rule: str, cause: Cause, due_at: datetime, until: datetime, act: Act
) -> None:
    """Charge every late day that has begun, to whoever was in office at the deadline."""
    days = min(late_days(due_at, until), MAX_LATE_DAYS)
    if days:
        occasions = [f"day {day}" for day in range(1, days + 1)]
        persons = await offices(session, cause, due_at)
        await charge(session, rule, cause, persons, occasions, act)


async def offices(
    session: Session, cause: Cause, at: datetime, person: str | None = None
) -> dict[Bearer, str | None]:
    """Who bears the shares of a penalty: whoever was in the offices at that instant."""
    found: dict[Bearer, str | None] = {Bearer.PERSON: person}
    if cause.process is not None:
        supervisor = await people.process_supervisor(session, cause.process, at)
        found[Bearer.SUPERVISOR] = supervisor.person.id if supervisor else None
    if cause.department is not None:
        heads = await people.department_heads(session, cause.department, at)
        found[Bearer.DEPARTMENT_HEAD] = heads[0].person.id if heads else None
    planning = (await governance_settings(session, at)).planning_department
    if planning is not None:
        heads = await people.department_heads(session, planning, at)
        administrators = await people.department_administrators(session, planning, at)
        found[Bearer.PLANNING_HEAD] = heads[0].person.id if heads else None
        found[Bearer.PLANNING_ADMINISTRATOR] = (
            administrators[0].person.id if administrators else None
        )
    return found


async def reverse_penalty(
    session: Session, entry_id: str, reversal: schemas.Reversal, act: Act
) -> tables.PenaltyEntry:
    """Take back a line of the ledger by a further line; 409 when it was taken back before."""
    act = await require_office(session, act, PLANNING)
    entry = await hold_entry(session, entry_id)
    if entry.reverses is not None:
        raise _conflict("冲销本身不可再冲销。", "A reversal cannot be reversed.")
    row = _reversal(entry, reversal.reason, act)
    values = insert(core(tables.PenaltyEntry)).values(row.model_dump()).on_conflict_do_nothing()
    if not (await session.execute(values)).rowcount:  # type: ignore[attr-defined]
        raise _conflict("该笔考核已被冲销。", "This entry has been reversed before.")
    await tell_of_reversals(session, [row])
    body = row.model_dump(mode="json", exclude={"tenant"}) | {"amount": f"{row.amount:.2f}"}
    await keep_change(
        session, Revision("penalty", entry.id, REVISIONS["waived"]), "reverse_penalty", body, act
    )
    return row


async def hold_entry(session: Session, entry_id: str) -> tables.PenaltyEntry:
    """A line of the ledger that nobody else settles or takes back until the transaction ends."""
    entry = await queries.one(session, tables.PenaltyEntry, entry_id)
    await _hold_lines(session, entry.cause_id)
    return entry


async def _hold_lines(session: Session, cause_id: str) -> None:
    await take_turns(session, f"penalties {cause_id}")


async def reverse_all(session: Session, cause_id: str, reason: str, act: Act) -> None:
    """Take back every line that stands for a cause."""
    await _hold_lines(session, cause_id)
    rows = [_reversal(e, reason, act) for e in await queries.entries_of(session, cause_id)]
    if rows:
        table = core(tables.PenaltyEntry)
        fresh = insert(table).on_conflict_do_nothing().returning(table.c.id)
        values = [row.model_dump() for row in rows]
        entered = {row.id for row in (await session.execute(fresh, values)).all()}
        await tell_of_reversals(session, [row for row in rows if row.id in entered])


async def change_penalty_rule(
    session: Session,
    code: str,
    change: schemas.PenaltyRuleChange,
    if_match: str | None,
    act: Act,
) -> schemas.PenaltyRule:
    """Set a tenant's own amounts for an offence; what is charged already stays as it is."""
    _known(code)
    act = await require_office(session, act, PLANNING)
    before = await queries.newest_rule(session, code, lock=True)
    require_match(if_match, before.revision if before else 0)
    _check_change(code, change, before, act)
    settings = await governance_settings(session, act.at)
    row = tables.PenaltyRule(
        tenant=session.info["tenant"],
        code=code,
        revision=(before.revision if before else 0) + 1,
        amounts={bearer.value: str(amount) for bearer, amount in change.amounts.items()},
        currency=change.currency or (before.currency if before else settings.currency),
        valid_from=change.valid_from or act.at,
        created_at=act.at,
    )
    values = insert(core(tables.PenaltyRule)).values(row.model_dump()).on_conflict_do_nothing()
    if not (await session.execute(values)).rowcount:  # type: ignore[attr-defined]
        require_match(if_match, row.revision)
    shown = shown_rule(code, _amounts(row))
    revision = Revision("penalty_rule", code, row.revision)
    body = shown.model_dump(mode="json")
    await keep_change(session, revision, "change_penalty_rule", body, act)
    return shown


async def penalty_rule(session: Session, code: str, at: datetime) -> schemas.PenaltyRule:
    """An offence with its amounts at that instant; raises a 404 problem."""
    _known(code)
    return shown_rule(code, await amounts_at(session, code, at))


async def newest_penalty_rule(session: Session, code: str, at: datetime) -> schemas.PenaltyRule:
    """An offence with the amounts set last, which may begin later; raises a 404 problem."""
    _known(code)
    row = await queries.newest_rule(session, code)
    return shown_rule(code, _amounts(row) if row else await amounts_at(session, code, at))


def shown_rule(code: str, found: Amounts) -> schemas.PenaltyRule:
    rule = SHIPPED[code]
    return schemas.PenaltyRule(
        code=code,
        name=Bilingual(zh=rule.name.zh, en=rule.name.en),
        per=rule.per,
        amounts={b.value: money(a, found.currency) for b, a in found.amounts.items()},
        valid_from=found.valid_from,
        revision=found.revision,
    )


def money(amount: Decimal, currency: str) -> schemas.Money:
    """An exact amount as it is shown, with two decimal places."""
    return schemas.Money(amount=f"{amount:.2f}", currency=currency)


def _entry(
    session: Session, rule: str, in_force: Amounts, cause: Cause, act: Act
) -> dict[str, Any]:
    return {
        "id": new_id("pen"),
        "tenant": session.info["tenant"],
        "rule": rule,
        "rule_revision": in_force.revision,
        "process": cause.process,
        "department": cause.department,
        "cause": cause.kind,
        "cause_id": cause.id,
        "currency": in_force.currency,
        "occurred_at": cause.occurred_at,
        "entered_at": act.at,
        "entered_by": act.by,
    }


def _reversal(entry: tables.PenaltyEntry, reason: str, act: Act) -> tables.PenaltyEntry:
    taken_back = {"id": new_id("pen"), "amount": -entry.amount, "reverses": entry.id}
    entered = {"entered_at": act.at, "entered_by": act.by, "reason": reason}
    return tables.PenaltyEntry(**{**entry.model_dump(), **taken_back, **entered})


def _amounts(row: tables.PenaltyRule) -> Amounts:
    amounts = {Bearer(bearer): Decimal(amount) for bearer, amount in row.amounts.items()}
    return Amounts(row.revision, amounts, row.currency, row.valid_from)


def _check_change(
    code: str, change: schemas.PenaltyRuleChange, before: tables.PenaltyRule | None, act: Act
) -> None:
    faults: list[FieldError] = []
    for bearer in change.amounts:
        if bearer not in SHIPPED[code].amounts:
            zh = f"该考核不涉及 {bearer.value}。"
            en = f"This offence is not borne by {bearer.value}."
            faults.append(at_pointer(f"/amounts/{bearer.value}", "not_a_bearer", zh, en))
    if before is not None and (change.valid_from or act.at) < before.valid_from:
        zh, en = "生效时间不得早于上一版本。", "It begins before the revision before it."
        faults.append(at_pointer("/valid_from", "before_older_version", zh, en))
    if faults:
        raise invalid(*faults)


def _known(code: str) -> None:
    if code not in SHIPPED:
        raise not_found({"zh": "考核规则", "en": "penalty rule"}, code)


def _conflict(zh: str, en: str) -> Problem:
    return Problem(CONFLICT, {"zh": zh, "en": en})
