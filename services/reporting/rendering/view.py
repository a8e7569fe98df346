"""What a page shows: headings, charts and tables whose cells are text, the same in every format."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypedDict

from services.reporting.domain import forms
from services.reporting.domain.document import (
    AttainmentDocument,
    Figure,
    Language,
    NodeDepartments,
    Nodes,
    Ranking,
    Trend,
    fingerprint,
)
from services.reporting.domain.facts import Level
from services.reporting.rendering import charts, tables
from services.reporting.rendering.charts import Bar, Spec
from services.reporting.rendering.labels import label
from services.reporting.rendering.tables import Table

DRAWN_DEPARTMENTS = 12


class Section(TypedDict):
    """`alt` says in words what the chart shows; `notes` stand under the chart."""

    heading: str
    subtitle: str
    chart: Spec | None
    alt: str
    notes: list[str]
    tables: list[Table]
    origin: str


class Fact(TypedDict):
    label: str
    value: str


class View(TypedDict):
    language: Language
    kind: str
    title: str
    organisation: str
    facts: list[Fact]
    findings: str
    figures: list[Figure]
    sections: list[Section]
    sources: Table | None
    method: str
    hash: str


def view(document: AttainmentDocument, most_rows: int | None = None) -> View:
    """Everything to draw; a table of departments longer than `most_rows` is cut and says so."""
    language = document["language"]
    return {
        "language": language,
        "kind": label(language, "kind"),
        "title": document["title"],
        "organisation": document["organisation"],
        "facts": _facts(document),
        "findings": (" " if language == "en" else "").join(document["findings"]),
        "figures": document["figures"],
        "sections": _sections(document, most_rows),
        "sources": tables.sources(language, document["sources"]),
        "method": document["method"],
        "hash": fingerprint(document),
    }


def _facts(document: AttainmentDocument) -> list[Fact]:
    language = document["language"]
    as_of = forms.instant(datetime.fromisoformat(document["as_of"]), language)
    values = {
        "process": document["process"]["name"],
        "period": document["period"]["text"],
        "as_of": as_of,
        "language": label(language, "language.name"),
    }
    return [{"label": label(language, key), "value": value} for key, value in values.items()]


def _sections(document: AttainmentDocument, most_rows: int | None) -> list[Section]:
    language = document["language"]
    runs, legs = (_origin(document, level) for level in ("run", "leg"))
    sections = []
    if nodes := document["nodes"]:
        sections.append(_nodes(language, nodes, runs))
    if trend := document["trend"]:
        sections.append(_trend(language, trend, runs))
    if ranking := document["ranking"]:
        sections.append(_ranking(language, ranking, legs))
    sections += [_departments(language, at, legs, most_rows) for at in document["departments"]]
    if document["indicators"]:
        table = tables.indicators(language, document["indicators"])
        sections.append(_section(label(language, "indicators"), [table]))
    return sections


def _nodes(language: Language, nodes: Nodes, origin: str) -> Section:
    bars: list[Bar] = [row for row in nodes["rows"] if row["counts"]["completed"]]
    return _section(
        nodes["finding"],
        [tables.nodes(language, nodes)],
        subtitle=nodes["subtitle"],
        chart=charts.state_bars(bars, language),
        alt=_in_words(language, nodes["finding"], bars),
        origin=origin,
    )


def _trend(language: Language, trend: Trend, origin: str) -> Section:
    drawn, known = charts.DRAWN_NODES, len(trend["nodes"])
    cut = label(language, "trend.drawn", drawn=str(drawn), all=str(known))
    return _section(
        trend["finding"],
        [tables.trend(language, trend, trend["nodes"][:drawn])],
        subtitle=trend["subtitle"],
        chart=charts.trend_lines(trend, language),
        alt=trend["finding"],
        notes=[cut] if known > drawn else [],
        origin=origin,
    )


def _ranking(language: Language, ranking: Ranking, origin: str) -> Section:
    both = [tables.places(language, key, ranking[key]) for key in ("worst", "best")]
    return _section(ranking["finding"], both, origin=origin)


def _departments(
    language: Language, found: NodeDepartments, origin: str, most_rows: int | None
) -> Section:
    ranked = [row for row in found["rows"] if row["rank"] is not None]
    bars: list[Bar] = [
        {"name": row["name"] or "", "counts": row["counts"]} for row in ranked[:DRAWN_DEPARTMENTS]
    ]
    cut = label(language, "departments.drawn", drawn=str(len(bars)), all=str(len(ranked)))
    return _section(
        found["finding"],
        [tables.departments(language, found, most_rows)],
        subtitle=found["subtitle"],
        chart=charts.state_bars(bars, language) if bars else None,
        alt=_in_words(language, found["finding"], bars),
        notes=[cut] if len(bars) < len(ranked) else [],
        origin=origin,
    )


def _section(
    heading: str,
    shown: Sequence[Table],
    *,
    subtitle: str = "",
    chart: Spec | None = None,
    alt: str = "",
    notes: Sequence[str] = (),
    origin: str = "",
) -> Section:
    return {
        "heading": heading,
        "subtitle": subtitle,
        "chart": chart,
        "alt": alt,
        "notes": list(notes),
        "tables": list(shown),
        "origin": origin,
    }


def _in_words(language: Language, finding: str, bars: Sequence[Bar]) -> str:
    rates = [
        f"{bar['name']} "
        + forms.percent(
            {"part": bar["counts"]["normal"], "whole": bar["counts"]["completed"]}, language
        )
        for bar in bars
    ]
    return f"{finding}{'。' if language == 'zh' else '. '}{', '.join(rates)}"


def _origin(document: AttainmentDocument, level: Level) -> str:
    language = document["language"]
    for origin in document["origins"]:
        if origin["level"] == level and origin["as_of"]:
            as_of = forms.instant(datetime.fromisoformat(origin["as_of"]), language)
            return label(language, "origin", text=origin["text"], as_of=as_of)
    return ""
