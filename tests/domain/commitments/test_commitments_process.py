"""A process definition is read whole or refused with every fault."""

from typing import Any

import pytest

from services.commitments.domain.faults import InvalidDefinitionError
from services.commitments.domain.process import MAX_NODES, Process
from tests.domain.commitments.incident_log import incident_process
from tests.domain.commitments.ticket_desk import node, process

NAME = {"zh": "流程", "en": "Process"}


def test_a_node_follows_the_one_before_it_unless_told() -> None:
    desk = process(
        node("accept", "New"),
        node("fix", "Active"),
        node("inform", "Active", after=["accept"]),
        node("close", "Resolved", after=["fix", "inform"]),
        node("survey", "Closed", after=[]),
    )

    assert desk.later == {
        "accept": {"fix", "inform", "close"},
        "fix": {"close"},
        "inform": {"close"},
        "close": frozenset(),
        "survey": frozenset(),
    }


def test_what_is_null_counts_as_left_out() -> None:
    fix = node("fix", "Active", after=None, department=None, finishes_when_later_starts=None)

    assert process(node("accept", "New"), {**fix, "finish": None}) == process(
        node("accept", "New"), node("fix", "Active")
    )


def test_the_incident_process_of_the_sample_is_read() -> None:
    incident = incident_process()

    assert [n.code for n in incident.nodes] == ["accept", "resolve", "close"]
    assert incident.later["accept"] == {"resolve", "close"}
    assert incident.nodes[0].start_at == "opened_at"
    assert (incident.name.zh, incident.nodes[1].name.en) == ("事件管理", "Resolve")


def test_every_fault_of_a_process_is_listed() -> None:
    faults = faults_of(
        {
            "code": "a@1",
            "version": 0,
            "name": {"zh": "流程"},
            "owner": "someone",
            "nodes": [
                node("a", "New", after=["b"]),
                node("b", "New"),
                node("c", "New", after=["c", "nowhere"]),
                node("a", "New", finish="Closed", after=["elsewhere"]),
                {"code": "d", "name": NAME, "finish": {"status": "x"}, "until": 1},
                node("e", "New", department=" ", position=7, finishes_when_later_starts="no"),
                {"name": "E", "start": None},
                "close",
            ],
        }
    )

    assert faults == {
        ("/code", "bad_code"),
        ("/version", "bad_version"),
        ("/name/en", "missing"),
        ("/owner", "unknown_key"),
        ("/nodes/0/after", "cycle"),
        ("/nodes/2/after", "cycle"),
        ("/nodes/2/after/1", "unknown_reference"),
        ("/nodes/3/code", "duplicate"),
        ("/nodes/3/after/0", "unknown_reference"),
        ("/nodes/4/start", "missing"),
        ("/nodes/4/until", "unknown_key"),
        ("/nodes/4/finish/status", "unknown_key"),
        ("/nodes/5/department", "empty"),
        ("/nodes/5/position", "expected_text"),
        ("/nodes/5/finishes_when_later_starts", "expected_boolean"),
        ("/nodes/6/code", "missing"),
        ("/nodes/6/name", "expected_object"),
        ("/nodes/6/start", "expected_object"),
        ("/nodes/7", "expected_object"),
    }


def test_a_cycle_names_its_nodes_once() -> None:
    with pytest.raises(InvalidDefinitionError) as refused:
        process(
            node("a", "New", after=[]),
            node("b", "New", after=["a", "d"]),
            node("c", "New"),
            node("d", "New"),
            node("e", "New"),
        )

    (fault,) = refused.value.faults
    assert (fault.pointer, fault.code) == ("/nodes/1/after", "cycle")
    assert fault.text.en.endswith("b, c, d")
    assert fault.text.zh.endswith("b、c、d。")


@pytest.mark.parametrize(
    ("nodes", "code"),
    [([], "empty"), ("accept", "expected_list"), ([{}] * (MAX_NODES + 1), "too_many")],
)
def test_a_process_has_some_nodes_but_not_any_number(nodes: Any, code: str) -> None:
    assert faults_of({"code": "p", "version": 1, "name": NAME, "nodes": nodes}) == {
        ("/nodes", code)
    }


def test_nothing_at_all_lacks_every_part() -> None:
    assert faults_of({}) == {(f"/{key}", "missing") for key in ("code", "version", "name", "nodes")}
    assert faults_of(None) == {("", "expected_object")}


def faults_of(plain: object) -> set[tuple[str, str]]:
    with pytest.raises(InvalidDefinitionError) as refused:
        Process.of(plain)
    assert all(fault.text.zh and fault.text.en for fault in refused.value.faults)
    return {(fault.pointer, fault.code) for fault in refused.value.faults}
