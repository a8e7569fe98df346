"""Levels, thresholds, caps and deductions that could never work are found when a model is read."""

from pathlib import Path
from typing import Any

import pytest

from services.assessment.catalogue import read_yaml
from tests.domain.assessment.test_model_loading import ABSENT, edit, faults

FIXTURES = Path(__file__).parents[2] / "fixtures" / "models"
ITEMS = "/root/items"


def document(name: str) -> Any:
    return read_yaml((FIXTURES / f"{name}.yaml").read_bytes())


@pytest.mark.parametrize(
    ("name", "pointer", "value", "code"),
    [
        ("staged", "/root/level_scale", ABSENT, "no_levels"),
        ("staged", "/root/level_scale", "none", "unknown_reference"),
        ("staged", f"{ITEMS}/0/from_level", ABSENT, "missing"),
        ("staged", f"{ITEMS}/0/from_level", 1, "unknown_reference"),
        ("staged", f"{ITEMS}/0/from_level", 9, "unknown_reference"),
        ("staged", f"{ITEMS}/7/at_least", "4/3", "unreachable_level"),
        ("staged", f"{ITEMS}/7/at_least", 0, "unreachable_level"),
        ("staged", "/root/each_at_least", "x", "wrong_value"),
        ("staged", "/root/thresholds", [{}], "unused"),
        ("matrix", "/root/each_at_least", 1, "unused"),
        ("matrix", "/root/thresholds/0/at_least/nobody", "1/2", "unknown_reference"),
        ("matrix", "/root/thresholds/1/at_least/process", "1/5", "level_order"),
        ("matrix", "/root/thresholds/1/at_least/people", "3/2", "unreachable_level"),
        ("matrix", f"{ITEMS}/0/from_level", 2, "unused"),
        ("deduction", f"{ITEMS}/2/deduct", 201, "wrong_value"),
        ("deduction", f"{ITEMS}/2/deduct", 0, "wrong_value"),
        ("deduction", f"{ITEMS}/2/points", 50, "unused"),
        ("deduction", f"{ITEMS}/0/items/2/weight", 2, "unused"),
        ("capped", "/root/caps/0/item", "whole", "cycle"),
        ("capped", "/root/caps/0/item", "nobody", "unknown_reference"),
        ("capped", "/root/caps/0/below", 0, "wrong_value"),
        ("capped", "/root/caps/0/at_most", 1, "wrong_value"),
        ("capped", "/root/caps/0/text/en", ABSENT, "text_missing"),
        ("capped", f"{ITEMS}/0/from_level", 2, "unused"),
        ("capped", "/root/thresholds", [{}], "unused"),
    ],
)
def test_a_fault_is_found_where_it_was_made(
    name: str, pointer: str, value: object, code: str
) -> None:
    spoiled = document(name)
    edit(spoiled, pointer, value)

    assert (pointer, code) in faults(spoiled)


def test_a_level_to_which_nothing_belongs_hides_the_one_before() -> None:
    spoiled = document("staged")
    for item in spoiled["root"]["items"]:
        if item["from_level"] == 4:
            item["from_level"] = 5

    assert ("/root/items", "unreachable_level") in faults(spoiled)


def test_a_row_that_asks_for_no_more_hides_the_level_before() -> None:
    spoiled = document("matrix")
    spoiled["root"]["thresholds"][2]["at_least"] = {"satisfaction": "7/10"}

    assert ("/root/thresholds/2/at_least", "unreachable_level") in faults(spoiled)


def test_every_level_of_the_scale_needs_its_row() -> None:
    spoiled = document("matrix")
    del spoiled["root"]["thresholds"][1]

    assert ("/root/thresholds", "level_order") in faults(spoiled)


def test_a_cap_on_something_that_stands_elsewhere_is_refused() -> None:
    spoiled = document("capped")
    spoiled["root"]["items"][1]["caps"] = [{**spoiled["root"]["caps"][0], "item": "service"}]

    assert ("/root/items/1/caps/0/item", "unknown_reference") in faults(spoiled)


def test_deductions_alone_leave_nothing_to_deduct_from() -> None:
    spoiled = document("deduction")
    spoiled["root"]["items"] = spoiled["root"]["items"][2:]

    assert ("/root/items", "only_deductions") in faults(spoiled)


def test_a_minimum_has_nothing_to_deduct() -> None:
    spoiled = document("deduction")
    spoiled["root"]["items"][0]["aggregation"] = "minimum"

    assert ("/root/items/0/items/2/deduct", "unused") in faults(spoiled)
