"""Event contracts: frozen, sampled, documented; a breaking change is found."""

import json
from typing import Any

import pytest

from shared.contracts import schemas
from shared.contracts.event import Event

CONTRACTS = {contract.type(): contract for contract in schemas.contracts()}


def test_every_contract_is_as_it_was_frozen() -> None:
    assert schemas.faults() == []


@pytest.mark.parametrize("name", CONTRACTS)
def test_the_kept_sample_of_a_contract_is_still_read(name: str) -> None:
    contract = CONTRACTS[name]
    sample = json.loads(schemas.sample_path(contract).read_text("utf-8"))
    event = contract.model_validate(sample)
    again = contract.model_validate_json(event.model_dump_json())
    assert again == event
    assert contract.model_validate({**sample, "a_later_member": 1}) == event
    assert event.aggregate()


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"properties": {"a": {"type": "string"}}, "required": []}, ["x: b is gone"]),
        (
            {"properties": {"a": {"type": "integer"}, "b": {"type": "string"}}},
            ["x: a has changed"],
        ),
        (
            {
                "properties": {"a": {"type": "string"}, "b": {"type": "string"}, "c": {}},
                "required": ["c"],
            },
            ["x: c is required now"],
        ),
        ({"properties": {"a": {"type": "string", "title": "A"}, "b": {"type": "string"}}}, []),
        ({"properties": {"a": {"type": "string"}, "b": {"type": "string"}, "c": {}}}, []),
    ],
)
def test_only_an_additional_optional_member_is_no_breaking_change(
    change: dict[str, Any], found: list[str]
) -> None:
    frozen = {"properties": {"a": {"type": "string"}, "b": {"type": "string"}}}
    assert schemas.breaking("x", frozen, change) == found


def test_subjects_name_tenant_service_fact_and_version() -> None:
    for contract in CONTRACTS.values():
        parts = contract.subject("demo").split(".")
        assert parts[:3] == ["see", "demo", contract.SERVICE]
        assert parts[-1] == f"v{contract.VERSION}"
        assert len(parts) == 5
        assert issubclass(contract, Event)
