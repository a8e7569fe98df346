"""The report as PDF/A-2a and PDF/UA-1, byte for byte the same for the same document."""

import json
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import typst

from services.reporting.domain.document import AttainmentDocument
from services.reporting.rendering import charts, palette
from services.reporting.rendering.fonts import DIRECTORY, FAMILY, printable
from services.reporting.rendering.labels import label
from services.reporting.rendering.view import View, view

# Tables in print stop here; HTML and JSON have every row.
MOST_ROWS = 40

_TEMPLATES = Path(__file__).parent / "templates"
# Typst draws text of an SVG in a variable font at its lightest weight unless told otherwise.
_WEIGHTS = (
    '<style>text{font-variation-settings:"wght" 400}'
    'text[font-weight="bold"]{font-variation-settings:"wght" 700}</style>'
)


def render_pdf(document: AttainmentDocument) -> bytes:
    """The report's pages; the time of creation in the file is the document's `as_of`.

    Takes a second of processor time: call it in a worker.
    """
    shown: View = printable(view(document, most_rows=MOST_ROWS))
    pdf: bytes = typst.compile(
        _TEMPLATES / "report.typ",
        root=_TEMPLATES,
        font_paths=_fonts(),
        ignore_system_fonts=True,
        format="pdf",
        sys_inputs={"view": json.dumps(_inputs(shown), ensure_ascii=False)},
        pdf_standards=["a-2a", "ua-1"],
        timestamp=int(datetime.fromisoformat(document["as_of"]).timestamp()),
    )
    return pdf


def _inputs(shown: View) -> dict[str, Any]:
    language = shown["language"]
    return {
        **shown,
        "sections": [{**part, "chart": _chart(part["chart"])} for part in shown["sections"]],
        "words": {key: label(language, key) for key in ("page", "sources", "method", "hash")},
        "region": "CN" if language == "zh" else "GB",
        "font": FAMILY,
        "colours": palette.LIGHT,
        "shapes": palette.SHAPES,
    }


def _chart(spec: charts.Spec | None) -> str | None:
    return charts.svg(spec).replace("<g ", _WEIGHTS + "<g ", 1) if spec else None


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[DIRECTORY]
    )
