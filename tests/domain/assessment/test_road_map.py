"""A road map: one worked case, and what must hold for any ratings, targets and efforts."""

from fractions import Fraction
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.assessment.catalogue import shipped
from services.assessment.domain.loading import load
from services.assessment.domain.ratings import NotApplicable, Rating
from services.assessment.domain.road_map import Efforts, Step, road_map
from services.assessment.domain.scoring import score
from services.assessment.domain.targets import gaps, percent_to_target
from tests.domain.assessment.documents import points_document

SEE_CMM = shipped()["see-cmm"]
CELLS = list(SEE_CMM.cells)
RATING = st.none() | st.integers(1, 4) | st.just(NotApplicable("none"))
RATINGS = st.fixed_dictionaries(dict.fromkeys(CELLS, RATING)).map(
    lambda said: {cell: rating for cell, rating in said.items() if rating is not None}
)
TARGET = st.dictionaries(st.sampled_from(CELLS), st.integers(1, 4))
EFFORT = st.fractions(min_value=Fraction(1, 10), max_value=100)
EFFORTS = st.dictionaries(
    st.sampled_from(list(SEE_CMM.items)),
    EFFORT | st.dictionaries(st.integers(2, 4), EFFORT),
)


def all_at(level: int, **others: Any) -> dict[str, Any]:
    return dict.fromkeys(CELLS, level) | {
        name.replace("__", "."): value for name, value in others.items()
    }


def test_a_worked_case_goes_where_a_day_of_effort_gains_most() -> None:
    ratings = all_at(3, business_impact__trend=1, leadership__deployed=2)
    efforts: Efforts = {
        "business_impact.trend": {2: Fraction(5), 3: Fraction(1)},
        "enablers": Fraction(2),
    }

    steps = road_map(score(SEE_CMM, ratings), dict.fromkeys(CELLS, 3), efforts)

    # A result cell weighs 1/30 of the total and an enabler cell as much; a level is a third.
    third = Fraction(1, 90)
    assert steps == (
        Step("leadership.deployed", 2, 3, third, Fraction(2)),
        Step("business_impact.trend", 1, 2, third, Fraction(5)),
        Step("business_impact.trend", 2, 3, third, Fraction(1)),
    )


def test_equal_steps_stand_in_the_models_order() -> None:
    steps = road_map(score(SEE_CMM, all_at(1)), dict.fromkeys(CELLS, 2), {})

    assert [step.item for step in steps] == CELLS


def test_a_scale_of_percentages_is_climbed_in_one_step_of_as_much_effort_as_notches() -> None:
    model = load(points_document())
    rated = score(model, {"first": 50, "left": 100, "right": 20})

    steps = road_map(rated, {"first": 80, "right": 60}, {})

    assert [(step.item, step.reached, step.effort) for step in steps] == [
        ("first", 80, Fraction(6)),
        ("right", 60, Fraction(8)),
    ]


@given(RATINGS, TARGET, EFFORTS)
def test_the_gains_of_all_steps_close_the_weighted_gaps(
    ratings: dict[str, Rating], target: dict[str, int], efforts: Efforts
) -> None:
    scored = score(SEE_CMM, ratings)
    steps = road_map(scored, target, efforts)

    assert sum(step.gain for step in steps) == sum(gap.weighted for gap in gaps(scored, target))
    after = dict(ratings) | {step.item: step.reached for step in steps}
    assert gaps(score(SEE_CMM, after), target) == ()
    assert percent_to_target(score(SEE_CMM, after), target) in (None, 1)


@given(RATINGS, TARGET, EFFORTS)
def test_a_gain_is_what_the_total_gains(
    ratings: dict[str, Rating], target: dict[str, int], efforts: Efforts
) -> None:
    now = dict(ratings)
    for step in road_map(score(SEE_CMM, ratings), target, efforts):
        before = score(SEE_CMM, now).whole.value
        now[step.item] = step.reached
        after = score(SEE_CMM, now).whole.value
        if before is not None and after is not None:
            assert after - before == step.gain


@given(RATINGS, TARGET, EFFORTS)
def test_at_every_place_stands_the_best_step_that_is_open(
    ratings: dict[str, Rating], target: dict[str, int], efforts: Efforts
) -> None:
    steps = road_map(score(SEE_CMM, ratings), target, efforts)

    for place, step in enumerate(steps):
        open_ = {later.item: later for later in reversed(steps[place:])}
        assert step == max(
            open_.values(),
            key=lambda each: (each.gain_per_effort, each.gain, -CELLS.index(each.item)),
        )


@given(RATINGS, TARGET, EFFORTS, st.randoms(use_true_random=False))
def test_the_order_of_what_is_given_changes_nothing(
    ratings: dict[str, Rating], target: dict[str, int], efforts: Efforts, random: Any
) -> None:
    def shuffled(said: Any) -> Any:
        pairs = list(said.items())
        random.shuffle(pairs)
        return dict(pairs)

    steps = road_map(score(SEE_CMM, ratings), target, efforts)

    assert steps == road_map(score(SEE_CMM, shuffled(ratings)), shuffled(target), shuffled(efforts))


@given(RATINGS, TARGET, EFFORTS, EFFORT)
def test_the_unit_of_effort_changes_no_place(
    ratings: dict[str, Rating], target: dict[str, int], efforts: Efforts, unit: Fraction
) -> None:
    # Without an effort of its own a cell takes one that has no unit.
    whole = dict(efforts) | {"total": Fraction(1)}
    scaled = {
        item: {level: unit * each for level, each in said.items()}
        if isinstance(said, dict)
        else unit * said
        for item, said in whole.items()
        if isinstance(said, Fraction | dict)
    }
    only_whole = {item: said for item, said in scaled.items() if isinstance(said, Fraction)}
    plain = {item: said for item, said in whole.items() if isinstance(said, Fraction)}

    first = road_map(score(SEE_CMM, ratings), target, plain)
    second = road_map(score(SEE_CMM, ratings), target, only_whole)

    assert [(s.item, s.reached) for s in first] == [(s.item, s.reached) for s in second]
