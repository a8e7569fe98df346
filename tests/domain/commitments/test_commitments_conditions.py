"""Conditions are untrusted data: what each form answers, and what is refused."""

from typing import Any

import pytest

from services.commitments.domain.conditions import MAX_DEPTH, MAX_PARTS, Condition
from services.commitments.domain.events import TicketEvent
from services.commitments.domain.faults import InvalidDefinitionError
from tests.domain.commitments.ticket_desk import event

BEFORE = event(1, "New", department="Desk")
NOW = event(
    2, "Awaiting User", priority="2 - High", department="Network", attributes={"channel": "phone"}
)


@pytest.mark.parametrize(
    ("plain", "holds"),
    [
        ({"state": "Awaiting User"}, True),
        ({"state": "Awaiting"}, False),
        ({"state": {"in": ["New", "Awaiting User"]}}, True),
        ({"state": {"not_in": ["New", "Awaiting User"]}}, False),
        ({"state": {"starts_with": "Awaiting"}}, True),
        ({"state": {"not": {"starts_with": "Awaiting"}}}, False),
        ({"state": {"not": "New"}}, True),
        ({"state": {"starts_with": "A", "not": "Awaiting User"}}, False),
        ({"previous_state": "New"}, True),
        ({"previous_state": None}, False),
        ({"priority": "2 - High", "segment": None}, True),
        ({"priority": "2 - High", "segment": "gold"}, False),
        ({"segment": {"starts_with": "g"}}, False),
        ({"segment": {"in": [None, "gold"]}}, True),
        ({"department": "Network", "previous_department": "Desk"}, True),
        ({"kind": "ticket"}, True),
        ({"attributes.channel": "phone"}, True),
        ({"attributes.unknown": None}, True),
        ({"first": True}, False),
        ({"first": False}, True),
        ({"any": [{"state": "New"}, {"state": {"starts_with": "Awaiting"}}]}, True),
        ({"all": [{"state": "New"}, {"state": {"starts_with": "Awaiting"}}]}, False),
        ({"not": {"state": "New"}}, True),
        ({"not": {"state": "New"}, "first": True}, False),
    ],
)
def test_a_condition_answers(plain: dict[str, Any], holds: bool) -> None:
    assert Condition.of(plain).holds(NOW, BEFORE) is holds


@pytest.mark.parametrize(
    "plain",
    [{"first": True}, {"previous_state": None}, {"previous_department": None}],
)
def test_the_first_event_has_nothing_before_it(plain: dict[str, Any]) -> None:
    assert Condition.of(plain).holds(NOW, None)


def test_every_fault_of_a_condition_is_listed() -> None:
    faults = faults_of(
        {
            "any": [],
            "all": {"state": "New"},
            "not": {},
            "first": "yes",
            "attributes.": "x",
            "status": "New",
            "state": {"in": "New", "not_in": [1, []], "like": "N%", "starts_with": ""},
            "previous_state": {},
            "priority": 3,
            "a/b": 1,
        }
    )

    assert faults == {
        ("/any", "empty"),
        ("/all", "expected_list"),
        ("/not", "empty"),
        ("/first", "expected_boolean"),
        ("/attributes.", "unknown_key"),
        ("/status", "unknown_key"),
        ("/state/in", "expected_list"),
        ("/state/not_in/0", "expected_value"),
        ("/state/not_in/1", "expected_value"),
        ("/state/like", "unknown_key"),
        ("/state/starts_with", "empty"),
        ("/previous_state", "empty"),
        ("/priority", "expected_value"),
        ("/a~1b", "unknown_key"),
    }


def test_a_condition_that_is_not_an_object_is_refused() -> None:
    for plain in (None, "New", ["New"], True):
        assert faults_of(plain) == {("", "expected_object")}


def test_nesting_has_a_limit() -> None:
    plain: dict[str, Any] = {"state": "New"}
    for _ in range(10_000):
        plain = {"not": plain}

    assert {code for _, code in faults_of(plain)} == {"too_deep"}


def test_a_test_within_a_test_counts_as_nesting_too() -> None:
    test: Any = "New"
    for _ in range(MAX_DEPTH):
        test = {"not": test}

    assert {code for _, code in faults_of({"state": test})} == {"too_deep"}


@pytest.mark.parametrize(
    "plain",
    [
        {"any": [{"state": "New"}] * MAX_PARTS},
        {"state": {"in": [str(n) for n in range(MAX_PARTS)]}},
        {f"attributes.{n}": "x" for n in range(MAX_PARTS + 1)},
    ],
)
def test_size_has_a_limit_that_is_told_once(plain: dict[str, Any]) -> None:
    assert faults_of(plain) == {("", "too_large")}


def test_a_condition_keeps_how_it_was_written() -> None:
    plain = {"state": {"in": ["Resolved", "Closed"]}}

    assert Condition.of(plain).plain == plain
    assert Condition.of(plain) == Condition.of(dict(plain))


def faults_of(plain: object) -> set[tuple[str, str]]:
    with pytest.raises(InvalidDefinitionError) as refused:
        Condition.of(plain)
    assert all(fault.text.zh and fault.text.en for fault in refused.value.faults)
    return {(fault.pointer, fault.code) for fault in refused.value.faults}


def test_an_event_is_told_in_utc_with_all_its_times() -> None:
    with pytest.raises(ValueError, match="an instant"):
        TicketEvent("T-1", "e", NOW.at, 0, "New", times={"opened_at": NOW.at.replace(year=1)})
