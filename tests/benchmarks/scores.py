"""Scores: one, one of a large model, and all of ten thousand assessments on one core."""

from itertools import cycle, islice
from random import Random
from typing import Any

from services.assessment import catalogue
from services.assessment.domain.loading import load
from services.assessment.domain.model import Model
from services.assessment.domain.ratings import read
from services.assessment.domain.report import as_json, report
from services.assessment.domain.scoring import score
from tests.benchmarks.figures import seconds, show
from tests.domain.assessment.plain_scorer import CELLS, total

ASSESSMENTS = 10_000
RATERS = 5


def run() -> None:
    """Print the figures of scoring."""
    _one()
    _large()
    _ten_thousand()


def _one() -> None:
    model = catalogue.shipped()["see-cmm"]
    ratings: dict[str, object] = {cell: 1 + n % 4 for n, cell in enumerate(CELLS)}
    rated, _ = read(model, ratings)
    plain = seconds(lambda: total(ratings))
    took = seconds(lambda: score(model, rated))
    show("score of 30 cells", f"{took * 1e3:.2f} ms", took / plain, "fractions by hand")
    told = seconds(lambda: as_json(report(model, ratings, 3)))
    show("  with gaps, warnings, trace, as JSON", f"{told * 1e3:.2f} ms", told / plain,
         "fractions by hand")  # fmt: skip


def _large() -> None:
    document = _thousand_leaves()
    model = load(document)
    ratings: dict[str, object] = {cell: 1 + n % 4 for n, cell in enumerate(model.cells)}
    rated, _ = read(model, ratings)
    small = catalogue.shipped()["see-cmm"]
    thirty, _ = read(small, {cell: 1 + n % 4 for n, cell in enumerate(small.cells)})
    baseline = seconds(lambda: score(small, thirty)) / 30 * 1000
    took = seconds(lambda: score(model, rated))
    show("score of 1,000 leaves", f"{took * 1e3:.2f} ms", took / baseline,
         "33 scores of 30 cells")  # fmt: skip
    loading = seconds(lambda: load(document), turns=2)
    show("  reading and checking that model", f"{loading * 1e3:.0f} ms")


def _thousand_leaves() -> Any:
    """Ten blocks of ten criteria of ten cells, with weights that share no divisor."""

    def text(name: str) -> dict[str, str]:
        return {"zh": name, "en": name}

    levels = [{"level": n + 1, "value": f"{n}/3", "title": text(f"L{n + 1}")} for n in range(4)]
    weights = cycle((1, 2, 3, 5, 7, 11, 13))

    def item(id_: str, **more: Any) -> Any:
        return {"id": id_, "title": text(id_), "weight": next(weights), **more}

    blocks = [
        item(f"b{b}", items=[
            item(f"b{b}c{c}", items=[item(f"b{b}c{c}i{i}", scale="four") for i in range(10)])
            for c in range(10)
        ])
        for b in range(10)
    ]  # fmt: skip
    root = {"id": "whole", "title": text("whole"), "items": blocks}
    golden = {"name": text("lowest"), "ratings": 1, "expect": {"total": 0}}
    return {
        "code": "thousand",
        "title": text("A thousand leaves"),
        "display": {"points": 1000, "places": 4, "rounding": "half_even"},
        "not_applicable": "allowed",
        "scales": {"four": {"levels": levels}},
        "root": root,
        "golden": [golden],
    }


def _ten_thousand() -> None:
    model = catalogue.shipped()["see-cmm"]
    random = Random(1)  # noqa: S311
    sheets = [
        {cell: {"na": "x"} if random.random() < 0.03 else random.randint(1, 4) for cell in CELLS}
        for _ in range(500)
    ]
    count = ASSESSMENTS * RATERS
    took = seconds(lambda: _recompute(model, islice(cycle(sheets), count)), turns=1)
    plain: list[dict[str, object]] = [
        {c: r if isinstance(r, int) else "n/a" for c, r in each.items()} for each in sheets
    ]
    by_hand = seconds(lambda: [total(each) for each in plain]) / len(sheets) * count
    show("10,000 assessments of 30 cells by 5 raters", f"{took:.1f} s", took / by_hand,
         "fractions by hand")  # fmt: skip


def _recompute(model: Model, sheets: Any) -> None:
    for sheet in sheets:
        rated, _ = read(model, sheet)
        score(model, rated)
