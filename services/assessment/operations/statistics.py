"""Statistics of raters; nothing is stored."""

from fractions import Fraction

from services.assessment.domain import agreement as domain
from services.assessment.domain.faults import InvalidRatingsError
from services.assessment.domain.rating_table import demand_measurable, read_table
from services.assessment.schemas import statistics as schemas
from shared.problems import at_pointer, invalid


def measure_agreement(asked: schemas.AgreementRequest) -> schemas.AgreementResponse:
    """How far raters agree; alpha is null with the reason where it is undefined.

    A 422 problem lists every fault of the table.
    """
    try:
        rows = read_table(asked.ratings, "/ratings", asked.rows)
        demand_measurable(rows, asked.resamples, "/ratings", "/resamples")
    except InvalidRatingsError as error:
        faults = (at_pointer(f.pointer, f.code, f.text.zh, f.text.en) for f in error.faults)
        raise invalid(*faults) from error
    found = domain.agreement(
        rows,
        asked.metric,
        seed=asked.seed,
        resamples=asked.resamples,
        confidence=asked.confidence,
    )
    reason = found.reason and {"code": found.reason, "text": domain.reason_text(found.reason)}
    return schemas.AgreementResponse.model_validate(
        {
            "metric": found.metric,
            "alpha": _shown(found.alpha),
            "alphas": {metric: _shown(alpha) for metric, alpha in found.alphas.items()},
            "reason": reason,
            "interval": _interval(found.interval),
            "percent_agreement": _share(found.pairs),
            "unanimous": _share(found.unanimous),
            "raters": found.raters,
            "units": found.units,
            "ratings": found.ratings,
        },
        from_attributes=True,
    )


def _interval(interval: domain.Interval | None) -> dict[str, object] | None:
    if interval is None:
        return None
    return {
        "low": _shown(interval.low),
        "high": _shown(interval.high),
        "confidence": interval.confidence,
        "resamples": interval.resamples,
        "undefined": interval.undefined,
        "seed": interval.seed,
    }


def _share(share: Fraction | None) -> dict[str, object] | None:
    return None if share is None else {"exact": str(share), "value": float(round(share, 4))}


def _shown(number: float | None) -> float | None:
    return None if number is None else round(number, 4)
