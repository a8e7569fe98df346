"""Pages made of the data document, read back from their bytes."""

import io
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any, cast

import pypdf
import pytest

from services.reporting.domain.attainment_report import document
from services.reporting.domain.document import AttainmentDocument, Language, fingerprint
from services.reporting.rendering import charts, palette
from services.reporting.rendering.html import render_html
from services.reporting.rendering.labels import LABELS
from services.reporting.rendering.pdf import MOST_ROWS, render_pdf
from services.reporting.rendering.view import view
from tests.domain.reporting.attainment import NODES, SOURCES, fact, facts, scope

LANGUAGES: tuple[Language, ...] = ("zh", "en")
HOSTILE = [
    '#read("/etc/passwd")',
    "<script>alert(1)</script>",
    "*bold* _x_ $y$ @ref <lab> `c` = h // --",
    "{{ 7 * 7 }} {% raw %}",
    "& \" ' </svg></style>",
    "🚀 平台组",
    "ไทย شحن",
    "a\x00b\nc\u202ed\ud800",
    "W" * 300,
    "长" * 300,
]


def report(language: Language = "en", **changes: Any) -> AttainmentDocument:
    return document(scope(language=language, **changes), facts(), SOURCES)


def hostile(language: Language) -> AttainmentDocument:
    nodes = {f"n{number}": {"zh": name, "en": name} for number, name in enumerate(HOSTILE)}
    names = {"zh": HOSTILE[0], "en": HOSTILE[1]}
    found = [fact("run", f"n{number}", "2016-03", (9, 5, number)) for number in range(len(HOSTILE))]
    found += [
        fact("leg", "resolve", "2016-03", (number, 9, 5), department=name)
        for number, name in enumerate(HOSTILE)
    ]
    asked = scope(
        language=language, nodes={**nodes, **NODES}, process_name=names, organisation=HOSTILE[0]
    )
    return document(asked, found, SOURCES)


def read(pdf: bytes) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(pdf))


def text_of(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in read(pdf).pages)


def squeezed(text: str) -> str:
    """Without white space and break marks, which depend on where a line happens to end."""
    return "".join(text.replace("\u200b", "").split())


class Elements(HTMLParser):
    """Every start tag with its attributes, and the text outside style."""

    def __init__(self, html: bytes) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.lasttag != "style":
            self.text += data

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.mark.parametrize("language", LANGUAGES)
def test_pdf_says_what_the_document_says(language: Language) -> None:
    made = report(language)
    text = squeezed(text_of(render_pdf(made)))
    for said in [made["title"], *made["findings"], made["method"], fingerprint(made)]:
        assert squeezed(said) in text
    for figure in made["figures"]:
        assert squeezed(figure["value"] + figure["label"] + figure["note"]) in text
    assert {"zh": "解决", "en": "Resolve"}[language] + "3330178041.3" in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_is_numbered(language: Language) -> None:
    pages = read(render_pdf(report(language))).pages
    for number, page in enumerate(pages, start=1):
        label = LABELS["page"][language].format(page=number, pages=len(pages))
        assert squeezed(label) in squeezed(page.extract_text())


@pytest.mark.parametrize("render", [render_pdf, render_html])
def test_same_document_gives_the_same_bytes(render: Any) -> None:
    first = render(report("zh"))
    render(report("en"))
    assert render(report("zh")) == first


def test_pdf_is_archival_tagged_and_dated_by_the_document() -> None:
    pdf = read(render_pdf(report("zh")))
    root = pdf.root_object
    packet = cast(pypdf.generic.StreamObject, root["/Metadata"]).get_data().decode()
    assert str(root["/Lang"]) == "zh-CN"
    assert root["/MarkInfo"]["/Marked"]  # type: ignore[index]
    assert "<pdfuaid:part>1</pdfuaid:part>" in packet
    assert "<pdfaid:part>2</pdfaid:part>" in packet
    assert pdf.metadata is not None
    assert pdf.metadata.creation_date == scope().as_of


def test_alternative_text_of_a_chart_states_the_finding() -> None:
    made = report()
    assert made["nodes"] is not None
    alternatives = _alternatives(read(render_pdf(made)).root_object["/StructTreeRoot"])
    assert any(text.startswith(made["nodes"]["finding"]) for text in alternatives)
    assert any("Resolve 41\u00a0%, Close 75\u00a0%" in text for text in alternatives)


def _alternatives(element: Any) -> list[str]:
    element = element.get_object() if hasattr(element, "get_object") else element
    if isinstance(element, list):
        return [text for child in element for text in _alternatives(child)]
    if not isinstance(element, dict):
        return []
    own = [str(element["/Alt"])] if "/Alt" in element else []
    return own + (_alternatives(element["/K"]) if "/K" in element else [])


def test_only_the_embedded_font_is_used() -> None:
    fonts = [
        font.get_object()
        for page in read(render_pdf(report("zh"))).pages
        for font in page["/Resources"]["/Font"].values()  # type: ignore[index]
    ]
    assert fonts
    for font in fonts:
        descendant = font["/DescendantFonts"][0].get_object()
        assert "NotoSansSC" in font["/BaseFont"]
        assert "/FontFile2" in descendant["/FontDescriptor"].get_object()


@pytest.mark.parametrize("language", LANGUAGES)
def test_hostile_names_are_printed_as_text(language: Language) -> None:
    text = squeezed(text_of(render_pdf(hostile(language))))
    assert squeezed('#read("/etc/passwd")') in text
    assert "root:" not in text
    assert "<script>alert(1)</script>" in text
    assert squeezed("*bold* _x_ $y$ @ref <lab> `c` = h // --") in text
    assert "[rocket]平台组" in text
    assert "[U+0E44]" in text
    assert "abcd" in text
    assert "W" * 79 + "…" in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_hostile_names_are_text_in_html(language: Language) -> None:
    page = Elements(render_html(hostile(language)))
    assert not page.named("script")
    assert not page.named("lab")
    for name in (*HOSTILE[:7], HOSTILE[8], HOSTILE[9]):
        assert name in page.text


def test_long_table_repeats_its_header_and_says_what_it_leaves_out() -> None:
    many = [
        fact("leg", "resolve", "2016-03", (number, 7, 6), department=f"Department {number:03d}")
        for number in range(300)
    ]
    made = document(scope(), facts() + many, SOURCES)
    pages = [page.extract_text() for page in read(render_pdf(made)).pages]
    text = " ".join(pages)
    heads = [page for page in pages if "Rank" in page and "Acceptable" in page]
    assert len(heads) > 1
    assert "Department 000" in text
    assert "Department 200" not in text
    more = len(made["departments"][0]["rows"]) - MOST_ROWS
    assert squeezed(f"{more} further rows are left out") in squeezed(text)
    assert "Department 299" in Elements(render_html(made)).text


@pytest.mark.parametrize("language", LANGUAGES)
def test_empty_report_is_one_page_that_says_so(language: Language) -> None:
    made = document(scope(language=language), [])
    pages = read(render_pdf(made)).pages
    assert len(pages) == 1
    assert squeezed(made["title"]) in squeezed(pages[0].extract_text())
    assert made["title"] in Elements(render_html(made)).text


@pytest.mark.parametrize(("language", "tag"), [("zh", "zh-CN"), ("en", "en")])
def test_html_stands_alone_and_names_its_language(language: Language, tag: str) -> None:
    made = report(language)
    page = Elements(render_html(made))
    assert page.named("html") == [{"lang": tag}]
    assert not [attributes for _, attributes in page.tags if {"src", "href"} & attributes.keys()]
    for said in [made["title"], made["method"], fingerprint(made)]:
        assert said in page.text


def test_html_tables_have_headers_for_columns_and_rows() -> None:
    page = Elements(render_html(report()))
    scopes = [attributes.get("scope") for attributes in page.named("th")]
    assert set(scopes) == {"col", "row"}
    rows = sum(
        len(table["rows"]) for part in view(report())["sections"] for table in part["tables"]
    )
    assert scopes.count("row") == rows + len(SOURCES)


def test_html_chart_is_an_image_whose_name_states_the_finding() -> None:
    made = report()
    images = [div for div in Elements(render_html(made)).named("div") if div.get("role") == "img"]
    assert made["trend"] is not None
    assert made["trend"]["finding"] in [image["aria-label"] for image in images]


def test_bar_carries_share_count_and_shape_of_each_state() -> None:
    made = report()
    assert made["nodes"] is not None
    drawn = charts.svg(charts.state_bars(made["nodes"]["rows"], "en"))
    for text in ("● 41\u00a0% (33)", "◆ 38\u00a0% (30)", "▲ 21\u00a0% (17)", "n = 80"):
        assert f">{text}</text>" in drawn


def test_trend_line_runs_through_the_months_in_order() -> None:
    months = [f"2016-{number:02d}" for number in range(1, 13)]
    runs = [fact("run", "close", month, (20, 5, 5)) for month in months]
    made = document(scope(language="zh", first_month="2016-01", last_month="2016-12"), runs)
    assert made["trend"] is not None
    drawn = charts.svg(charts.trend_lines(made["trend"], "zh"))
    line = drawn.split('class="mark-line')[1].split(' d="M')[1].split('"')[0]
    across = [float(point.split(",")[0]) for point in line.split("L")]
    assert len(across) == 12
    assert all(left < right for left, right in pairwise(across))


@pytest.mark.parametrize("name", sorted(palette.COLOURS.keys() - {"hairline", "paper"}))
@pytest.mark.parametrize("mode", [0, 1])
def test_colours_stand_out_from_the_paper(name: str, mode: int) -> None:
    colour, paper = (palette.COLOURS[key][mode] for key in (name, "paper"))
    dark, light = sorted(map(_luminance, (colour, paper)))
    assert (light + 0.05) / (dark + 0.05) >= 5


def _luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("key", LABELS)
def test_every_label_exists_in_both_languages(key: str) -> None:
    assert all(LABELS[key][language] for language in LANGUAGES)
