"""Vega-Lite charts, one specification for web and print, and their SVG."""

import unicodedata
from collections.abc import Sequence
from functools import cache
from math import ceil
from typing import Any, Literal, TypedDict

import altair as alt
import vl_convert

from services.reporting.domain.document import Language, NodeTrend, Share, StateCounts, Trend
from services.reporting.domain.forms import count, month, percent
from services.reporting.rendering.fonts import DIRECTORY, FAMILY
from services.reporting.rendering.labels import label
from services.reporting.rendering.palette import COMPLETED, LIGHT, SHAPES

Spec = dict[str, Any]
Row = dict[str, Any]
Align = Literal["left", "center", "right"]

# A pixel is a point in print: 483 pt lie between the margins of A4.
WIDTH = 483
MOST_NAMES = 152.0
COUNTS = 52
RATES = 36
ROW = 22
SMALL = 9
TREND_HEIGHT = 176
MOST_LABELS = 96.0
LABEL_GAP = 12 / TREND_HEIGHT
DRAWN_NODES = 4
# The weakest node is the finding; the others are told apart by their labels.
_STROKES = (
    (LIGHT["accent"], 2.2),
    (LIGHT["ink"], 1.4),
    (LIGHT["muted"], 1.4),
    (LIGHT["muted"], 0.8),
)


class Bar(TypedDict):
    name: str
    counts: StateCounts


def state_bars(bars: Sequence[Bar], language: Language) -> Spec:
    """One stacked bar a row, as shares of the completed; share and count stand on the bar.

    Every bar needs at least one completed.
    """
    left = min(MOST_NAMES, 16 + max(_width(bar["name"]) for bar in bars))
    plot = WIDTH - left - COUNTS
    y = alt.Y("row:O").axis(None).scale(paddingInner=0.24, paddingOuter=0.1)
    x = alt.X("start:Q").axis(None).scale(domain=[0, 1])
    parts = [part for row, bar in enumerate(bars) for part in _parts(row, bar, plot, language)]
    drawn = _table(parts).encode(y=y)
    named = _table(_margins(bars, left - 12)).encode(y=y)
    chart = alt.layer(
        drawn.mark_bar(stroke=LIGHT["paper"], strokeWidth=1).encode(
            x=x, x2=alt.X2("end:Q"), color=_own_colour()
        ),
        drawn.mark_text(color=LIGHT["paper"]).encode(x=alt.X("middle:Q"), text=alt.Text("label:N")),
        named.mark_text(align="left", color=LIGHT["ink"]).encode(
            x=alt.value(-left), text=alt.Text("name:N")
        ),
        named.mark_text(align="right", color=LIGHT["muted"]).encode(
            x=alt.value(plot + COUNTS), text=alt.Text("n:N")
        ),
        *_state_names(bars[0]["counts"], plot, language),
    )
    padding = {"left": left, "right": COUNTS, "top": 18, "bottom": 2}
    return _finished(chart.properties(width=plot, height=ROW * len(bars), padding=padding))


def trend_lines(trend: Trend, language: Language) -> Spec:
    """Attainment by month of the weakest nodes; hollow points have too few runs for the line."""
    drawn = trend["nodes"][:DRAWN_NODES]
    right = min(MOST_LABELS, 20 + max(_width(node["name"]) for node in drawn))
    plot = WIDTH - RATES - right
    order = [month(value, language) for value in trend["months"]]
    points = [point for nth, node in enumerate(drawn) for point in _points(nth, node, order, trend)]
    x = (
        alt.X("month:O")
        .scale(type="point", padding=0.4, domain=order)
        .axis(values=_roomy(order, plot), labelAngle=0, labelPadding=6, grid=False, title=None)
    )
    layers = [*_lines(points, language), *_end_labels(points)]
    chart = alt.layer(*(layer.encode(x=x) for layer in layers))
    padding = {"left": RATES, "right": right, "top": 8, "bottom": 24}
    return _finished(chart.properties(width=plot, height=TREND_HEIGHT, padding=padding))


def svg(spec: Spec) -> str:
    """The chart as SVG whose text is text; nothing is fetched from the network."""
    _register_font()
    return vl_convert.vegalite_to_svg(spec, vl_version="6.4", allowed_base_urls=[])


@cache
def _register_font() -> None:
    vl_convert.register_font_directory(str(DIRECTORY))


def _table(rows: list[Row]) -> alt.Chart:
    return alt.Chart(alt.InlineData(values=rows))


def _margins(bars: Sequence[Bar], room: float) -> list[Row]:
    return [
        {
            "row": row,
            "name": _cut(bar["name"], room),
            "n": f"n = {count(bar['counts']['completed'])}",
        }
        for row, bar in enumerate(bars)
    ]


def _parts(row: int, bar: Bar, plot: float, language: Language) -> list[Row]:
    parts, start, whole = [], 0, bar["counts"]["completed"]
    for state in COMPLETED:
        part = bar["counts"][state]
        if part:
            share: Share = {"part": part, "whole": whole}
            parts.append(
                {
                    "row": row,
                    "start": start / whole,
                    "middle": (start + part / 2) / whole,
                    "end": (start + part) / whole,
                    "colour": LIGHT[state],
                    "label": _fitting(SHAPES[state], share, plot, language),
                }
            )
        start += part
    return parts


def _fitting(shape: str, share: Share, plot: float, language: Language) -> str:
    """The fullest label that its part of the bar has room for."""
    rate = percent(share, language)
    room = plot * share["part"] / share["whole"] - 6
    texts = (f"{shape} {rate} ({count(share['part'])})", f"{shape} {rate}", shape)
    return next((text for text in texts if _width(text) <= room), "")


def _width(text: str) -> float:
    """Roughly the width in pixels at the small size."""
    return sum(
        SMALL if unicodedata.east_asian_width(char) in "WFA" else SMALL * 0.57 for char in text
    )


def _cut(name: str, room: float) -> str:
    # Vega's own limit measures a text many times over, at a second for a chart of long names.
    if _width(name) <= room:
        return name
    while name and _width(name) > room - SMALL:
        name = name[:-1]
    return name.rstrip() + "…"


def _state_names(counts: StateCounts, plot: float, language: Language) -> list[alt.Chart]:
    """The names of the states over the first bar, each over its own part as far as it can be."""
    start = (counts["normal"] + counts["acceptable"] / 2) / counts["completed"]
    places = (0.0, min(max(start, 0.3), 0.65) * plot, plot)
    aligned: tuple[Align, ...] = ("left", "center", "right")
    return [
        _table([{"text": f"{SHAPES[state]} {label(language, state)}"}])
        .mark_text(align=align, fontWeight="bold", color=LIGHT[state])
        .encode(x=alt.value(place), y=alt.value(-8), text=alt.Text("text:N"))
        for state, place, align in zip(COMPLETED, places, aligned, strict=True)
    ]


def _roomy(order: Sequence[str], plot: float) -> list[str]:
    """Every nth month, so that their names do not touch."""
    each = 1.3 * max(map(_width, order)) / (plot / len(order))
    return list(order[:: ceil(each)])


def _points(nth: int, node: NodeTrend, order: Sequence[str], trend: Trend) -> list[Row]:
    """One row a month; the line is broken where a month has too few runs, or none."""
    colour, stroke = _STROKES[nth]
    points = []
    for at, (text, point) in enumerate(zip(order, node["points"], strict=True)):
        share = point["part"] / point["whole"] if point["whole"] else None
        enough = point["whole"] >= trend["minimum"]
        points.append(
            {
                "node": nth,
                "name": _cut(node["name"], MOST_LABELS - 8),
                "at": at,
                "month": text,
                "share": share,
                "line": share if enough else None,
                "colour": colour,
                "stroke": stroke,
                "fill": colour if enough else LIGHT["paper"],
            }
        )
    return points


def _lines(points: list[Row], language: Language) -> list[alt.Chart]:
    sign = "" if language == "zh" else "\u00a0"
    rates = {
        "values": [0, 0.25, 0.5, 0.75, 1],
        "labelExpr": f"(100 * datum.value) + '{sign}%'",
        "domain": False,
        "ticks": False,
        "title": None,
    }
    line = _table(points).mark_line(strokeJoin="round")
    point = _table(points).mark_point(size=22, opacity=1, strokeWidth=1.2)
    return [
        line.encode(
            y=alt.Y("line:Q", axis=rates).scale(domain=[0, 1]),
            detail=alt.Detail("node:N"),
            # Months in words do not sort by time.
            order=alt.Order("at:Q"),
            color=_own_colour(),
            strokeWidth=alt.StrokeWidth("stroke:Q").scale(None).legend(None),
        ),
        point.encode(
            y=alt.Y("share:Q", title=None),
            stroke=alt.Stroke("colour:N").scale(None).legend(None),
            fill=alt.Fill("fill:N").scale(None).legend(None),
        ),
    ]


def _end_labels(points: Sequence[Row]) -> list[alt.Chart]:
    """Names at the last points of the lines, over a halo, moved apart where two would touch."""
    last = {point["node"]: point for point in points if point["line"] is not None}
    ends = sorted(({**point} for point in last.values()), key=lambda point: float(point["share"]))
    floor, ceiling = 0.0, 1.0
    for end in ends:
        end["label_at"] = max(end["share"], floor)
        floor = end["label_at"] + LABEL_GAP
    for end in reversed(ends):
        end["label_at"] = min(end["label_at"], ceiling)
        ceiling = end["label_at"] - LABEL_GAP
    placed = _table(ends).encode(
        y=alt.Y("label_at:Q", title=None), text=alt.Text("name:N"), color=_own_colour()
    )
    look: Row = {"align": "left", "dx": 8, "fontWeight": "bold"}
    return [
        placed.mark_text(**look, stroke=LIGHT["paper"], strokeWidth=3),
        placed.mark_text(**look),
    ]


def _own_colour() -> alt.Color:
    return alt.Color("colour:N").scale(None).legend(None)


def _finished(chart: alt.LayerChart | alt.FacetChart) -> Spec:
    """The specification with the look that all charts share."""
    axis = {
        "labelColor": LIGHT["muted"],
        "labelFontSize": SMALL,
        "gridColor": LIGHT["hairline"],
        "domainColor": LIGHT["hairline"],
        "tickColor": LIGHT["hairline"],
    }
    spec: Spec = chart.configure(
        font=FAMILY,
        background="transparent",
        aria=False,
        axis=axis,
        view={"stroke": None},
        text={"fontSize": SMALL, "baseline": "middle"},
        autosize={"type": "none"},
    ).to_dict()
    return spec
