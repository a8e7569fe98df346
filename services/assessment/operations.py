"""What the assessment service can do: score ratings, and keep what others measured as evidence."""

from decimal import Decimal
from fractions import Fraction

from sqlalchemy.dialects.postgresql import insert

from services.assessment import catalogue, schemas, tables
from services.assessment.domain.faults import InvalidRatingsError
from services.assessment.domain.model import Model
from services.assessment.domain.report import as_json, report
from shared.contracts.commitments import AttainmentMeasured
from shared.contracts.event import Envelope
from shared.contracts.strategy import KpiReadingRecorded
from shared.problems import at_pointer, invalid, not_found
from shared.store import Session


def model(code: str, version: int | None = None) -> Model:
    """The model of this code, in its newest version unless one is named; a 404 problem if none."""
    found = catalogue.shipped().get(code)
    if found is None:
        raise not_found({"zh": "模型", "en": "model"}, code)
    if version not in (None, found.version):
        raise not_found({"zh": "模型版本", "en": "model version"}, f"{code} {version}")
    return found


def score_model(code: str, rated: schemas.ScoresRequest) -> schemas.ScoresResponse:
    """What ratings come to in the newest version of a model; a 422 problem lists every fault."""
    try:
        scored = report(model(code), rated.ratings, rated.target)
    except InvalidRatingsError as error:
        faults = (at_pointer(f.pointer, f.code, f.text.zh, f.text.en) for f in error.faults)
        raise invalid(*faults) from error
    return schemas.ScoresResponse.model_validate(as_json(scored))


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
