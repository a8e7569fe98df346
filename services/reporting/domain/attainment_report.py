"""Attainment facts become the data document of the commitment attainment report."""

from collections.abc import Iterable, Sequence

from services.reporting.domain import findings, forms, sections
from services.reporting.domain.document import (
    AttainmentDocument,
    Indicator,
    Language,
    Origin,
    Period,
    SourceRow,
)
from services.reporting.domain.facts import AttainmentFact, KpiReading, Level, Source
from services.reporting.domain.scope import Scope
from services.reporting.domain.wording import say


def document(
    scope: Scope,
    facts: Iterable[AttainmentFact],
    sources: Sequence[Source] = (),
    readings: Sequence[KpiReading] = (),
) -> AttainmentDocument:
    """The report on `scope`; facts of other processes or months are left out."""
    language, months = scope.language, frozenset(scope.months)
    used = [fact for fact in facts if fact.process == scope.process and fact.month in months]
    runs = [fact for fact in used if fact.level == "run"]
    legs = [fact for fact in used if fact.level == "leg"]
    nodes = sections.nodes(scope, runs)
    trend = sections.trend(scope, runs, nodes["rows"]) if nodes and len(months) > 1 else None
    departments = sections.departments(scope, legs)
    ranking = sections.ranking(scope, departments)
    return {
        "kind": "commitment-attainment",
        "version": 1,
        "language": language,
        "title": findings.title(scope, nodes),
        "organisation": forms.plain(scope.organisation),
        "process": {"code": scope.process, "name": scope.process_title},
        "period": _period(scope),
        "as_of": scope.as_of.isoformat(),
        "findings": findings.paragraph(scope, nodes, trend, ranking),
        "figures": findings.figures(language, nodes),
        "nodes": nodes,
        "trend": trend,
        "departments": departments,
        "ranking": ranking,
        "indicators": [_indicator(reading, language) for reading in readings],
        "origins": [_origin("run", runs, language), _origin("leg", legs, language)],
        "sources": [_source(source, scope) for source in sources],
        "method": say(language, "method", least=scope.least("leg")),
    }


def _period(scope: Scope) -> Period:
    return {
        "first_month": scope.first_month,
        "last_month": scope.last_month,
        "text": scope.period,
    }


def _origin(level: Level, facts: Sequence[AttainmentFact], language: Language) -> Origin:
    newest = max((fact.as_of for fact in facts), default=None)
    return {
        "level": level,
        "as_of": newest.isoformat() if newest else None,
        "text": say(language, f"origin.{level}"),
    }


def _indicator(reading: KpiReading, language: Language) -> Indicator:
    return {
        "code": forms.plain(reading.code),
        "name": forms.plain(reading.name[language]),
        "period": forms.plain(reading.period),
        "value": None if reading.value is None else f"{reading.value:f}",
        "target": None if reading.target is None else f"{reading.target:f}",
    }


def _source(source: Source, scope: Scope) -> SourceRow:
    known = source.as_of
    return {
        "name": forms.plain(source.name[scope.language]),
        "as_of": known.isoformat() if known else None,
        "age_seconds": forms.elapsed(known, scope.as_of) if known else None,
        "covered": source.covered,
        "total": source.total,
    }
