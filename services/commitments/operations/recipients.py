"""Who is told of an alert: the people who hold an office at that moment, or act for who does."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from services.commitments.domain.alert_rules import Recipient, Why
from services.commitments.queries import people
from services.commitments.queries.people import Holding
from services.commitments.tables import Department, GovernanceSettings, Person, Position
from shared.store import Session


@dataclass(frozen=True, slots=True)
class Responsible:
    """Who is responsible for a run: its department and position, and the process it belongs to."""

    department: str | None
    position: str | None
    process: str


@dataclass(frozen=True, slots=True)
class Found:
    """An office that was asked for, its holder, who is told in their stead, and why they."""

    office: str
    of: str | None
    why: Why
    holder: Person | None = None
    told: Person | None = None


class Directory:
    """The people of a tenant, each office looked up once for a batch of alerts."""

    def __init__(self, session: Session, settings: GovernanceSettings, at: datetime) -> None:
        self._session = session
        self._settings = settings
        self._at = at
        self._known: dict[tuple[str, str | None], list[Found]] = {}

    async def asked(self, to: Iterable[str], of: Responsible) -> list[Found]:
        """What each of these offices answers now, in this order."""
        return [found for office in to for found in await self._in_office(office, of)]

    async def _in_office(self, office: str, responsible: Responsible) -> list[Found]:
        of = await self._unit(office, responsible)
        if (office, of) not in self._known:
            self._known[office, of] = await self._look_up(office, of)
        return self._known[office, of]

    async def _unit(self, office: str, responsible: Responsible) -> str | None:
        match office:
            case Recipient.POSITION:
                return responsible.position
            case Recipient.DEPARTMENT_HEAD if responsible.department is None:
                return await self._department_of(responsible.position)
            case Recipient.DEPARTMENT_HEAD:
                return responsible.department
            case Recipient.PROCESS_SUPERVISOR | Recipient.PROCESS_OWNER:
                return responsible.process
            case Recipient.ADMINISTRATOR:
                return self._settings.administrator or self._settings.planning_department
        return office

    async def _department_of(self, position: str | None) -> str | None:
        code = position and await people.find_code(self._session, Position, position)
        return (await people.unit(self._session, Position, code)).department if code else None

    async def _look_up(self, office: str, of: str | None) -> list[Found]:
        if of is None:
            return [Found(office, None, Why.NONE_NAMED)]
        holdings = await self._holdings(office, of)
        if not holdings:
            return [Found(office, of, await self._why_nobody(office, of))]
        return [_found(office, of, holding) for holding in holdings]

    async def _holdings(self, office: str, of: str) -> list[Holding]:
        held: list[Holding | None]
        match office:
            case Recipient.POSITION:
                held = [*await people.position_holders(self._session, of, self._at)]
            case Recipient.DEPARTMENT_HEAD:
                held = [*await people.department_heads(self._session, of, self._at)]
            case Recipient.PROCESS_SUPERVISOR:
                held = [await people.process_supervisor(self._session, of, self._at)]
            case Recipient.PROCESS_OWNER:
                held = [await people.process_owner(self._session, of, self._at)]
            case Recipient.ADMINISTRATOR if self._settings.administrator is None:
                held = [*await people.department_administrators(self._session, of, self._at)]
                held = held or [*await people.department_heads(self._session, of, self._at)]
            case _:
                held = [await people.as_holding(self._session, of, self._at)]
        return [holding for holding in held if holding]

    async def _why_nobody(self, office: str, of: str) -> Why:
        known: object
        match office:
            case Recipient.POSITION:
                known = await people.find_code(self._session, Position, of)
            case Recipient.DEPARTMENT_HEAD:
                known = await people.find_code(self._session, Department, of)
            case Recipient.PROCESS_SUPERVISOR | Recipient.PROCESS_OWNER:
                known = of
            case Recipient.ADMINISTRATOR if self._settings.administrator is None:
                known = await people.find_code(self._session, Department, of)
            case _:
                known = await people.find_person(self._session, of)
        return Why.VACANT if known else Why.UNKNOWN


def _found(office: str, of: str, holding: Holding) -> Found:
    if holding.acting is None:
        return Found(office, of, Why.ALL_AWAY, holding.person)
    is_holder = holding.acting.id == holding.person.id
    why = Why.HOLDS_THE_OFFICE if is_holder else Why.STANDS_IN
    return Found(office, of, why, holding.person, holding.acting)
