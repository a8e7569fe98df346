"""Who is told of an alert: the people who hold an office at that moment, or act for who does."""

from collections.abc import Iterable
from datetime import datetime

from services.commitments.domain.alert_rules import Recipient
from services.commitments.queries import people
from services.commitments.queries.people import Holding
from services.commitments.tables import Alert, Person
from shared.store import Session


class Directory:
    """The people of a tenant, each office looked up once for a batch of alerts."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._known: dict[tuple[str, str], list[Person]] = {}

    async def holding(self, to: Iterable[str], alert: Alert, at: datetime) -> list[Person]:
        """Everybody of these offices who can be reached now, each once, in this order."""
        found: dict[str, Person] = {}
        for office in to:
            for person in await self._in_office(office, alert, at):
                found.setdefault(person.id, person)
        return list(found.values())

    async def _in_office(self, office: str, alert: Alert, at: datetime) -> list[Person]:
        units: dict[str, str | None] = {
            Recipient.POSITION: alert.position,
            Recipient.DEPARTMENT_HEAD: alert.department,
            Recipient.PROCESS_SUPERVISOR: alert.process,
            Recipient.PROCESS_OWNER: alert.process,
        }
        of = units.get(office, office)
        if of is None:
            return []
        if (office, of) not in self._known:
            self._known[office, of] = await self._look_up(office, of, at)
        return self._known[office, of]

    async def _look_up(self, office: str, of: str, at: datetime) -> list[Person]:
        held: list[Holding | None]
        match office:
            case Recipient.POSITION:
                held = [*await people.position_holders(self._session, of, at)]
            case Recipient.DEPARTMENT_HEAD:
                held = [*await people.department_heads(self._session, of, at)]
            case Recipient.PROCESS_SUPERVISOR:
                held = [await people.process_supervisor(self._session, of, at)]
            case Recipient.PROCESS_OWNER:
                held = [await people.process_owner(self._session, of, at)]
            case _:
                acting = await people.acting_for(self._session, of, at)
                return [acting] if acting else []
        return [holding.acting for holding in held if holding and holding.acting]
