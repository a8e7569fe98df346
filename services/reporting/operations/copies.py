"""Copies of what other services published; of two states of a thing the newer is kept."""

from decimal import Decimal
from typing import Any, Protocol

from sqlalchemy import inspect
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from services.reporting import tables
from shared.contracts.commitments import AttainmentMeasured, ProcessDefined
from shared.contracts.event import Envelope
from shared.contracts.strategy import KpiReadingRecorded, OrganisationUnitChanged, TenantChanged
from shared.store import Session


class Named(Protocol):
    """An event, or a part of one, with a name in both languages."""

    @property
    def name_zh(self) -> str: ...

    @property
    def name_en(self) -> str: ...


async def record_attainment(
    session: Session, event: AttainmentMeasured, envelope: Envelope
) -> None:
    facts = event.model_dump(exclude={"department"})
    await _keep(
        session,
        tables.AttainmentCopy(**facts, **_from(envelope), department=event.department or ""),
    )


async def record_process(session: Session, event: ProcessDefined, envelope: Envelope) -> None:
    row = tables.ProcessCopy(
        **_from(envelope),
        revision=event.revision,
        process=event.process,
        name=_names(event),
        nodes=[{"code": node.code, **_names(node)} for node in event.nodes],
    )
    await _keep(session, row)


async def record_kpi_reading(
    session: Session, event: KpiReadingRecorded, envelope: Envelope
) -> None:
    row = tables.KpiReadingCopy(
        **_from(envelope),
        revision=event.revision,
        kpi=event.kpi,
        period=event.period,
        name=_names(event),
        value=None if event.value is None else Decimal(event.value),
        target=None if event.target is None else Decimal(event.target),
    )
    await _keep(session, row)


async def record_organisation_unit(
    session: Session, event: OrganisationUnitChanged, envelope: Envelope
) -> None:
    facts = event.model_dump(include={"revision", "code", "kind"})
    await _keep(
        session, tables.OrganisationUnitCopy(**facts, **_from(envelope), name=_names(event))
    )


async def record_tenant(session: Session, event: TenantChanged, envelope: Envelope) -> None:
    row = tables.TenantCopy(**_from(envelope), revision=event.revision, name=_names(event))
    await _keep(session, row)


def _from(envelope: Envelope) -> dict[str, Any]:
    return {"tenant": envelope.tenant, "heard_at": envelope.recorded_at}


def _names(said: Named) -> dict[str, str]:
    return {"zh": said.name_zh, "en": said.name_en}


async def _keep(session: Session, row: tables.Copy) -> None:
    """Write the copy, unless one at least as new is held already."""
    table = type(row)
    values = row.model_dump()
    key = [column.name for column in inspect(table).primary_key]
    new = insert(table).values(values)
    kept = new.on_conflict_do_update(
        index_elements=key,
        set_={name: new.excluded[name] for name in values.keys() - set(key)},
        where=col(table.revision) < new.excluded["revision"],
    )
    await session.execute(kept)
