"""Owners are checked when they are appointed, and again whenever the organisation changes."""

from datetime import datetime

from sqlalchemy.dialects.postgresql import insert

from services.commitments import tables
from services.commitments.channels import EMAIL
from services.commitments.domain.offices import PLANNING
from services.commitments.domain.ownership import Conflict, Held, conflicts
from services.commitments.operations.governance_events import tell_of_conflict
from services.commitments.operations.turns import take_turns
from services.commitments.queries import offices, people
from services.commitments.queries import ownership as queries
from shared.ids import derived_id, new_id
from shared.store import Session, Store, core, enter

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
    """Queue an e-mail to the owner and to the planning department; of how many conflicts."""
    async with store.queue() as session:
        untold = await queries.untold(session, BATCH)
        for tenant in sorted({row.tenant for row in untold}):
            await enter(session, tenant)
            for row in untold:
                if row.tenant == tenant:
                    await _mail(session, row, at)
                    row.told_at = at
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


async def _mail(session: Session, row: tables.OwnerConflict, at: datetime) -> None:
    owner = await people.person(session, row.owner)
    planners = await offices.holders(session, PLANNING, at)
    told = {each.id: each for each in [owner, *(h.acting or h.person for h in planners)]}
    said = Conflict(row.kind, row.of, row.since, row.until).text  # type: ignore[arg-type]
    for person in told.values():
        title, text = f"Owner of the process {row.process}", f"{owner.name}: {said.en}"
        if person.language == "zh":
            title, text = f"流程 {row.process} 的owner", f"{owner.name}：{said.zh}"
        for address in (a["address"] for a in person.addresses if a["channel"] == EMAIL):
            content = {"title": title, "text": text, "address": address}
            mail = _queued(row, person.name, content, at)
            fresh = insert(core(tables.Notification)).values(mail.model_dump())
            await session.execute(fresh.on_conflict_do_nothing())


def _queued(
    row: tables.OwnerConflict, recipient: str, content: dict[str, str], at: datetime
) -> tables.Notification:
    return tables.Notification(
        id=derived_id("ntf", row.id, content["address"]),
        tenant=row.tenant,
        target=EMAIL,
        channel=EMAIL,
        recipient=recipient,
        body=content,
        status="pending",
        attempts=0,
        tries=0,
        created_at=at,
        next_attempt_at=at,
    )
