"""Ratings move to another version of a model by id and alias, and what cannot is named."""

from typing import Any

from services.assessment.domain.carrying import carry_over
from services.assessment.domain.loading import load
from services.assessment.domain.model import Model
from services.assessment.domain.ratings import NotApplicable, Rating
from tests.domain.assessment.documents import points_document, see_cmm_document
from tests.domain.assessment.plain_scorer import CELLS

RATED: dict[str, Rating] = {cell: 1 + n % 4 for n, cell in enumerate(CELLS)}


def without_golden(document: Any) -> Model:
    lowest = {"name": {"zh": "最低", "en": "Lowest"}, "ratings": {}, "expect": {"total": None}}
    return load({**document, "golden": [lowest]})


def test_the_same_content_carries_everything(see_cmm: Model) -> None:
    rated: dict[str, Rating] = {**RATED, CELLS[3]: NotApplicable("outsourced")}

    carried = carry_over(rated, see_cmm, see_cmm)

    assert carried.ratings == rated
    assert (carried.lost, carried.unrated) == ((), ())


def test_a_renamed_criterion_takes_its_cells_along_by_its_alias(see_cmm: Model) -> None:
    document = see_cmm_document()
    criterion = document["root"]["items"][1]["items"][2]
    criterion["id"] = "key_results"
    criterion["title"] = {"zh": "关键成果", "en": "Key results"}
    criterion["aliases"] = {"zh": ["对业务的影响"], "en": ["Impact on business"]}

    carried = carry_over(RATED, see_cmm, without_golden(document))

    assert (carried.lost, carried.unrated) == ((), ())
    assert carried.ratings["key_results.cause"] == RATED["business_impact.cause"]
    assert carried.cells["key_results.cause"] == "business_impact.cause"


def test_what_is_gone_is_lost_by_name_and_what_is_new_is_unrated(see_cmm: Model) -> None:
    document = see_cmm_document()
    document["attributes"]["enabler"][2]["id"] = "review"
    document["attributes"]["enabler"][2]["title"] = {"zh": "评审", "en": "Review"}

    carried = carry_over(RATED, see_cmm, without_golden(document))

    gone = [cell for cell in CELLS if cell.endswith(".feedback_mechanism")]
    assert [(each.item, each.code) for each in carried.lost] == [(c, "no_such_cell") for c in gone]
    assert all(each.rating == RATED[each.item] for each in carried.lost)
    assert carried.unrated == tuple(f"{cell.split('.')[0]}.review" for cell in gone)


def test_levels_follow_their_names_and_not_their_numbers(see_cmm: Model) -> None:
    document = see_cmm_document()
    levels = document["scales"]["maturity"]["levels"]
    for level in levels:
        level["level"] += 1
    levels[1]["title"] = {"zh": "受控", "en": "Controlled"}
    for standard in document["standards"]:
        standard.pop("target", None)

    carried = carry_over(RATED, see_cmm, without_golden(document))

    assert {each.rating for each in carried.lost} == {2}
    assert {each.code for each in carried.lost} == {"no_such_level"}
    assert all(carried.ratings[c] == RATED[c] + 1 for c in CELLS if RATED[c] != 2)  # type: ignore[operator]


def test_percentages_carry_where_the_steps_have_them_and_na_where_it_is_allowed() -> None:
    fine = load(points_document())
    document = points_document()
    document["scales"]["percent"]["percent_step"] = 10
    coarse = load(document)

    carried = carry_over({"first": 45, "left": 50, "right": NotApplicable("x")}, fine, coarse)

    assert carried.ratings == {"left": 50}
    assert [(each.item, each.code) for each in carried.lost] == [
        ("first", "no_such_level"),
        ("right", "no_such_level"),
    ]
