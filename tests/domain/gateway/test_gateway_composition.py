"""Many documents become one, whatever their order, and every reference still leads where it led."""

import json
from typing import Any

import pytest
from hypothesis import strategies as st

from gateway.domain.composition import CompositionError, Platform, compose

Document = dict[str, Any]

PROBLEM = {"type": "object", "properties": {"errors": {"$ref": "#/components/schemas/Fault"}}}
FAULT = {"type": "object", "properties": {"code": {"type": "string"}}}
BEARER = {"type": "http", "scheme": "bearer"}
PLATFORM = Platform(
    document={
        "openapi": "3.1.0",
        "info": {"title": "Platform", "version": "1"},
        "paths": {"/openapi.json": {"get": {"operationId": "get_openapi", "security": []}}},
        "components": {
            "schemas": {"Problem": PROBLEM, "Fault": FAULT},
            "responses": {"Refused": {"description": "no"}, "Away": {"description": "away"}},
            "securitySchemes": {"bearer": BEARER},
        },
    },
    security=[{"bearer": []}],
    refusals={"503": "Away"},
    refusals_to_callers={"401": "Refused"},
    refusals_of_bodies={"413": "Refused"},
)


def document(paths: Document | None = None, **components: Document) -> Document:
    return {
        "openapi": "3.1.0",
        "info": {"title": "x", "version": "1"},
        "paths": paths or {},
        "components": components,
    }


def operation(name: str, schema: Any = True, **more: Any) -> Document:
    content = {"application/json": {"schema": schema}}
    return {
        "operationId": name,
        "responses": {"200": {"description": "", "content": content}},
        **more,
    }


def only(fragment: Document, service: str = "orders") -> Document:
    return compose({service: fragment}, PLATFORM)


def schema_of(composed: Document, path: str, method: str = "get") -> Any:
    response = composed["paths"][path][method]["responses"]["200"]
    return response["content"]["application/json"]["schema"]


# Names


def test_a_component_carries_its_service_in_its_name() -> None:
    composed = only(document(schemas={"Page_Score_": {}, "Score-Input": {}}))
    assert {"OrdersPageScore", "OrdersScoreInput"} <= composed["components"]["schemas"].keys()


def test_a_name_that_begins_with_the_service_is_not_doubled() -> None:
    composed = only(document(schemas={"OrdersLine": {}, "Orders": {}, "Ordersome": {}}))
    assert composed["components"]["schemas"].keys() >= {
        *("OrdersLine", "Orders", "OrdersOrdersome")
    }


def test_a_title_follows_the_name_so_that_it_is_unique_too() -> None:
    composed = only(document(schemas={"Line": {"title": "Line", "type": "object"}}))
    assert composed["components"]["schemas"]["OrdersLine"]["title"] == "OrdersLine"


def test_components_worded_like_the_platforms_appear_once() -> None:
    shared = document(schemas={"Problem": PROBLEM, "Fault": FAULT})
    composed = compose({"orders": shared, "stock": shared}, PLATFORM)
    assert composed["components"]["schemas"].keys() == {"Problem", "Fault"}


def test_a_component_that_differs_in_what_it_refers_to_is_the_services_own() -> None:
    fault = {"type": "object", "properties": {"code": {"type": "integer"}}}
    composed = only(document(schemas={"Problem": PROBLEM, "Fault": fault}))
    own = composed["components"]["schemas"]["OrdersProblem"]
    assert own["properties"]["errors"] == {"$ref": "#/components/schemas/OrdersFault"}


def test_true_and_one_are_not_the_same_wording() -> None:
    platform = Platform({**PLATFORM.document, "components": {"schemas": {"On": {"const": True}}}})
    composed = compose({"orders": document(schemas={"On": {"const": 1}})}, platform)
    assert composed["components"]["schemas"]["OrdersOn"] == {"const": 1}


def test_two_components_of_one_name_are_a_fault_that_names_both() -> None:
    with pytest.raises(CompositionError, match="two schemas would be OrdersAB"):
        only(document(schemas={"A-B": {}, "A_B": {}}))
    with pytest.raises(CompositionError, match="ABC is claimed by a and a-b"):
        compose({"a": document(schemas={"BC": {}}), "a-b": document(schemas={"C": {}})}, PLATFORM)


# References


def test_references_are_rewritten_wherever_openapi_holds_one() -> None:
    ref = {"$ref": "#/components/schemas/Line"}
    places = operation(
        "list_lines",
        {
            "allOf": [ref],
            "properties": {"$ref": ref, "default": ref, "deep": {"items": {"not": ref}}},
            "patternProperties": {"^x": ref},
            "additionalProperties": ref,
            "$defs": {"inner": {"prefixItems": [ref]}},
            "if": ref,
            "$dynamicRef": "#/components/schemas/Line",
        },
        parameters=[{"$ref": "#/components/parameters/limit"}],
        requestBody={"content": {"multipart/x": {"encoding": {"a": {"headers": {"x-a": {
            "schema": ref}}}}}}},
        callbacks={"done": {"{$request.body#/url}": {"post": operation("called", ref)}}},
    )  # fmt: skip
    parts: dict[str, Document] = {
        "schemas": {"Line": {}},
        "parameters": {"limit": {"name": "limit", "in": "query", "schema": ref}},
        "callbacks": {"again": {"$ref": "#/components/callbacks/once"}, "once": {}},
        "responses": {"ok": {"description": "", "headers": {"x-b": {"schema": ref}}}},
    }
    composed = only(document({"/v1/lines": {"get": places}}, **parts))
    text = json.dumps(composed)
    assert "schemas/Line" not in text
    assert text.count('"#/components/schemas/OrdersLine"') == 13
    assert '"#/components/parameters/OrdersLimit"' in text
    assert composed["components"]["callbacks"]["OrdersAgain"] == {
        "$ref": "#/components/callbacks/OrdersOnce"
    }


def test_a_pointer_into_a_component_keeps_the_rest_of_its_way() -> None:
    ref = {"$ref": "#/components/schemas/Line/properties/a~1b%20c"}
    composed = only(document({"/v1/x": {"get": operation("x", ref)}}, schemas={"Line": {}}))
    assert schema_of(composed, "/v1/x") == {
        "$ref": "#/components/schemas/OrdersLine/properties/a~1b%20c"
    }


def test_values_that_look_like_references_stay_as_they_are() -> None:
    fake = {"$ref": "#/components/schemas/Line", "discriminator": {"mapping": {"a": "Line"}}}
    schema = {
        "default": fake,
        "const": fake,
        "enum": [fake],
        "example": fake,
        "examples": [fake],
        "x-note": fake,
        "properties": {"example": {"default": fake}},
    }
    media = {"schema": schema, "example": fake, "examples": {"a": {"value": fake}}}
    responses = {"200": {"description": "", "content": {"a/b": media}}, "x-note": fake}
    get = {"operationId": "x", "responses": responses, "security": []}
    composed = only(document({"/v1/x": {"get": get}}, schemas={"Line": {}}))
    found = composed["paths"]["/v1/x"]["get"]["responses"]
    assert {status: found[status] for status in responses} == responses


def test_a_named_example_by_reference_is_a_reference() -> None:
    media = {"examples": {"a": {"$ref": "#/components/examples/a"}}}
    get = {"operationId": "x", "responses": {"200": {"description": "", "content": {"a/b": media}}}}
    composed = only(document({"/v1/x": {"get": get}}, examples={"a": {"value": 1}}))
    content = composed["paths"]["/v1/x"]["get"]["responses"]["200"]["content"]["a/b"]
    assert content["examples"]["a"] == {"$ref": "#/components/examples/OrdersA"}


def test_links_between_operations_survive_and_lose_their_servers() -> None:
    link = {"operationRef": "#/paths/~1v1~1x/get", "server": {"url": "http://inside"}}
    lines = {"get": operation("x"), "servers": [{"url": "http://inside"}]}
    composed = only(document({"/v1/x": lines}, links={"next": link}))
    assert composed["components"]["links"]["OrdersNext"] == {"operationRef": "#/paths/~1v1~1x/get"}
    assert "inside" not in json.dumps(composed)


def test_anchors_of_different_services_stay_apart() -> None:
    tree = {"$dynamicAnchor": "node", "items": {"$dynamicRef": "#node"}}
    fragment = document(schemas={"Tree": tree})
    composed = compose({"orders": fragment, "stock": fragment}, PLATFORM)
    assert composed["components"]["schemas"]["StockTree"] == {
        "$dynamicAnchor": "Stocknode",
        "items": {"$dynamicRef": "#Stocknode"},
    }


def test_references_inside_a_schema_with_its_own_identifier_are_its_own_affair() -> None:
    ref = "#/components/schemas/Line"
    inner = {"$id": "https://x.example/s", "$ref": "#/$defs/a", "$defs": {"a": {"$ref": ref}}}
    composed = only(document(schemas={"Line": {}, "Own": inner}))
    assert composed["components"]["schemas"]["OrdersOwn"] == {
        "$id": "https://x.example/s",
        "$ref": "#/$defs/a",
        "$defs": {"a": {"$ref": "#/components/schemas/OrdersLine"}},
    }


@pytest.mark.parametrize(
    "ref",
    [
        "#/components/schemas/Missing",
        "#/definitions/Line",
        "#",
        "other.json#/components/schemas/Line",
        "#/paths/~1internal~1x/get",
    ],
)
def test_a_reference_that_leads_nowhere_is_a_fault(ref: str) -> None:
    paths = {"/v1/x": {"get": operation("x", {"$ref": ref})}, "/internal/x": {"get": {}}}
    with pytest.raises(CompositionError, match="leads"):
        only(document(paths, schemas={"Line": {}}))


def test_references_to_other_hosts_stay() -> None:
    ref = {"$ref": "https://json-schema.org/draft/2020-12/schema"}
    assert schema_of(only(document({"/v1/x": {"get": operation("x", ref)}})), "/v1/x") == ref


# Discriminators


def test_a_discriminator_keeps_the_values_that_clients_send() -> None:
    cat, dog = {"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}
    pet = {
        "oneOf": [cat, dog],
        "discriminator": {"propertyName": "kind", "mapping": {"miau": "Cat"}},
    }
    composed = only(document(schemas={"Pet": pet, "Cat": {}, "Dog": {}}))
    assert composed["components"]["schemas"]["OrdersPet"]["discriminator"] == {
        "propertyName": "kind",
        "mapping": {
            "miau": "#/components/schemas/OrdersCat",
            "Dog": "#/components/schemas/OrdersDog",
        },
    }


def test_schemas_that_extend_a_discriminated_one_keep_their_values() -> None:
    extends = {"allOf": [{"$ref": "#/components/schemas/Pet"}]}
    pet = {"type": "object", "discriminator": {"propertyName": "kind"}}
    composed = only(document(schemas={"Pet": pet, "Cat": extends, "Dog": extends}))
    assert composed["components"]["schemas"]["OrdersPet"]["discriminator"]["mapping"] == {
        "Cat": "#/components/schemas/OrdersCat",
        "Dog": "#/components/schemas/OrdersDog",
    }


# Security and refusals


def test_an_operation_without_a_word_on_security_needs_the_platforms() -> None:
    composed = only(document({"/v1/x": {"get": operation("x")}}))
    assert composed["paths"]["/v1/x"]["get"]["security"] == [{"bearer": []}]


def test_security_of_the_whole_fragment_is_written_on_its_operations() -> None:
    paths = {"/v1/x": {"get": operation("x"), "post": operation("y", security=[])}}
    fragment = document(paths, securitySchemes={"key": {"type": "apiKey"}, "bearer": BEARER})
    fragment["security"] = [{"key": ["read"], "bearer": []}]
    composed = only(fragment)
    assert composed["paths"]["/v1/x"]["get"]["security"] == [{"OrdersKey": ["read"], "bearer": []}]
    assert composed["paths"]["/v1/x"]["post"]["security"] == []
    assert "security" not in composed


def test_an_unknown_security_scheme_is_a_fault() -> None:
    with pytest.raises(CompositionError, match="no security scheme key"):
        only(document({"/v1/x": {"get": operation("x", security=[{"key": []}])}}))


def test_operations_document_what_the_gateway_may_refuse() -> None:
    own = {"description": "own"}
    get = operation("x", security=[])
    get["responses"]["503"] = own
    post = operation("y", requestBody={"content": {}})
    responses = only(document({"/v1/x": {"get": get, "post": post}}))["paths"]["/v1/x"]
    assert responses["get"]["responses"].keys() == {"200", "503"}
    assert responses["get"]["responses"]["503"] == own
    assert responses["post"]["responses"].keys() == {"200", "503", "401", "413"}


# What is published


def test_paths_outside_v1_are_not_published() -> None:
    paths = {"/v1/x": {"get": operation("x")}, "/healthz": {"get": operation("healthz")}}
    assert only(document(paths))["paths"].keys() == {"/openapi.json", "/v1/x"}


def test_webhooks_and_tags_are_kept() -> None:
    fragment = document(schemas={"Alert": {}})
    hook = {"post": {"operationId": "alerted", "requestBody": {"content": {"a/b": {
        "schema": {"$ref": "#/components/schemas/Alert"}}}}}}  # fmt: skip
    composed = only({**fragment, "webhooks": {"alert": hook}, "tags": [{"name": "alerts"}]})
    assert "OrdersAlert" in json.dumps(composed["webhooks"]["alert"])
    assert composed["tags"] == [{"name": "alerts"}]


def test_every_conflict_is_listed() -> None:
    first = document({"/v1/x/{a}": {"get": operation("same")}, "/v1/y": {"get": operation("y")}})
    second = document({"/v1/x/{b}": {"get": operation("same")}, "/v1/y": {"get": operation("z")}})
    first["tags"], second["tags"] = [{"name": "t"}], [{"name": "t", "description": "other"}]
    with pytest.raises(CompositionError) as raised:
        compose({"orders": first, "stock": second}, PLATFORM)
    assert raised.value.faults == (
        "operationId same is used by orders GET /v1/x/{a} and stock GET /v1/x/{b}",
        "paths: /v1/x/{a} and /v1/x/{b} are the same path",
        "paths: /v1/y is claimed by orders and stock",
        "tags: t is described in two ways",
    )


def test_a_document_of_another_version_is_a_fault() -> None:
    with pytest.raises(CompositionError, match="orders: not an OpenAPI"):
        only({"swagger": "2.0"})


# Properties

NAMES = st.sampled_from(["Line", "Score", "Problem", "Fault", "Page_Line_", "Line-Input", "x"])


@st.composite
def schemas(draw: st.DrawFn, names: list[str]) -> Any:
    refs = st.sampled_from(names).map(lambda name: {"$ref": f"#/components/schemas/{name}"})
    plain = st.sampled_from([True, {"type": "string"}, {"enum": [{"$ref": "#/no"}]}, FAULT])
    nested = st.recursive(
        refs | plain,
        lambda inner: st.fixed_dictionaries(
            {},
            optional={
                "items": inner,
                "anyOf": st.lists(inner, min_size=1, max_size=2),
                "properties": st.dictionaries(
                    st.sampled_from(["$ref", "example", "a"]), inner, max_size=2
                ),
                "default": st.just({"$ref": "#/no"}),
            },
        ),
        max_leaves=6,
    )
    return draw(nested)
