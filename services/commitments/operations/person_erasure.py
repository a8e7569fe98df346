"""A person is erased: wherever they were named stands their id, and every clock is as before."""

from collections import Counter
from collections.abc import Iterator

from sqlalchemy import LargeBinary, String, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import AutoString, col

from services.commitments import tables
from services.commitments.domain.mentions import Words
from services.commitments.operations.history import Act, Revision, keep_change
from services.commitments.operations.ownership import hold_owners
from services.commitments.operations.turns import take_turns
from services.commitments.queries import people as queries
from services.commitments.schemas import erasures as schemas
from services.commitments.schemas import people as people_schemas
from shared.http import require_match
from shared.idempotency import idempotency_key
from shared.problems import CONFLICT, FieldError, Problem, at_pointer
from shared.store import PLUMBING, Session

NAMELESS = frozenset(
    {"service_case", "case_version", "clock_version", "due_instant", "restated_clock"}
    | {"restatement_mark", "attainment_mark", "attainment_measure", "inbox", "escalation"}
    | {"governance_deadline", "wake_up"}
)
"""Tables in which nobody is named."""
OF_TICKETS = frozenset({"delivery", "ticket_event", "history_import", "import_row"})
"""What tools have told of a case: erased by the case, and by the age of its payloads."""
_CHANGEABLE = {
    "governance_change": {"by", "body"},
    "penalty_entry": {"entered_by", "reason"},
    "penalty_settlement": {"by", "reference"},
}
"""What the database changes, for an erasure alone, of what is otherwise only added to."""
_PLAIN = frozenset({"recipient", "subject", "name", "owner"})
"""Columns that may hold a name or a subject as a whole, beside those that end in `by`."""


async def forget_person(
    session: Session, person_id: str, new: schemas.NewPersonErasure, if_match: str | None, act: Act
) -> tables.PersonErasure:
    """Erase a person who holds no office any more; raises 409 while they do, or once erased."""
    await take_turns(session, "deputies")
    await hold_owners(session)
    row = await queries.person(session, person_id, lock=True)
    require_match(if_match, row.revision)
    await _check(session, row, act)
    words = Words.of([row.model_dump(), *await queries.states_of(session, row.id)])
    erasure = tables.PersonErasure(
        tenant=row.tenant,
        person=row.id,
        reason=new.reason,
        erased_by=act.by,
        erased_at=act.at,
        rows={},
    )
    session.add(erasure)
    await _forget_answers(session, row)
    await _give_up_mails(session, words, act)
    await _forget(session, row, act)
    found = await _replace(session, row.id, words)
    await session.refresh(erasure)
    erasure.rows = dict(sorted(found.items()))
    return erasure


async def _check(session: Session, row: tables.Person, act: Act) -> None:
    if row.erased_at is not None:
        raise Problem(CONFLICT, {"zh": "此人已被删除。", "en": "This person was erased before."})
    held = await queries.held_offices(session, row.id, act.at)
    if held:
        faults = [_still(each) for each in held]
        raise Problem(CONFLICT, faults[0].detail, faults)


def _still(held: tables.Appointment) -> FieldError:
    zh = f"此人仍任职：{held.office} {held.of}。请先由他人接任。"
    en = f"The person is still in office: {held.office} of {held.of}. Somebody else takes it first."
    return at_pointer("", "in_office", zh, en)


async def _forget(session: Session, row: tables.Person, act: Act) -> None:
    """Empty the person's own row and history, and let them deputise for nobody."""
    served = select(tables.Person).where(col(tables.Person.deputy) == row.id).with_for_update()
    for other in (await session.scalars(served)).all():
        other.deputy = None
        other.revision += 1
        await _keep(session, other, "forget_person", act)
    row.name, row.subject, row.deputy = row.id, None, None
    row.addresses, row.absences = [], []
    row.active, row.erased_at = False, act.at
    row.revision += 1
    await _keep(session, row, "forget_person", act)
    await session.execute(text("SELECT erase_history(:person)"), {"person": row.id})


async def _forget_answers(session: Session, row: tables.Person) -> None:
    """The answers kept for the person go, and so does what was answered when they were added."""
    kept = idempotency_key.c
    said = func.convert_from(kept.body, "UTF8")
    added = said.startswith(f'{{"id":"{row.id}"', autoescape=True)
    await session.execute(delete(idempotency_key).where((kept.subject == row.subject) | added))


async def _give_up_mails(session: Session, words: Words, act: Act) -> None:
    """What waits to be delivered to the person is delivered no more."""
    to = tables.Notification
    address = col(to.body)["address"].as_string()
    waiting = update(to).where(col(to.status) == "pending", address.in_(sorted(words.addresses)))
    await session.execute(
        waiting.values(status="cancelled", next_attempt_at=None, settled_at=act.at)
    )


async def _keep(session: Session, row: tables.Person, operation: str, act: Act) -> None:
    body = people_schemas.Person.model_validate(row).model_dump(mode="json")
    await keep_change(session, Revision("person", row.id, row.revision), operation, body, act)


async def _replace(session: Session, person: str, words: Words) -> Counter[str]:
    """Put the id in the place of every mention; how many values of which table had one."""
    await session.flush()
    touched: Counter[str] = Counter()
    for table, column, is_json in _columns():
        for mention in words.in_json() if is_json else words.in_text():
            if mention.is_whole and not (column.endswith("by") or column in _PLAIN):
                continue
            call = func.erase_mention(table, column, mention.pattern, mention.ignores_case, person)
            touched[table] += (await session.execute(select(call))).scalar_one()
    return +touched


def _columns() -> Iterator[tuple[str, str, bool]]:
    """Every column that can name somebody: its table, its name, whether it holds JSON."""
    everything = [*tables.Row.metadata.sorted_tables, *PLUMBING.sorted_tables]
    for table in everything:
        if table.name in NAMELESS | OF_TICKETS:
            continue
        for column in table.columns:
            only = _CHANGEABLE.get(table.name)
            if column.primary_key or column.name == "tenant" or (only and column.name not in only):
                continue
            if isinstance(column.type, JSONB | LargeBinary):
                yield table.name, column.name, True
            elif isinstance(column.type, String | AutoString):
                yield table.name, column.name, False
