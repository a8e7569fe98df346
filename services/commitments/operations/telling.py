"""People are told by mail, each once of one thing."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.dialects.postgresql import insert

from services.commitments.channels import EMAIL
from services.commitments.domain.review_texts import Message
from services.commitments.operations.wake_ups import Waking
from services.commitments.queries import people
from services.commitments.tables import Agreement, Notification, Person
from shared.ids import derived_id
from shared.store import Session, core


async def tell_parties(
    session: Session, agreement: Agreement, message: Message, about: Iterable[object], now: Waking
) -> None:
    """Queue a mail to the owner and the participants, or whoever acts for them.

    `about` says of what they are told: of the same thing nobody is told twice.
    """
    if not now.mails:
        return
    told: dict[str, Person] = {}
    for name in (agreement.owner, *agreement.review_participants):
        person = await people.find_named(session, name)
        holding = await people.as_holding(session, person.id, now.at) if person else None
        if holding is not None:
            # Where everybody is away, it is theirs to find when they are back.
            acting = holding.acting or holding.person
            told[acting.id] = acting
    await queue_mails(session, told.values(), message, tuple(about), now.at)


async def queue_mails(
    session: Session,
    to: Iterable[Person],
    message: Message,
    about: tuple[object, ...],
    at: datetime,
) -> None:
    """Queue this in the language of each; of the same thing no address is told twice."""
    for row in [row for person in to for row in _mails(person, message, about, at)]:
        fresh = insert(core(Notification)).values(row.model_dump())
        await session.execute(fresh.on_conflict_do_nothing())


def _mails(
    person: Person, message: Message, key: tuple[object, ...], at: datetime
) -> Iterable[Notification]:
    title, text = (
        (message.title.zh, message.text.zh)
        if person.language == "zh"
        else (message.title.en, message.text.en)
    )
    for address in person.addresses:
        if address["channel"] == EMAIL:
            yield Notification(
                id=derived_id("ntf", *key, address["address"]),
                tenant=person.tenant,
                target=EMAIL,
                channel=EMAIL,
                recipient=person.name,
                body={"title": title, "text": text, "address": address["address"]},
                status="pending",
                attempts=0,
                tries=0,
                created_at=at,
                next_attempt_at=at,
            )
