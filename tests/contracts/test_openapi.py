"""The one OpenAPI document of the platform: as its snapshots say, sound, complete for readers."""

import json
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from fastapi.routing import APIRoute, iter_route_contexts
from jsonschema import Draft202012Validator

from gateway.__main__ import PLATFORM, drift, live_documents, write
from gateway.domain.grammar import METHODS, at
from gateway.routing import Router
from gateway.settings import GatewaySettings
from shared import idempotency, problems

SETTINGS = GatewaySettings()
Document = dict[str, Any]


class Operation(NamedTuple):
    """One operation of the composed document; its parts stand where references to them may."""

    place: str
    held: Document
    parameters: list[Document]
    body: Document
    responses: dict[str, Document]

    def contents(self) -> Iterator[Document]:
        """Every media type that the operation takes or gives."""
        for part in (self.body, *self.responses.values()):
            yield from part.get("content", {}).values()


@pytest.fixture(scope="module")
def documents() -> dict[str, Any]:
    """What the services of this working copy say, and the document composed of that."""
    return live_documents(SETTINGS.upstreams)


@pytest.fixture(scope="module")
def composed(documents: dict[str, Any]) -> Document:
    document: Document = documents[PLATFORM]
    return document


@pytest.fixture(scope="module")
def operations(composed: Document) -> list[Operation]:
    def followed(node: Document) -> Document:
        return at(composed, node["$ref"][1:]) if "$ref" in node else node

    return [
        Operation(
            place=f"{method.upper()} {path}",
            held=held,
            parameters=[followed(each) for each in held.get("parameters", ())],
            body=followed(held.get("requestBody", {})),
            responses={status: followed(each) for status, each in held["responses"].items()},
        )
        for path, item in composed["paths"].items()
        for method, held in item.items()
        if method in METHODS
    ]


def test_the_snapshots_are_what_the_services_say(documents: dict[str, Any]) -> None:
    assert drift(documents, SETTINGS.snapshots) == []


@pytest.mark.parametrize("name", [*SETTINGS.upstreams, PLATFORM])
def test_a_snapshot_that_differs_or_is_missing_is_named(
    documents: dict[str, Any], tmp_path: Path, name: str
) -> None:
    write(documents, tmp_path)
    snapshot = tmp_path / f"{name}.json"
    assert drift(documents, tmp_path) == []
    named = [f"{name}.json has drifted; `make openapi` writes it"]
    changed = json.loads(snapshot.read_text(encoding="utf-8"))
    write({name: {**changed, "info": {**changed["info"], "title": "another"}}}, tmp_path)
    assert drift(documents, tmp_path) == named
    snapshot.unlink()
    assert drift(documents, tmp_path) == named


def test_every_reference_leads_somewhere(composed: Document) -> None:
    for reference in set(references(composed)):
        assert reference.startswith("#/")
        at(composed, reference[1:])


def test_every_schema_is_a_json_schema(composed: Document, operations: list[Operation]) -> None:
    for schema in composed["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
    for operation in operations:
        for each in (*operation.parameters, *operation.contents()):
            Draft202012Validator.check_schema(each["schema"])


def test_every_example_is_one_of_its_schema(
    composed: Document, operations: list[Operation]
) -> None:
    described = [
        (schema, schema.get("examples", ()))
        for held in composed["components"]["schemas"].values()
        for schema in schemas(held)
    ]
    for operation in operations:
        for each in (*operation.parameters, *operation.contents()):
            given = [each["example"]] if "example" in each else []
            given += [named["value"] for named in each.get("examples", {}).values()]
            described += [(each["schema"], given)]
            described += [(part, part.get("examples", ())) for part in schemas(each["schema"])]
    assert sum(len(examples) for _, examples in described) > 100
    for schema, examples in described:
        validator = Draft202012Validator({**schema, "components": composed["components"]})
        for example in examples:
            validator.validate(example)


def test_every_operation_with_a_body_tells_of_bodies_of_another_kind(
    operations: list[Operation],
) -> None:
    with_body = [each for each in operations if each.body]
    silent = [each.place for each in with_body if "415" not in each.responses]

    assert len(with_body) > 100
    assert silent == []


def test_operations_carry_the_names_of_their_functions(documents: dict[str, Any]) -> None:
    for service in SETTINGS.upstreams:
        frame = import_module(f"services.{service}.__main__").SERVICE
        routes = iter_route_contexts(frame.create_app(frame.settings()).routes)
        functions = {
            (route.path_format, method.lower()): route.endpoint.__name__
            for route in routes
            if isinstance(route.original_route, APIRoute) and route.include_in_schema
            for method in route.methods or ()
            if route.endpoint and route.endpoint.__module__.startswith("services.")
        }
        assert functions
        paths = documents[service]["paths"]
        for (path, method), name in functions.items():
            assert paths[path][method]["operationId"] == name


def test_every_operation_has_a_summary_of_its_own_tags_and_an_answer(
    operations: list[Operation],
) -> None:
    for operation in operations:
        made_of_the_name = operation.held["operationId"].replace("_", " ").title()
        assert operation.held["summary"] not in ("", made_of_the_name), operation.place
        assert operation.held["tags"], operation.place
        assert any(status.startswith("2") for status in operation.responses), operation.place
        assert all("description" in each for each in operation.responses.values()), operation.place


def test_every_path_parameter_is_described(operations: list[Operation]) -> None:
    for operation in operations:
        in_path = [each for each in operation.parameters if each["in"] == "path"]
        assert all(each["required"] for each in in_path), operation.place
        named = re.findall(r"\{(\w+)\}", operation.place)
        assert sorted(each["name"] for each in in_path) == sorted(named), operation.place


def test_every_scheme_of_security_is_described(
    composed: Document, operations: list[Operation]
) -> None:
    schemes = composed["components"]["securitySchemes"].keys()
    for operation in operations:
        assert all(way.keys() <= schemes for way in operation.held["security"]), operation.place


def test_every_refusal_is_a_problem(operations: list[Operation]) -> None:
    # A probe of readiness is answered for machines.
    operations = [each for each in operations if each.held["operationId"] != "get_readiness"]
    problem = {"$ref": "#/components/schemas/Problem"}
    for operation in operations:
        for status, response in operation.responses.items():
            if status[0] in "45":
                assert response["content"].keys() == {problems.MEDIA_TYPE}, operation.place
                assert response["content"][problems.MEDIA_TYPE]["schema"] == problem
        if operation.held["security"]:
            assert operation.responses.keys() >= {"401", "403", "429", "503"}, operation.place


def test_every_post_of_a_caller_that_creates_takes_an_idempotency_key(
    operations: list[Operation],
) -> None:
    creating = [
        operation
        for operation in operations
        if operation.place.startswith("POST")
        and operation.held["security"]
        and operation.responses.keys() & {"201", "202"}
    ]
    assert creating
    for operation in creating:
        names = [each["name"] for each in operation.parameters if each["in"] == "header"]
        assert idempotency.HEADER in names, operation.place


def test_every_request_body_has_an_example(composed: Document, operations: list[Operation]) -> None:
    without = []
    for operation in operations:
        for content in operation.body.get("content", {}).values():
            schema = content["schema"]
            held = at(composed, schema["$ref"][1:]) if "$ref" in schema else schema
            if not any(
                each.get(key) for each in (content, held) for key in ("example", "examples")
            ):
                without.append(operation.place)
    assert without == []


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for each in node.values():
            yield from references(each)
    elif isinstance(node, list):
        for each in node:
            yield from references(each)


def schemas(schema: Any) -> Iterator[Document]:
    """The schema and every one within it."""
    if not isinstance(schema, dict):
        return
    yield schema
    parts = [*schema.get("properties", {}).values(), *schema.get("anyOf", ())]
    for part in (*parts, schema.get("items"), schema.get("additionalProperties")):
        yield from schemas(part)


def test_the_gateway_lets_through_what_a_service_takes(composed: Document) -> None:
    """A service's own limits stand in its document, and the gateway routes by that."""
    wide = {
        (method, path): (held["x-max-body-bytes"], held.get("x-max-seconds"))
        for path, item in composed["paths"].items()
        for method, held in item.items()
        if method in METHODS and "x-max-body-bytes" in held
    }
    taken = import_module("services.commitments.settings").Settings().max_import_bytes
    brought = import_module("services.assessment.settings").Settings().evidence_max_bytes
    assert set(wide) >= {("post", "/v1/imports"), ("post", "/v1/evidence")}
    assert wide["post", "/v1/imports"][0] == taken > SETTINGS.max_body_bytes
    assert wide["post", "/v1/imports"][1] > SETTINGS.request_seconds
    assert wide["post", "/v1/evidence"][0] > brought
    router = Router(composed, dict.fromkeys(composed["paths"], "a service"))
    assert router.find("POST", b"/v1/imports").route.max_body_bytes == taken
