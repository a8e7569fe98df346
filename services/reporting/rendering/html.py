"""The report as one HTML file that needs no network, for screens, print and screen readers."""

from functools import cache

import jinja2
from markupsafe import Markup

from services.reporting.domain.document import AttainmentDocument
from services.reporting.rendering import charts, palette
from services.reporting.rendering.labels import label
from services.reporting.rendering.view import view


def render_html(document: AttainmentDocument) -> bytes:
    """The report as UTF-8, the same bytes for the same document.

    Takes most of a second of processor time: call it in a worker.
    """
    shown = view(document)
    language = shown["language"]
    text = _template().render(
        view=shown,
        words={key: label(language, key) for key in ("sources", "method", "hash", "findings")},
        colours=palette.COLOURS,
        shapes=palette.SHAPES,
        svg=_svg,
    )
    return text.encode()


def _svg(spec: charts.Spec) -> Markup:
    return Markup(charts.svg(spec))  # noqa: S704  (Vega escapes the text it draws)


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("services.reporting.rendering"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html")
