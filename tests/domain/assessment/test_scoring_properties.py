"""What must hold for any ratings: the engine agrees with a plain scorer and keeps its bounds."""

from copy import deepcopy
from fractions import Fraction
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from services.assessment.catalogue import shipped
from services.assessment.domain.loading import load
from services.assessment.domain.ratings import NotApplicable, Rating
from services.assessment.domain.scoring import score
from services.assessment.domain.targets import gaps, percent_to_target
from tests.domain.assessment import plain_scorer as plain
from tests.domain.assessment.documents import see_cmm_document
from tests.domain.assessment.plain_scorer import CELLS, ENABLERS, NA, RESULTS

SEE_CMM = shipped()["see-cmm"]
LEVELS = st.integers(1, 4)
FULL = st.fixed_dictionaries(dict.fromkeys(CELLS, LEVELS))
COMPLETE = st.fixed_dictionaries(dict.fromkeys(CELLS, st.one_of(LEVELS, LEVELS, st.just(NA))))
PARTIAL = st.fixed_dictionaries(
    dict.fromkeys(CELLS, st.one_of(LEVELS, LEVELS, st.none(), st.just(NA)))
)


def as_ratings(cells: dict[str, Any]) -> dict[str, Rating]:
    return {
        cell: NotApplicable("out of scope") if rating == NA else rating
        for cell, rating in cells.items()
        if rating is not None
    }


@st.composite
def sparse(draw: st.DrawFn) -> dict[str, Any]:
    """Ratings in which whole criteria, and sometimes a whole block, are not applicable."""
    cells = draw(COMPLETE)
    gone = draw(st.sets(st.sampled_from(ENABLERS + RESULTS)))
    return {cell: NA if cell.split(".")[0] in gone else rating for cell, rating in cells.items()}


@given(st.one_of(COMPLETE, sparse()))
def test_engine_agrees_with_the_plain_scorer(cells: dict[str, Any]) -> None:
    scored = score(SEE_CMM, as_ratings(cells))

    assert scored.whole.value == plain.total(cells)
    assert scored.items["enablers"].value == plain.block(cells, ENABLERS)
    assert scored.items["results"].value == plain.block(cells, RESULTS)
    for name in ENABLERS + RESULTS:
        assert scored.items[name].value == plain.criterion(cells, name)
        assert scored.items[name].attained == plain.attained(cells, name)


@given(sparse(), FULL)
def test_percent_to_target_agrees_with_the_plain_scorer(
    cells: dict[str, Any], target: dict[str, int]
) -> None:
    share = percent_to_target(score(SEE_CMM, as_ratings(cells)), target)

    assert share == plain.percent_to_target(cells, target)
    assert share is None or 0 <= share <= 1


@given(PARTIAL)
def test_every_value_is_bounded(cells: dict[str, Any]) -> None:
    scored = score(SEE_CMM, as_ratings(cells))

    for item in scored.items.values():
        if item.low is not None and item.high is not None:
            assert 0 <= item.low <= item.high <= 1


@given(COMPLETE, st.sampled_from(CELLS))
def test_total_rises_with_every_cell(cells: dict[str, Any], cell: str) -> None:
    before = plain.total(cells)
    assume(before is not None and cells[cell] != NA and cells[cell] < 4)

    after = score(SEE_CMM, as_ratings({**cells, cell: cells[cell] + 1})).whole.value

    assert after is not None
    assert before is not None
    assert after > before


@given(PARTIAL, st.randoms())
def test_order_of_the_ratings_does_not_matter(cells: dict[str, Any], random: Any) -> None:
    shuffled = list(cells.items())
    random.shuffle(shuffled)

    assert (
        score(SEE_CMM, as_ratings(dict(shuffled))).items == score(SEE_CMM, as_ratings(cells)).items
    )


@settings(max_examples=20)
@given(COMPLETE, st.integers(1, 500), st.integers(1, 500))
def test_scale_of_the_weights_does_not_matter(
    cells: dict[str, Any], factor: int, divisor: int
) -> None:
    document = see_cmm_document()
    for position, criterion in enumerate(document["root"]["items"][0]["items"]):
        criterion["weight"] = 2 + position
    document["golden"] = [golden_without_expectations()]
    scaled = deepcopy(document)
    for position, criterion in enumerate(scaled["root"]["items"][0]["items"]):
        criterion["weight"] = f"{(2 + position) * factor}/{divisor}"

    once, again = (score(load(each), as_ratings(cells)) for each in (document, scaled))

    assert again.items == once.items
    assert again.weights == once.weights


def golden_without_expectations() -> dict[str, Any]:
    return {"name": {"zh": "最低", "en": "Lowest"}, "ratings": 1, "expect": {"total": 0}}


@given(sparse())
def test_enablers_and_results_weigh_the_same_whatever_is_not_applicable(
    cells: dict[str, Any],
) -> None:
    scored = score(SEE_CMM, as_ratings(cells))

    for names in (ENABLERS, RESULTS):
        applicable = [c for c in CELLS if c.split(".")[0] in names and cells[c] != NA]
        if applicable:
            assert sum(scored.weights[cell] for cell in applicable) == Fraction(1, 2)


@given(sparse())
def test_total_is_the_sum_of_the_cells_at_their_effective_weights(cells: dict[str, Any]) -> None:
    scored = score(SEE_CMM, as_ratings(cells))
    assume(scored.whole.value is not None)

    assert scored.whole.value == sum(
        scored.weights[cell] * Fraction(level - 1, 3)
        for cell, level in cells.items()
        if level != NA
    )


@given(PARTIAL, COMPLETE)
def test_every_completion_lies_inside_the_interval(
    cells: dict[str, Any], answers: dict[str, Any]
) -> None:
    completed = {c: answers[c] if rating is None else rating for c, rating in cells.items()}
    scored = score(SEE_CMM, as_ratings(cells))
    final = plain.total(completed)
    assume(final is not None)
    assert final is not None

    low, high = scored.whole.low, scored.whole.high

    assert low is not None
    assert high is not None
    assert low <= final <= high


@given(COMPLETE, st.sets(st.sampled_from(CELLS), min_size=1))
def test_ends_of_the_interval_are_the_missing_cells_at_their_ends(
    cells: dict[str, Any], missing: set[str]
) -> None:
    whole = score(SEE_CMM, as_ratings({**cells, **dict.fromkeys(missing)})).whole

    assert whole.value is None
    assert whole.attained is None
    assert whole.low == plain.total({**cells, **dict.fromkeys(missing, 1)})
    assert whole.high == plain.total({**cells, **dict.fromkeys(missing, 4)})


@given(COMPLETE, FULL)
def test_gaps_are_what_is_missing_to_the_whole_target(
    cells: dict[str, Any], target: dict[str, int]
) -> None:
    scored = score(SEE_CMM, as_ratings(cells))
    share = percent_to_target(scored, target)
    assume(share is not None and any(target[c] > 1 for c in CELLS if cells[c] != NA))

    found = gaps(scored, target)

    aimed = sum(scored.weights[c] * Fraction(target[c] - 1, 3) for c in CELLS)
    assert sum(gap.weighted for gap in found) == aimed * (1 - (share or 0))
    assert [gap.weighted for gap in found] == sorted((g.weighted for g in found), reverse=True)
