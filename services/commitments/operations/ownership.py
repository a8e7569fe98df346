"""Owners are checked when they are appointed, and again whenever the organisation changes."""

from datetime import datetime

import structlog

from services.commitments import tables
from services.commitments.domain.faults import Text
from services.commitments.domain.offices import PLANNING
from services.commitments.domain.ownership import Conflict, Held, conflicts
from services.commitments.domain.review_texts import Message
from services.commitments.operations.governance_events import tell_of_conflict
from services.commitments.operations.telling import queue_mails
from services.commitments.operations.turns import take_turns
from services.commitments.queries import offices, people
from services.commitments.queries import ownership as queries
from shared.ids import new_id
from shared.store import Session, Store, enter, is_unavailable

log = structlog.get_logger()

BATCH = 50


async def hold_owners(session: Session) -> None:
    """Whatever can turn an owner into somebody inside goes one after the other."""
    await take_turns(session, "owners")


async def conflicts_of(
    session: Session, person: tables.Person, owns: Held, at: datetime
) -> list[Conflict]:
    """What speaks against this person as the owner of a process."""
    return conflicts(
        owns,
        is_senior=person.is_senior_manager,
        is_active=person.active,
        held=await queries.held_by(session, person.id, at),
        inside=await queries.inside(session, owns.of),
    )


async def recheck_owners(session: Session, at: datetime) -> None:
    """Raise every conflict that there is now and was not before; resolve those that are gone."""
    await session.flush()
    standing = dict(await queries.open_conflicts(session))
    for owns in await queries.owners(session, at):
        person = await people.find_person(session, owns.person or "")
        if person is None or not await queries.is_defined(session, owns.of):
            continue
        held = Held("owner", owns.of, max(owns.since, at), owns.until)
        for found in await conflicts_of(session, person, held, at):
            before = standing.pop((owns.of, person.id, found.kind, found.of), None)
            if before is None:
                await _raise(session, owns.of, person.id, found, at)
            else:
                before.until = found.until
    for gone in standing.values():
        gone.resolved_at = at
        await tell_of_conflict(session, gone, at)


async def tell_owner_conflicts(store: Store, at: datetime) -> int:
    """Queue an e-mail to the owner and to the planning department; of how many conflicts.

    One that fails is left for the next time and holds up no other.
    """
    async with store.queue() as session:
        untold = await queries.untold(session, BATCH)
        for tenant in sorted({row.tenant for row in untold}):
            await enter(session, tenant)
            for row in untold:
                if row.tenant == tenant:
                    await _tell(session, row, at)
            await session.flush()
    return len(untold)


async def _raise(session: Session, process: str, owner: str, found: Conflict, at: datetime) -> None:
    row = tables.OwnerConflict(
        id=new_id("ocf"),
        tenant=session.info["tenant"],
        process=process,
        owner=owner,
        kind=found.kind,
        of=found.of,
        since=found.since,
        until=found.until,
        raised_at=at,
    )
    session.add(row)
    await tell_of_conflict(session, row, at)


async def _tell(session: Session, row: tables.OwnerConflict, at: datetime) -> None:
    try:
        async with session.begin_nested():
            await _mail(session, row, at)
    except Exception as error:
        if is_unavailable(error):
            raise
        log.exception("owner_conflict_not_told", conflict=row.id)
    else:
        row.told_at = at


async def _mail(session: Session, row: tables.OwnerConflict, at: datetime) -> None:
    owner = await people.person(session, row.owner)
    planners = await offices.holders(session, PLANNING, at)
    told = {each.id: each for each in [owner, *(h.acting or h.person for h in planners)]}
    said = Conflict(row.kind, row.of, row.since, row.until).text  # type: ignore[arg-type]
    message = Message(
        Text(f"流程 {row.process} 的owner", f"Owner of the process {row.process}"),
        Text(f"{owner.name}：{said.zh}", f"{owner.name}: {said.en}"),
    )
    await queue_mails(session, told.values(), message, (row.id,), at)
