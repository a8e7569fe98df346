"""A model file is accepted whole or refused with every fault, each at its place."""

import contextlib
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.assessment import catalogue
from services.assessment.domain.faults import InvalidModelError
from services.assessment.domain.loading import load
from tests.domain.assessment.documents import points_document, see_cmm_document, text

LEADERSHIP = "/root/items/0/items/0"
LEVELS = "/scales/maturity/levels"
ABSENT = object()


def faults(document: object) -> list[tuple[str, str]]:
    with pytest.raises(InvalidModelError) as refused:
        load(document)
    return [(fault.pointer, fault.code) for fault in refused.value.faults]


def edit(document: Any, pointer: str, value: object) -> None:
    """Sets what `pointer` points to, or removes it where `value` is ABSENT."""
    *path, last = [int(t) if t.isdigit() else t for t in pointer.split("/")[1:]]
    place = document
    for token in path:
        place = place[token]
    if value is ABSENT:
        del place[last]
    else:
        place[last] = value


ONE_LEVEL = {"levels": [{"level": 1, "value": 0, "title": text("Only")}]}


@pytest.mark.parametrize(
    ("pointer", "value", "code"),
    [
        ("/title", ABSENT, "text_missing"),
        ("/title/en", ABSENT, "text_missing"),
        ("/title/en", " ", "text_missing"),
        ("/title/zh", "长" * 5_001, "too_long"),
        ("/title/fr", "Modèle", "unknown_field"),
        ("/surprise", 1, "unknown_field"),
        ("/version", "1", "wrong_value"),
        ("/version", True, "wrong_value"),
        ("/code", "See CMM", "wrong_value"),
        ("/display/rounding", "half_up", "wrong_value"),
        ("/display/index/to", 1, "wrong_value"),
        (f"{LEADERSHIP}/weight", 0, "weight"),
        (f"{LEADERSHIP}/weight", "-1", "wrong_value"),
        (f"{LEADERSHIP}/weight", "1/0", "wrong_value"),
        (f"{LEADERSHIP}/weight", "1e999999999", "wrong_value"),
        (f"{LEADERSHIP}/points", 100, "unused"),
        (f"{LEADERSHIP}/attributes", "none", "unknown_reference"),
        (f"{LEADERSHIP}/concepts/0", "none", "unknown_reference"),
        (f"{LEADERSHIP}/definition/en", ABSENT, "text_missing"),
        (f"{LEVELS}/1/value", 0, "unreachable_level"),
        (f"{LEVELS}/1/level", 1, "level_order"),
        (f"{LEVELS}/3/value", "4/3", "wrong_value"),
        (f"{LEVELS}/1/description/0/en", ABSENT, "text_missing"),
        (f"{LEVELS}/1/title", ABSENT, "text_missing"),
        ("/attributes/result/1/id", "trend", "duplicate"),
        ("/attributes/result/1/scale", "none", "unknown_reference"),
        ("/warnings/0/of", "none", "unknown_reference"),
        ("/standards/1/target", 5, "outside_scale"),
        ("/standards/0/scope/0", "none", "unknown_reference"),
        ("/standards/1/code", "SEE-CMM-SM", "duplicate"),
        ("/golden", ABSENT, "missing"),
        ("/golden/0/ratings", 9, "outside_scale"),
        ("/golden/0/expect/total", "1/2", "golden_differs"),
        ("/golden/2/expect/index", "2.2666", "golden_differs"),
        ("/golden/2/expect/attained/leadership", 2, "golden_differs"),
        ("/golden/2/expect/items/nobody", 1, "unknown_item"),
    ],
)
def test_a_fault_is_found_where_it_was_made(
    document: Any, pointer: str, value: object, code: str
) -> None:
    edit(document, pointer, value)

    assert (pointer, code) in faults(document)


@pytest.mark.parametrize(
    ("edited", "value", "pointer", "code"),
    [
        (f"{LEADERSHIP}/id", "results", "/root/items/1/id", "duplicate"),
        ("/concepts/1/id", "partnership", "/concepts/3/id", "duplicate"),
        (f"{LEADERSHIP}/scale", "maturity", LEADERSHIP, "shape"),
        (f"{LEADERSHIP}/attributes", ABSENT, LEADERSHIP, "shape"),
        (f"{LEADERSHIP}/aliases", {"zh": ["人员发展"]}, f"{LEADERSHIP}/aliases", "ambiguous_alias"),
        (f"{LEVELS}/1/value", "0.123457", LEVELS, "denominators"),
        ("/scales/maturity", ONE_LEVEL, LEVELS, "too_few_levels"),
        ("/bands", [{"id": "a", "from": "1/2"}], "/bands/0/from", "unreachable_band"),
    ],
)
def test_a_fault_of_several_places_is_found_at_the_last_of_them(
    document: Any, edited: str, value: object, pointer: str, code: str
) -> None:
    edit(document, edited, value)

    assert (pointer, code) in faults(document)


@pytest.mark.parametrize("pointer", ["/golden/0", "/standards/0", "/bands", "/concepts/0"])
def test_what_lies_within_a_fault_is_no_fault_of_its_own(document: Any, pointer: str) -> None:
    edit(document, pointer, "x")

    assert [(pointer, "wrong_value")] == [f for f in faults(document) if f[0].startswith(pointer)]


def test_all_faults_come_at_once(document: Any) -> None:
    edit(document, "/title/zh", ABSENT)
    edit(document, f"{LEADERSHIP}/weight", 0)
    edit(document, f"{LEVELS}/2/value", "1/3")
    edit(document, "/root/items/1/items/0/id", "leadership")

    found = faults(document)

    assert set(found) == {
        ("/title/zh", "text_missing"),
        (f"{LEADERSHIP}/weight", "weight"),
        ("/scales/maturity/levels/2/value", "unreachable_level"),
        ("/root/items/1/items/0/id", "duplicate"),
        *(
            (f"/golden/{case}/ratings/customer_channel_experience{cell}", "unknown_item")
            for case in (2, 3)
            for cell in ("", ".target", ".comparison", ".cause")
        ),
    }


def test_points_must_add_up_at_every_level() -> None:
    document = points_document()
    document["root"]["items"][0]["points"] = 60

    assert faults(document) == [("/root/points", "points")]


def test_points_of_the_root_are_those_that_are_displayed() -> None:
    document = points_document()
    document["display"]["points"] = 1000

    assert ("/display/points", "points") in faults(document)


def test_a_document_that_contains_itself_is_refused(document: Any) -> None:
    document["root"]["items"].append(document["root"])

    assert {code for _, code in faults(document)} == {"too_deep"}


@pytest.mark.parametrize("value", [0.5, float("nan"), b"x", "\ud800", 10**20, {1: 2}])
def test_what_cannot_be_hashed_exactly_is_refused(document: Any, value: object) -> None:
    document["description"] = value

    assert [pointer for pointer, _ in faults(document)] == ["/description"]


@pytest.mark.parametrize("document", [None, [], "model", 1, {}])
def test_what_is_no_model_at_all_is_refused(document: object) -> None:
    assert faults(document)


def test_too_many_items_are_refused_before_they_are_built(document: Any) -> None:
    attribute = document["attributes"]["enabler"][0]
    document["attributes"]["enabler"] = [{**attribute, "id": f"a{n}"} for n in range(900)]

    assert any(code == "too_many" for _, code in faults(document))


def test_hash_is_of_the_content_and_not_of_its_layout(document: Any) -> None:
    reordered = dict(reversed(document.items()))
    changed = deepcopy(document)
    changed["version"] = 2

    assert load(reordered).hash == load(document).hash
    assert load(changed).hash != load(document).hash


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_a_spoiled_document_is_loaded_or_refused_and_never_crashes(data: st.DataObject) -> None:
    document = see_cmm_document() if data.draw(st.booleans()) else points_document()
    place: Any = document
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(place[key], dict | list) or not place[key] or data.draw(st.booleans()):
            break
        place = place[key]
    place[key] = data.draw(
        st.sampled_from([None, True, -1, 0, 1, 10**9, "", "x", "1/3", 0.5, [], {}, [{}], ["total"]])
    )

    with contextlib.suppress(InvalidModelError):
        assert load(document).cells


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"a: &x [1]\nb: [*x, *x]", "alias"),
        (b"[" * 100_000, "too_deep"),
        (b"a: 1\na: 2", "not_yaml"),
        (b"a: !!python/object/apply:os.getcwd []", "not_yaml"),
        (b"a: [1", "not_yaml"),
        (b"a: 1\n---\nb: 2", "not_yaml"),
        (b"a: \xff", "not_yaml"),
        (b"? [1]\n: 2", "not_yaml"),
        (b"a: " + b"9" * 5_000, "not_yaml"),
        (b"#" * 600_000, "too_large"),
        (b"[" + b"[]," * 170_000 + b"]", "too_many"),
    ],
)
def test_a_hostile_file_is_refused_before_it_costs_anything(content: bytes, code: str) -> None:
    with pytest.raises(InvalidModelError) as refused:
        catalogue.read_yaml(content)

    assert [fault.code for fault in refused.value.faults] == [code]
