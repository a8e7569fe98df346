"""Golden examples are a model's own worked cases, which it must reproduce to be loaded."""

from collections.abc import Callable
from fractions import Fraction

from . import display, scoring
from .document import Node
from .model import Model
from .ratings import Rating, read_rating, spread
from .scoring import ItemScore, Score


def check_golden(model: Model, listed: Node) -> None:
    """Notes a fault for every figure that differs; a model already at fault is not scored."""
    examples = list(listed.elements(most=20))
    if not examples:
        listed.fault("missing", "缺少示例。", "The model has no golden example.")
    read = [(_ratings(model, node), node["expect"]) for node in examples]
    if not listed.faults:
        for ratings, expect in read:
            _compare(scoring.score(model, ratings), expect)


def _ratings(model: Model, node: Node) -> dict[str, Rating]:
    """One rating for every cell, or a map from item ids in which the most specific entry wins."""
    node.record("name", "ratings", "expect")["name"].text()
    told = node["ratings"]
    said = spread(model, told.value, told.pointer, told.faults)
    return {
        id_: rating
        for id_, (raw, pointer) in said.items()
        if raw is not None
        and (rating := read_rating(model, model.cells[id_], raw, pointer, told.faults)) is not None
    }


def _compare(score: Score, expect: Node) -> None:
    expect.record("total", "points", "index", "items", "attained")
    model, total = score.model, score.whole.value
    _demand(expect["total"], total)
    for name, shown in (("points", display.points), ("index", display.index)):
        if expect[name]:
            exact = None if total is None else shown(model, total)
            _demand(expect[name], None if exact is None else display.rounded(model, exact))
    _compare_items(score, expect["items"], lambda item: item.value)
    _compare_items(score, expect["attained"], lambda item: item.attained)


def _compare_items(
    score: Score, expect: Node, figure: Callable[[ItemScore], Fraction | int | None]
) -> None:
    for name, stated in expect.entries() if expect else ():
        if name in score.items:
            _demand(stated, figure(score.items[name]))
        else:
            stated.fault("unknown_item", "模型中没有这个条目。", "The model has no such item.")


def _demand(stated: Node, actual: Fraction | int | None) -> None:
    if (stated.rational() if stated else None) != actual:
        stated.fault("golden_differs", f"模型算得 {actual}。", f"The model gives {actual}.")
