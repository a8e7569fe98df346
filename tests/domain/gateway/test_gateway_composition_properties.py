"""Properties of the composed document, over documents of every shape."""

import json
from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.composition import compose
from tests.domain.gateway.test_gateway_composition import (
    NAMES,
    PLATFORM,
    Document,
    document,
    operation,
    schema_of,
    schemas,
)


@st.composite
def fragments(draw: st.DrawFn) -> dict[str, Document]:
    services = draw(st.lists(st.sampled_from(["orders", "stock", "bills"]), unique=True))
    composed = {}
    for service in services:
        names = draw(st.lists(NAMES, min_size=1, unique=True))
        paths = {
            f"/v1/{service}/{index}": {
                "get": operation(f"get_{service}_{index}", draw(schemas(names)))
            }
            for index in range(draw(st.integers(0, 3)))
        }
        composed[service] = document(paths, schemas={n: draw(schemas(names)) for n in names})
    return composed


def shuffled(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: shuffled(value[key]) for key in reversed(value)}
    return [shuffled(each) for each in value] if isinstance(value, list) else value


def unfolded(document: Mapping[str, Any], schema: Any, depth: int = 6) -> Any:
    """The schema with references replaced by what they lead to, as far as `depth`."""
    if depth == 0 or not isinstance(schema, dict):
        return schema if not isinstance(schema, dict) else "deep"
    if isinstance(schema.get("$ref"), str):
        name = schema["$ref"].rpartition("/")[2]
        return unfolded(document, document["components"]["schemas"][name], depth - 1)
    opened = dict(schema)
    for key in ("items",):
        if key in schema:
            opened[key] = unfolded(document, schema[key], depth - 1)
    if "anyOf" in schema:
        opened["anyOf"] = [unfolded(document, each, depth - 1) for each in schema["anyOf"]]
    if "properties" in schema:
        opened["properties"] = {
            name: unfolded(document, each, depth - 1) for name, each in schema["properties"].items()
        }
    return opened


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for each in value.values():
            yield from references(each)
    elif isinstance(value, list):
        for each in value:
            yield from references(each)


@given(fragments())
def test_order_makes_no_difference(parts: dict[str, Document]) -> None:
    assert json.dumps(compose(shuffled(parts), PLATFORM), sort_keys=True) == json.dumps(
        compose(parts, PLATFORM), sort_keys=True
    )


@given(fragments())
def test_inputs_are_left_untouched(parts: dict[str, Document]) -> None:
    before = deepcopy(parts)
    composed = compose(parts, PLATFORM)
    composed["paths"].clear()
    composed["components"].clear()
    assert parts == before
    assert "/openapi.json" in PLATFORM.document["paths"]


@given(fragments())
def test_every_reference_leads_to_a_component(parts: dict[str, Document]) -> None:
    composed = compose(parts, PLATFORM)
    for ref in set(references(composed)) - {"#/no"}:
        _, _, section, name = ref.split("/")
        assert name in composed["components"][section]


@given(fragments())
def test_operations_mean_what_they_meant(parts: dict[str, Document]) -> None:
    composed = compose(parts, PLATFORM)
    for part in parts.values():
        for path in part["paths"]:
            meant = unfolded(part, schema_of(part, path))
            assert unfolded(composed, schema_of(composed, path)) == meant


@given(fragments())
def test_a_services_names_do_not_depend_on_the_others(parts: dict[str, Document]) -> None:
    together = compose(parts, PLATFORM)
    for service, part in parts.items():
        alone = compose({service: part}, PLATFORM)
        assert alone["paths"].items() <= together["paths"].items()
        for section, held in alone["components"].items():
            assert all(together["components"][section][name] == held[name] for name in held)
