"""A score report is everything one set of ratings says, and its JSON form."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from . import consistency, display, ratings, scoring, targets
from . import trace as tracing
from .consistency import Evidence, ScoreWarning
from .display import shown
from .faults import Text
from .model import Item, Model
from .ratings import NotApplicable
from .scoring import ItemScore, Score
from .targets import Gap
from .trace import Step

Json = dict[str, object]


@dataclass(frozen=True, slots=True)
class ScoreReport:
    """`percent_to_target` is a share from 0 to 1; it and `gaps` are empty without a target."""

    score: Score
    gaps: tuple[Gap, ...]
    percent_to_target: Fraction | None
    warnings: tuple[ScoreWarning, ...]
    trace: tuple[Step, ...]


def report(
    model: Model, rated: object, target: object = None, evidence: Evidence | None = None
) -> ScoreReport:
    """Reads and scores untrusted ratings; raises InvalidRatingsError with every fault.

    `evidence` counts facts by cell, as `facts.facts` does; it brings warnings and never changes a
    score.
    """
    known, aimed = ratings.read(model, rated, target)
    return report_of(scoring.score(model, known), aimed, evidence)


def report_of(
    score: Score, aimed: Mapping[str, int], evidence: Evidence | None = None
) -> ScoreReport:
    """The report of a score; `aimed` holds the target level of every cell that has one."""
    return ScoreReport(
        score,
        targets.gaps(score, aimed),
        targets.percent_to_target(score, aimed),
        consistency.warnings(score, evidence),
        tracing.trace(score),
    )


def as_json(report: ScoreReport) -> Json:
    """The report as JSON values: exact rationals as text, displayed values as numbers."""
    score, model = report.score, report.score.model
    whole = score.whole
    band = None if whole.value is None else display.band(model, whole.value)
    return {
        "model": {"code": model.code, "version": model.version, "hash": model.hash},
        "total": _whole(score),
        "interval": _interval(model, whole),
        "coverage": _coverage(model, whole),
        "band": band and {"id": band.id, "title": _text(band.title)},
        "attained": _attained(score),
        "percent_to_target": _number(model, report.percent_to_target),
        "items": [_item(score, item) for item in model.items.values()],
        "gaps": [_gap(model, gap) for gap in report.gaps],
        "warnings": [
            {"code": w.code, "item": w.item, "text": _text(w.text)} for w in report.warnings
        ],
        "trace": [{"item": step.item, "text": _text(step.text)} for step in report.trace],
    }


def _whole(score: Score) -> Json | None:
    total = _total(score.model, score.whole.value)
    return total and {**total, "attained": score.whole.attained}


def _attained(score: Score) -> dict[str, int | None]:
    """The level of every criterion: of the items that stand right above cells."""
    cells = (item for item in score.model.items.values() if not item.children)
    criteria = dict.fromkeys(cell.parent for cell in cells if cell.parent is not None)
    return {criterion: score.items[criterion].attained for criterion in criteria}


def _total(model: Model, value: Fraction | None) -> Json | None:
    if value is None:
        return None
    return {
        **_value(model, value),
        "points": shown(model, display.points(model, value)),
    }


def _interval(model: Model, scored: ItemScore) -> Json | None:
    if scored.low is None or scored.high is None:
        return None
    return {"low": _total(model, scored.low), "high": _total(model, scored.high)}


def _coverage(model: Model, scored: ItemScore) -> Json:
    share = Fraction(scored.rated, scored.applicable) if scored.applicable else None
    return {
        "rated": scored.rated,
        "applicable": scored.applicable,
        "exact": None if share is None else str(share),
        "value": shown(model, share),
    }


def _item(score: Score, item: Item) -> Json:
    scored, model = score.items[item.id], score.model
    span = None
    if scored.rated < scored.applicable and scored.low is not None:
        span = {"low": _value(model, scored.low), "high": _value(model, scored.high)}
    return {
        "id": item.id,
        "kind": item.kind,
        "parent": item.parent,
        "rating": _rating(score, item),
        **_value(model, scored.value),
        "interval": span,
        "attained": scored.attained,
        "effective_weight": _number(model, score.weights[item.id]),
        "rated": scored.rated,
        "applicable": scored.applicable,
    }


def _rating(score: Score, item: Item) -> int | Json | None:
    rating = score.ratings.get(item.id)
    return {"na": rating.reason} if isinstance(rating, NotApplicable) else rating


def _gap(model: Model, gap: Gap) -> Json:
    return {
        "item": gap.item,
        "rating": gap.rating,
        "target": gap.target,
        "weighted": _number(model, gap.weighted),
        "points": shown(model, display.points(model, gap.weighted)),
    }


def _value(model: Model, value: Fraction | None) -> Json:
    if value is None:
        return {"exact": None, "value": None, "index": None}
    return {
        "exact": str(value),
        "value": shown(model, value),
        "index": shown(model, display.index(model, value)),
    }


def _number(model: Model, value: Fraction | None) -> Json | None:
    return None if value is None else {"exact": str(value), "value": shown(model, value)}


def _text(text: Text) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}
