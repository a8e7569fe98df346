"""Sections of the document as tables of text: names left, numbers right, units in the header."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, TypedDict

from services.reporting.domain import forms
from services.reporting.domain.document import (
    Indicator,
    Language,
    NodeDepartments,
    Nodes,
    NodeTrend,
    Placing,
    Share,
    SourceRow,
    StateCounts,
    Trend,
)
from services.reporting.domain.wording import say
from services.reporting.rendering import palette
from services.reporting.rendering.labels import label

NONE = "–"


class Header(TypedDict):
    """A column: numbers stand right; a state's column carries its shape and name."""

    text: str
    numeric: bool
    state: palette.State | None


class Table(TypedDict):
    """The first cell of a row is the row's header.

    The last row sums up when `total` is set; columns are equally wide when `even` is.
    """

    caption: str
    headers: list[Header]
    rows: list[list[str]]
    total: bool
    even: bool
    note: str


def nodes(language: Language, found: Nodes) -> Table:
    rows = [
        [
            row["name"],
            *_completed(row["counts"]),
            _rate(row["attainment"]),
            forms.count(row["counts"]["cancelled"]),
        ]
        for row in [*found["rows"], found["total"]]
    ]
    headers = [
        _text(language, "node"),
        *_states(language),
        _number(language, "attainment"),
        _state(language, "cancelled"),
    ]
    return _table(label(language, "states"), headers, rows, total=True)


def trend(language: Language, found: Trend, shown: Sequence[NodeTrend]) -> Table:
    headers = [_text(language, "month")]
    headers += [{"text": node["name"], "numeric": True, "state": None} for node in shown]
    rows = [
        [forms.month(month, language), *(_with_count(node["points"][at]) for node in shown)]
        for at, month in enumerate(found["months"])
    ]
    return _table(label(language, "trend"), headers, rows, even=True)


def places(language: Language, key: Literal["worst", "best"], found: Sequence[Placing]) -> Table:
    headers = [
        _text(language, "department"),
        *(_number(language, name) for name in ("legs", "attainment")),
    ]
    rows = [
        [
            say(language, "place", department=place["department"], node=place["node"]),
            forms.count(place["attainment"]["whole"]),
            _rate(place["attainment"]),
        ]
        for place in found
    ]
    return _table(label(language, key), headers, rows)


def departments(language: Language, found: NodeDepartments, most_rows: int | None) -> Table:
    rows = [
        [
            row["name"] or label(language, "unknown"),
            NONE if row["rank"] is None else str(row["rank"]),
            *_completed(row["counts"]),
            _rate(row["attainment"]),
        ]
        for row in found["rows"][:most_rows]
    ]
    headers = [
        _text(language, "department"),
        _number(language, "rank"),
        *_states(language),
        _number(language, "attainment"),
    ]
    more = len(found["rows"]) - len(rows)
    note = label(language, "capped", more=forms.count(more)) if more else ""
    caption = label(language, "departments", node=found["name"])
    return _table(caption, headers, rows, note=note)


def indicators(language: Language, found: Sequence[Indicator]) -> Table:
    headers = [_text(language, key) for key in ("indicator", "code", "reading_period")]
    headers += [_number(language, key) for key in ("value", "target")]
    rows = [
        [row["name"], row["code"], row["period"], row["value"] or NONE, row["target"] or NONE]
        for row in found
    ]
    return _table("", headers, rows)


def sources(language: Language, found: Sequence[SourceRow]) -> Table | None:
    """None when no source is known."""
    headers = [_text(language, key) for key in ("source", "source_as_of")]
    headers += [_number(language, key) for key in ("age", "covered", "total")]
    rows = [
        [
            row["name"],
            _instant(language, row["as_of"]),
            NONE if row["age_seconds"] is None else forms.age(row["age_seconds"], language),
            forms.count(row["covered"]),
            NONE if row["total"] is None else forms.count(row["total"]),
        ]
        for row in found
    ]
    return _table("", headers, rows) if rows else None


def _table(
    caption: str,
    headers: list[Header],
    rows: list[list[str]],
    *,
    total: bool = False,
    even: bool = False,
    note: str = "",
) -> Table:
    return {
        "caption": caption,
        "headers": headers,
        "rows": rows,
        "total": total,
        "even": even,
        "note": note,
    }


def _text(language: Language, key: str) -> Header:
    return {"text": label(language, key), "numeric": False, "state": None}


def _number(language: Language, key: str) -> Header:
    return {"text": label(language, key), "numeric": True, "state": None}


def _states(language: Language) -> list[Header]:
    """Headers of `_completed`."""
    states = [_state(language, state) for state in palette.COMPLETED]
    return [*states, _number(language, "completed")]


def _state(language: Language, state: palette.State) -> Header:
    return {"text": label(language, state), "numeric": True, "state": state}


def _completed(counts: StateCounts) -> list[str]:
    numbers = (counts["normal"], counts["acceptable"], counts["warning"], counts["completed"])
    return [forms.count(number) for number in numbers]


def _rate(share: Share) -> str:
    return forms.hundredths(share, places=1)


def _with_count(share: Share) -> str:
    return f"{_rate(share)} ({forms.count(share['whole'])})" if share["whole"] else NONE


def _instant(language: Language, as_of: str | None) -> str:
    if as_of is None:
        return label(language, "never")
    return forms.instant(datetime.fromisoformat(as_of), language)
