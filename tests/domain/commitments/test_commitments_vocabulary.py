"""The vocabulary of a process, and the signals by which a source drives a node itself."""

from typing import Any

import pytest

from services.commitments.domain.vocabulary import attributes_asked, vocabulary
from tests.domain.commitments.ticket_desk import at, event, folded, node, process, run

KNOWN: dict[str, tuple[dict[str, Any], set[str], set[str]]] = {
    "named": ({"state": {"in": ["New", "Active"]}}, {"New", "Active"}, {"Nwe", "", "Closed"}),
    "beginnings": (
        {"any": [{"state": {"starts_with": "Await"}}, {"previous_state": "New"}]},
        {"Awaiting", "Await", "New"},
        {"Closed", "await"},
    ),
    "denied within": ({"state": {"not": "New"}}, {"New", "Anything"}, set()),
    "not in": ({"state": {"not_in": ["New"]}}, {"New", "Anything"}, set()),
    "denied as a whole": ({"all": [{"not": {"state": "New"}}]}, {"New", "Anything"}, set()),
}


@pytest.mark.parametrize("kind", KNOWN)
def test_a_state_is_known_when_some_condition_can_tell_it_apart(kind: str) -> None:
    start, known, unknown = KNOWN[kind]
    words = vocabulary(process({**node("fix", "Done"), "start": start}))

    assert all(words.knows(state) for state in known)
    assert not any(words.knows(state) for state in unknown)


def test_the_attributes_that_conditions_ask_for_are_found_however_deep() -> None:
    fix = {
        **node("fix", "Active"),
        "finish": {"any": [{"not": {"attributes.done": "yes"}}, {"state": "Closed"}]},
        "reset": {"all": [{"attributes.again": {"in": ["1", "2"]}}]},
    }

    assert attributes_asked(process(fix)) == {"done", "again"}


def test_a_signal_of_the_source_holds_like_the_nodes_own_condition() -> None:
    desk = process(node("fix", "Active"), node("check", "Checking", "Closed"))
    history = folded(
        event(0, "Active"),
        event(1, "Active", signals=("fix.pause",)),
        event(2, "Active", signals=("fix.resume", "check.start")),
        event(3, "Active", signals=("check.finish", "nowhere.finish")),
        of=desk,
    )

    fix, check = run(history, "fix").clock, run(history, "check").clock
    assert (fix.pauses, fix.finished_at) == (((at(1), at(2)),), at(2))
    assert (check.started_at, check.finished_at) == (at(2), at(3))
