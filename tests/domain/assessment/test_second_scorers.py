"""Every model, shipped or made for a test, against a second scorer written for it alone.

`SEE_SCORING_CASES=100000 python -m pytest tests/domain/assessment/test_second_scorers.py` holds
each model against a hundred thousand random cases; a usual run takes two thousand each.
"""

import os
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from services.assessment.catalogue import read_yaml, shipped
from services.assessment.domain.loading import load
from services.assessment.domain.model import Model
from services.assessment.domain.ratings import NotApplicable, Rating
from services.assessment.domain.report import as_json, report
from services.assessment.domain.scoring import score
from services.assessment.domain.targets import percent_to_target
from tests.domain.assessment import plain_scorer
from tests.domain.assessment.plain_models import NA, PLAIN, Plain

CASES = int(os.environ.get("SEE_SCORING_CASES", "2000"))
FIXTURES = Path(__file__).parents[2] / "fixtures" / "models"
MADE = {model.code: model for model in map(load, map(read_yaml, (
    path.read_bytes() for path in sorted(FIXTURES.glob("*.yaml"))
)))}  # fmt: skip
MODELS: dict[str, Model] = {**shipped(), **MADE}
SEE_CMM = Plain(
    "see-cmm",
    lambda cells: (
        plain_scorer.total(cells),
        min((x for x in cells.values() if x != NA), default=None)
        if plain_scorer.total(cells) is not None
        else None,
    ),
)
EVERY = (SEE_CMM, *PLAIN)


Case = tuple[str, dict[str, Any]]
"""The code of a model, and ratings of its cells."""


def as_ratings(cells: dict[str, Any]) -> dict[str, Rating]:
    return {
        cell: NotApplicable("out of scope") if rating == NA else rating
        for cell, rating in cells.items()
        if rating is not None
    }


def random_cells(model: Model, random: Random) -> dict[str, Any]:
    """Ratings of every cell; cases differ in how good they are and in how much does not apply."""
    absent = random.choice((0.0, 0.0, 0.1, 0.5, 0.9))
    good = random.choice((0.0, 0.5, 0.8))
    return {
        cell: NA
        if random.random() < absent
        else max(scale.values)
        if random.random() < good
        else random.choice(list(scale.values))
        for cell, scale in model.cells.items()
    }


@pytest.mark.parametrize("plain", EVERY, ids=lambda plain: plain.code)
def test_engine_agrees_with_the_second_scorer(plain: Plain) -> None:
    model, random = MODELS[plain.code], Random(CASES)  # noqa: S311
    seen: set[object] = set()

    for _ in range(CASES):
        cells = random_cells(model, random)
        whole = score(model, as_ratings(cells)).whole
        assert (whole.value, whole.attained) == plain.outcome(cells), cells
        seen.add(whole.value)

    assert len(seen) >= min(5, CASES)


def test_every_model_has_a_second_scorer() -> None:
    assert {plain.code for plain in EVERY} == set(MODELS)


@st.composite
def rated(draw: st.DrawFn, missing: bool = False) -> Case:
    """A model and ratings of its cells, None where `missing` allows it."""
    code = draw(st.sampled_from(sorted(MODELS)))
    cells = random_cells(MODELS[code], draw(st.randoms(use_true_random=False)))
    if missing:
        gone = draw(st.sets(st.sampled_from(sorted(MODELS[code].cells))))
        cells |= dict.fromkeys(gone)
    return code, cells


@given(rated(missing=True))
def test_every_value_and_weight_is_bounded(case: Case) -> None:
    scored = score(MODELS[case[0]], as_ratings(case[1]))

    for item in scored.items.values():
        if item.low is not None and item.high is not None:
            assert 0 <= item.low <= item.high <= 1
    assert all(0 <= weight <= 1 for weight in scored.weights.values())


@given(rated(), st.data())
def test_no_value_falls_when_a_cell_rises(case: Case, data: st.DataObject) -> None:
    model, cells = MODELS[case[0]], case[1]
    cell = data.draw(st.sampled_from(sorted(model.cells)))
    higher = [r for r in model.cells[cell].values if cells[cell] != NA and r > cells[cell]]
    assume(higher)

    before = score(model, as_ratings(cells))
    after = score(model, as_ratings({**cells, cell: higher[0]}))

    for id_, item in before.items.items():
        risen = after.items[id_]
        assert (item.value is None) == (risen.value is None)
        assert item.value is None or risen.value is None or item.value <= risen.value
        assert item.attained is None or (risen.attained or 0) >= item.attained


@given(rated(missing=True), st.data())
def test_every_completion_lies_inside_the_interval(case: Case, data: st.DataObject) -> None:
    model, cells = MODELS[case[0]], case[1]
    answers = random_cells(model, data.draw(st.randoms(use_true_random=False)))
    applicable = {
        c: max(s.values) if answers[c] == NA else answers[c] for c, s in model.cells.items()
    }
    completed = {c: applicable[c] if r is None else r for c, r in cells.items()}

    open_, final = score(model, as_ratings(cells)), score(model, as_ratings(completed))

    for id_, item in open_.items.items():
        value = final.items[id_].value
        assert (item.low is None) == (value is None)
        assert value is None or item.low is None or item.high is None or (
            item.low <= value <= item.high
        )  # fmt: skip


@given(rated(missing=True))
def test_the_ends_of_the_interval_are_reached(case: Case) -> None:
    model, cells = MODELS[case[0]], case[1]
    whole = score(model, as_ratings(cells)).whole

    for end, choose in ((whole.low, min), (whole.high, max)):
        filled = {c: choose(model.cells[c].values) if r is None else r for c, r in cells.items()}
        assert score(model, as_ratings(filled)).whole.value == end


@given(rated(missing=True), st.randoms(use_true_random=False))
def test_order_of_the_ratings_does_not_matter(case: Case, random: Random) -> None:
    model, cells = MODELS[case[0]], case[1]
    shuffled = list(as_ratings(cells).items())
    random.shuffle(shuffled)

    assert score(model, dict(shuffled)).items == score(model, as_ratings(cells)).items


@given(rated(), st.integers(0, 3))
def test_percent_to_target_is_a_share_and_whole_when_the_target_is_met(
    case: Case, step: int
) -> None:
    model, cells = MODELS[case[0]], case[1]
    target = {c: sorted(s.values)[min(step, len(s.values) - 1)] for c, s in model.cells.items()}
    scored = score(model, as_ratings(cells))
    share = percent_to_target(scored, target)
    met = all(r == NA or r >= target[c] for c, r in cells.items())

    assert share is None or 0 <= share <= 1
    assert share is None or not met or share == 1
    assert (share is None) == (scored.whole.value is None)


@settings(max_examples=40, deadline=None)
@given(rated(missing=True))
def test_the_report_tells_every_item_in_both_languages_with_the_same_numbers(
    case: Case,
) -> None:
    model, cells = MODELS[case[0]], case[1]
    raw = {c: {"na": "x"} if r == NA else r for c, r in cells.items()}

    body: Any = as_json(report(model, raw))

    assert {step["item"] for step in body["trace"]} == set(model.items)
    for step in body["trace"]:
        numbers = {lang: digits(said, model, lang) for lang, said in step["text"].items()}
        assert numbers["zh"] == numbers["en"], step
        assert numbers["zh"] != "" or "不适用" in step["text"]["zh"] or "无值" in step["text"]["zh"]


def digits(said: str, model: Model, language: str) -> str:
    """The digits of a step without those that belong to a title."""
    titles = {getattr(item.title, language) for item in model.items.values()}
    for title in sorted(titles, key=len, reverse=True):
        said = said.replace(title, "")
    return "".join(character for character in said if character.isdigit())
