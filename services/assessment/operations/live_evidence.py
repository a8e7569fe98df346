"""What other services measure is kept as evidence."""

from decimal import Decimal
from fractions import Fraction

from sqlalchemy.dialects.postgresql import insert

from services.assessment import tables
from shared.contracts.commitments import AttainmentMeasured
from shared.contracts.event import Envelope
from shared.contracts.strategy import KpiReadingRecorded
from shared.store import Session


async def keep_attainment(session: Session, event: AttainmentMeasured, envelope: Envelope) -> None:
    """Keep a month's attainment, in percent, unless something newer is known."""
    group = (event.process, event.node, event.level, event.department)
    completed = event.completed_normal + event.completed_acceptable + event.completed_warning
    row = tables.LiveEvidence(
        tenant=envelope.tenant,
        source="attainment",
        series="/".join(name for name in group if name is not None),
        period=event.month,
        value=_percent(event.completed_normal, completed),
        unit="%",
        numerator=event.completed_normal,
        denominator=completed,
        revision=event.revision,
        event_id=envelope.event_id,
        recorded_at=event.measured_at,
    )
    await _keep(session, row)


async def keep_kpi_reading(session: Session, event: KpiReadingRecorded, envelope: Envelope) -> None:
    """Keep a KPI's value of a period, unless something newer is known."""
    row = tables.LiveEvidence(
        tenant=envelope.tenant,
        source="kpi",
        series=event.kpi,
        period=event.period,
        value=None if event.value is None else Decimal(event.value),
        unit=event.unit,
        numerator=event.numerator,
        denominator=event.denominator,
        revision=event.revision,
        event_id=envelope.event_id,
        recorded_at=event.recorded_at,
    )
    await _keep(session, row)


async def _keep(session: Session, measured: tables.LiveEvidence) -> None:
    row = insert(tables.LiveEvidence).values(measured.model_dump())
    key = ("tenant", "source", "series", "period")
    newer = row.on_conflict_do_update(
        index_elements=key,
        set_={name: row.excluded[name] for name in measured.model_dump(exclude=set(key))},
        where=tables.LiveEvidence.revision < row.excluded.revision,
    )
    await session.execute(newer)


def _percent(numerator: int, denominator: int) -> Decimal | None:
    """Four decimals, half to even; absence is not zero."""
    if not denominator:
        return None
    return Decimal(round(Fraction(100 * 10**4 * numerator, denominator))).scaleb(-4)
