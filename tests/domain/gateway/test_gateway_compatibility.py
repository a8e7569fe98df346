"""Clients of the document before work with the one after, or each reason why not is named."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from gateway.domain.compatibility import breaking

Document = dict[str, Any]
Schema = Any

TEXT = {"type": "string"}
NUMBER = {"type": "number"}
NULL = {"type": "null"}
LINE = {"type": "object", "properties": {"a": TEXT}, "required": ["a"]}
REF = {"$ref": "#/components/schemas/Line"}


def document(operation: Document | None = None, **components: Document) -> Document:
    operations = {"/v1/lines": {"post": operation}} if operation is not None else {}
    return {"openapi": "3.1.0", "paths": operations, "components": components}


def content(schema: Schema, media_type: str = "application/json") -> Document:
    return {"content": {media_type: {"schema": schema}}}


def taking(schema: Schema, **components: Document) -> Document:
    return document({"requestBody": content(schema)}, **components)


def giving(schema: Schema, **components: Document) -> Document:
    return document({"responses": {"200": content(schema)}}, **components)


def asking(*parameters: Document) -> Document:
    return document({"parameters": list(parameters)})


def parameter(name: str = "limit", where: str = "query", **more: Any) -> Document:
    return {"name": name, "in": where, "schema": {"type": "integer"}, **more}


def faults(before: Document, after: Document) -> list[str]:
    """The findings without the operation that all of these tests are about."""
    found = breaking(before, after)
    assert all(line.startswith("POST /v1/lines") for line in found)
    return [line.removeprefix("POST /v1/lines").lstrip(": ") for line in found]


def of_body(before: Schema, after: Schema) -> list[str]:
    return [
        line.removeprefix("request body application/json")
        for line in faults(taking(before), taking(after))
    ]


def of_answer(before: Schema, after: Schema) -> list[str]:
    return [
        line.removeprefix("response 200 application/json")
        for line in faults(giving(before), giving(after))
    ]


def members(required: Sequence[str] = (), **properties: Schema) -> Document:
    return {"type": "object", "properties": properties, "required": list(required)}


# Operations


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        (document({}), document(), ["is gone"]),
        (document({}), {"paths": {"/v1/lines": {"get": {}}}}, ["is gone"]),
        (
            document({"operationId": "add_line"}),
            document({"operationId": "post_line"}),
            ["operationId add_line is post_line now"],
        ),
        (
            document({"security": []}),
            document({"security": [{"key": []}]}),
            ["is no longer public"],
        ),
        (document({}), document({"security": [{"key": []}]}), ["is no longer public"]),
        (document({}), {**document({}), "security": [{"key": []}]}, ["is no longer public"]),
        (
            document({"security": [{"key": []}, {"token": ["read"]}]}),
            document({"security": [{"token": ["read", "write"]}]}),
            ["key no longer suffices", "token no longer suffices"],
        ),
        (
            document({"security": [{"token": ["read"]}]}),
            document({"security": [{"key": [], "token": []}, {"token": []}]}),
            [],
        ),
        (document({"security": [{"key": []}]}), document({"security": [{"key": []}, {}]}), []),
    ],
)
def test_an_operation_stays_where_it_is_for_whoever_may_call_it(
    before: Document, after: Document, found: list[str]
) -> None:
    assert faults(before, after) == found


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        (asking(parameter()), asking(), ["query parameter limit is gone"]),
        (asking(parameter()), asking(parameter(where="header")), ["query parameter limit is gone"]),
        (asking(), asking(parameter(required=True)), ["query parameter limit is required now"]),
        (
            asking(parameter()),
            asking(parameter(required=True)),
            ["query parameter limit is required now"],
        ),
        (
            asking(parameter()),
            asking(parameter(schema={"type": "boolean"})),
            ["query parameter limit: no longer takes integer"],
        ),
        (
            asking(parameter(schema=TEXT)),
            asking({**parameter(), "schema": True, **content(NUMBER)}),
            ["query parameter limit: no longer takes string"],
        ),
        (asking(parameter("If-Match", "header")), asking(parameter("if-match", "header")), []),
        (asking(parameter(required=True)), asking(parameter(), parameter("cursor")), []),
    ],
)
def test_parameters_may_become_optional_and_more(
    before: Document, after: Document, found: list[str]
) -> None:
    assert faults(before, after) == found


def test_parameters_of_a_path_and_those_behind_references_count() -> None:
    shared = {"limit": parameter(schema=TEXT)}
    before = document({}, parameters=shared)
    before["paths"]["/v1/lines"]["parameters"] = [{"$ref": "#/components/parameters/limit"}]
    assert faults(before, asking(parameter(schema=TEXT))) == []
    assert faults(before, asking()) == ["query parameter limit is gone"]


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ({"requestBody": content(TEXT)}, {}, ["request body is gone"]),
        (
            {"requestBody": content(TEXT)},
            {"requestBody": {**content(TEXT), "required": True}},
            ["request body is required now"],
        ),
        (
            {},
            {"requestBody": {**content(TEXT), "required": True}},
            ["request body is required now"],
        ),
        ({}, {"requestBody": content(TEXT)}, []),
        (
            {"requestBody": content(TEXT, "text/csv")},
            {"requestBody": content(TEXT)},
            ["request body is no longer taken as text/csv"],
        ),
        ({"responses": {"201": {}}}, {"responses": {"200": {}}}, ["response 201 is gone"]),
        ({"responses": {"404": {}}}, {"responses": {"409": {}}}, []),
        (
            {"responses": {"200": content(TEXT, "text/html")}},
            {"responses": {"200": content(TEXT)}},
            ["response 200 no longer comes as text/html"],
        ),
        (
            {"responses": {"200": content(TEXT)}},
            {"responses": {"200": {"$ref": "#/components/responses/Two"}}},
            ["response 200 application/json: may be number now"],
        ),
    ],
)
def test_bodies_and_answers_keep_their_forms(
    before: Document, after: Document, found: list[str]
) -> None:
    assert faults(document(before), document(after, responses={"Two": content(NUMBER)})) == found


# Schemas


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        (TEXT, NUMBER, [": no longer takes string"]),
        (NUMBER, {"type": "integer"}, [": no longer takes number"]),
        ({"type": "integer"}, NUMBER, []),
        (True, TEXT, [": no longer takes any value"]),
        (TEXT, True, []),
        ({"anyOf": [TEXT, NULL]}, TEXT, [": no longer takes null"]),
        ({"type": ["string", "null"]}, {"oneOf": [NULL, TEXT]}, []),
        ({"anyOf": [{**TEXT, "maxLength": 9}, NULL]},
         {"type": ["string", "null"], "maxLength": 9}, []),
        ({"enum": ["a", "b"]}, {"enum": ["b", "c"]}, [': no longer takes "a"']),
        ({"enum": ["a"]}, {"const": "b"}, [': no longer takes "a"']),
        (TEXT, {**TEXT, "enum": ["b", "a"]}, [': takes nothing now but "a", "b"']),
        ({"const": "a"}, TEXT, []),
        ({"const": 1}, {"const": True}, [": no longer takes 1"]),
        ({"const": 1}, TEXT, [": no longer takes integer"]),
        (TEXT, {**TEXT, "maxLength": 9}, [": maxLength is 9 now"]),
        ({**TEXT, "maxLength": 9}, {**TEXT, "maxLength": 8}, [": maxLength is 8 now"]),
        ({**TEXT, "maxLength": 9}, {**TEXT, "maxLength": 10}, []),
        ({**TEXT, "minLength": 1}, TEXT, []),
        (TEXT, {**TEXT, "minLength": 0}, []),
        (NUMBER, {**NUMBER, "minimum": 0}, [": minimum is 0 now"]),
        ({**NUMBER, "minimum": 0}, {**NUMBER, "minimum": 1}, [": minimum is 1 now"]),
        ({**TEXT, "pattern": "a"}, {**TEXT, "pattern": "b"}, [": pattern has changed"]),
        ({**TEXT, "pattern": "a"}, TEXT, []),
        (TEXT, {**TEXT, "format": "date"}, [": format is date now"]),
        ({**TEXT, "format": "date"}, TEXT, []),
        (members(a=TEXT), members(["a"], a=TEXT), [" /a: is required now"]),
        (members(), members(["a"], a=TEXT), [" /a: is required now"]),
        (members(), members(a=TEXT), []),
        (members(a=TEXT), members(), [" /a: is gone"]),
        (
            members(a=members(b={"type": "array", "items": TEXT})),
            members(a=members(b={"type": "array", "items": NUMBER})),
            [" /a/b/*: no longer takes string"],
        ),
        ({"type": "object"}, {**members(), "additionalProperties": False},
         [": takes no further members now"]),
        ({"additionalProperties": TEXT}, {"additionalProperties": NUMBER},
         [" /*: no longer takes string"]),
        ({"prefixItems": [TEXT, TEXT]}, {"prefixItems": [TEXT, NUMBER]},
         [" /1: no longer takes string"]),
        ({"anyOf": [members(["a"], a=TEXT), members(["b"], b=TEXT)]},
         {"anyOf": [members(["b"], b=TEXT), members(["a", "c"], a=TEXT, c=TEXT)]},
         [" /c: is required now"]),
        ({"allOf": [LINE], "properties": {"b": TEXT}}, {"allOf": [LINE]}, [" /b: is gone"]),
        (members(a=TEXT, b=TEXT), {"allOf": [LINE], **members(["b"], b=TEXT)},
         [" /a: is required now", " /b: is required now"]),
        ({"$ref": "https://x.example/a"}, {"$ref": "https://x.example/b"}, [": $ref has changed"]),
    ],
)  # fmt: skip
def test_a_request_that_was_right_stays_right(
    before: Schema, after: Schema, found: list[str]
) -> None:
    assert of_body(before, after) == found


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        (TEXT, NUMBER, [": may be number now"]),
        ({"type": "integer"}, NUMBER, [": may be number now"]),
        (NUMBER, {"type": "integer"}, []),
        (TEXT, True, [": may be any value now"]),
        (True, TEXT, []),
        (TEXT, {"anyOf": [TEXT, NULL]}, [": may be null now"]),
        ({"anyOf": [TEXT, NULL]}, TEXT, []),
        ({"enum": ["a"]}, {"enum": ["a", "b"]}, [': may be "b" now']),
        ({"enum": ["a", "b"]}, {"const": "a"}, []),
        ({**TEXT, "enum": ["a"]}, TEXT, [': is no longer one of "a"']),
        ({**TEXT, "maxLength": 9}, TEXT, []),
        ({**TEXT, "format": "date"}, TEXT, [": format is no longer date"]),
        (TEXT, {**TEXT, "format": "date"}, []),
        (members(a=TEXT), members(), [" /a: is gone"]),
        (members(["a"], a=TEXT), members(), [" /a: is gone"]),
        (members(["a"], a=TEXT), members(a=TEXT), [" /a: may be missing now"]),
        (members(a=TEXT), members(["a", "b"], a=TEXT, b=TEXT), []),
        ({**members(), "additionalProperties": False}, members(a=TEXT), []),
        (
            {"type": "array", "items": members(a=TEXT)},
            {"type": "array", "items": members(a=NUMBER)},
            [" /*/a: may be number now"],
        ),
    ],
)
def test_an_answer_stays_readable(before: Schema, after: Schema, found: list[str]) -> None:
    assert of_answer(before, after) == found


def test_what_stands_behind_a_reference_is_compared_and_not_its_name() -> None:
    renamed = {"$ref": "#/components/schemas/Row"}
    assert faults(giving(REF, schemas={"Line": LINE}), giving(renamed, schemas={"Row": LINE})) == []
    changed = giving(REF, schemas={"Line": members(["a"], a=NUMBER)})
    assert faults(giving(REF, schemas={"Line": LINE}), changed) == [
        "response 200 application/json /a: may be number now"
    ]


def test_schemas_that_hold_themselves_are_compared_once() -> None:
    def tree(leaf: Schema) -> Document:
        node = members(leaf=leaf, nodes={"type": "array", "items": REF}, up={"anyOf": [REF, NULL]})
        return giving(REF, schemas={"Line": node})

    assert faults(tree(TEXT), tree(TEXT)) == []
    assert faults(tree(TEXT), tree(NUMBER)) == [
        "response 200 application/json /leaf: may be number now"
    ]


def test_references_that_only_lead_around_end() -> None:
    around = {"anyOf": [REF, TEXT]}
    assert faults(giving(REF, schemas={"Line": around}), giving(TEXT)) == []
    circle = {"$ref": "#/components/responses/One"}
    with pytest.raises(LookupError, match="leads to itself"):
        faults(giving(TEXT), document({"responses": {"200": circle}}, responses={"One": circle}))


# Properties

SCALARS: st.SearchStrategy[Schema] = st.sampled_from(
    [
        *(TEXT, NUMBER, NULL, True, {"type": "integer"}, {"enum": ["a", 1]}, {"const": "a"}),
        *({**TEXT, "maxLength": 1}, {**TEXT, "minLength": 2}, {**NUMBER, "minimum": 1}),
        *({**TEXT, "pattern": "^a"}, {**TEXT, "enum": ["a", "b"]}, {"type": ["string", "null"]}),
        {"$ref": "#/components/schemas/Line"},
    ]
)


def grown(inner: st.SearchStrategy[Schema]) -> st.SearchStrategy[Schema]:
    properties = st.dictionaries(st.sampled_from("ab"), inner, max_size=2)
    required = st.lists(st.sampled_from("ab"), unique=True)
    objects = st.builds(
        lambda held, demanded: {
            **members([name for name in demanded if name in held], **held),
            "additionalProperties": False,
        },
        properties,
        required,
    )
    return (
        objects
        | st.builds(lambda items: {"type": "array", "items": items, "maxItems": 1}, inner)
        | st.builds(lambda parts: {"anyOf": parts}, st.lists(inner, min_size=1, max_size=2))
    )


SCHEMAS = st.recursive(SCALARS, grown, max_leaves=4)
LINES = st.builds(lambda a, b: {**members(["a"], a=a, b=b), "additionalProperties": False},
                  SCHEMAS, SCHEMAS)  # fmt: skip
PLAIN: list[Any] = [None, "", "a", "b", "abc", 0, 1, 2.5, -1]
VALUES = [
    *PLAIN,
    *([value] for value in PLAIN),
    *({name: value} for name in "ab" for value in PLAIN),
    *({"a": value, "b": value} for value in PLAIN),
    *({"a": {"a": value}} for value in PLAIN),
]


def admitted(schema: Schema, line: Schema) -> list[bool]:
    root = {"allOf": [schema], "components": {"schemas": {"Line": line}}}
    validator = Draft202012Validator(root)
    return [validator.is_valid(value) for value in VALUES]


@given(SCHEMAS, SCHEMAS)
def test_what_did_not_change_breaks_nothing(schema: Schema, line: Schema) -> None:
    held: Document = {
        "requestBody": {**content(schema), "required": True},
        "responses": {"200": content(schema)},
        "parameters": [parameter(schema=schema, required=True)],
        "security": [{"key": []}],
    }
    whole = document(held, schemas={"Line": line})
    assert breaking(whole, whole) == []


@given(SCHEMAS, LINES, SCHEMAS, LINES)
def test_no_request_is_refused_without_a_finding(
    before: Schema, line: Schema, after: Schema, other: Schema
) -> None:
    taken = zip(admitted(before, line), admitted(after, other), strict=True)
    if any(was and not still for was, still in taken):
        now = taking(after, schemas={"Line": other})
        assert breaking(taking(before, schemas={"Line": line}), now)


@given(SCHEMAS, SCHEMAS)
def test_optional_additions_break_nothing(schema: Schema, more: Schema) -> None:
    schemas = {"Line": LINE}
    before = members(["a"], a=schema)
    held: Document = {"requestBody": content(before), "responses": {"200": content(before)}}
    optional = members(["a"], a=schema, b=more)
    demanded = members(["a", "b"], a=schema, b=more)
    wider: Document = {
        "requestBody": {"content": {**content({"anyOf": [optional, more]})["content"],
                                    **content(more, "text/csv")["content"]}},
        "responses": {"200": content(demanded), "202": content(more)},
        "parameters": [parameter(schema=more)],
    }  # fmt: skip
    after = document(wider, schemas=schemas)
    after["paths"]["/v1/more"] = {"get": held}
    assert breaking(document(held, schemas=schemas), after) == []
