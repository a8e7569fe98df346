"""Where an OpenAPI 3.1 document holds objects and references, and where it holds plain values.

A walk along this table cannot mistake an example, a default or a property that happens to be
called `$ref` for a reference.
"""

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any, NamedTuple
from urllib.parse import unquote

Document = Mapping[str, Any]


class Slot(NamedTuple):
    """What a member holds: `one`, a `list` or a `map` of objects of a kind.

    A `patterned` member is a map whose `x-` keys are extensions instead of names.
    """

    shape: str
    kind: str


def _one(*names: str, kind: str) -> dict[str, Slot]:
    return {name: Slot("one", kind) for name in names}


def _list(*names: str, kind: str) -> dict[str, Slot]:
    return {name: Slot("list", kind) for name in names}


def _map(*names: str, kind: str) -> dict[str, Slot]:
    return {name: Slot("map", kind) for name in names}


SECTIONS: Mapping[str, str] = {
    "schemas": "schema",
    "responses": "response",
    "parameters": "parameter",
    "examples": "example",
    "requestBodies": "requestBody",
    "headers": "parameter",
    "securitySchemes": "securityScheme",
    "links": "link",
    "callbacks": "callback",
    "pathItems": "pathItem",
}
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")

_CONTENT = _map("content", kind="mediaType")
_EXAMPLES = _map("examples", kind="example")

GRAMMAR: Mapping[str, Mapping[str, Slot]] = {
    "pathItem": _list("parameters", kind="parameter") | _one(*METHODS, kind="operation"),
    "operation": _list("parameters", kind="parameter")
    | _one("requestBody", kind="requestBody")
    | {"responses": Slot("patterned", "response")}
    | _map("callbacks", kind="callback"),
    "parameter": _one("schema", kind="schema") | _CONTENT | _EXAMPLES,
    "requestBody": _CONTENT,
    "mediaType": _one("schema", kind="schema") | _EXAMPLES | _map("encoding", kind="encoding"),
    "encoding": _map("headers", kind="parameter"),
    "response": _CONTENT | _map("headers", kind="parameter") | _map("links", kind="link"),
    "example": {},
    "link": {},
    "securityScheme": {},
    "schema": _one(
        *("items", "contains", "not", "if", "then", "else", "propertyNames", "contentSchema"),
        *("additionalProperties", "unevaluatedProperties", "unevaluatedItems"),
        kind="schema",
    )
    | _list("allOf", "anyOf", "oneOf", "prefixItems", kind="schema")
    | _map("properties", "patternProperties", "dependentSchemas", kind="schema")
    | _map("$defs", "definitions", kind="schema"),
}

_REFERENCES = {("schema", "$dynamicRef"), ("link", "operationRef")}
_ANCHORS = {("schema", "$anchor"), ("schema", "$dynamicAnchor")}
# Servers named inside a fragment would lead clients past the gateway.
_LEFT_OUT = {("pathItem", "servers"), ("operation", "servers"), ("link", "server")}


@dataclass(frozen=True, slots=True)
class Edits:
    """What becomes of the members that refer to something by name."""

    reference: Callable[[str], str]
    anchor: Callable[[str], str]
    security: Callable[[list[Any]], list[Any]]
    discriminator: Callable[[Document], dict[str, Any]]
    embedded_reference: Callable[[str], str]
    """For references inside a schema with its own `$id`, to which local ones are relative."""


def rewritten(kind: str, node: Any, edits: Edits) -> Any:
    """A deep copy of an object of this kind, with its references edited."""
    if not isinstance(node, Mapping):
        return deepcopy(node)
    if kind == "callback":
        if not isinstance(node.get("$ref"), str):
            return _held(Slot("patterned", "pathItem"), node, edits)
        return {"$ref": edits.reference(node["$ref"])}
    if kind == "schema" and "$id" in node:
        edits = replace(edits, reference=edits.embedded_reference, anchor=str)
    return {key: _member(kind, key, node, edits) for key in node if (kind, key) not in _LEFT_OUT}


def _member(kind: str, key: str, node: Document, edits: Edits) -> Any:
    value = node[key]
    if isinstance(value, str) and (key == "$ref" or (kind, key) in _REFERENCES):
        return edits.reference(value)
    if (kind, key) in _ANCHORS:
        return edits.anchor(value)
    if (kind, key) == ("operation", "security"):
        return edits.security(value)
    if (kind, key) == ("schema", "discriminator"):
        return edits.discriminator(node)
    slot = GRAMMAR[kind].get(key)
    return _held(slot, value, edits) if slot else deepcopy(value)


def _held(slot: Slot, value: Any, edits: Edits) -> Any:
    if slot.shape == "list" and isinstance(value, list):
        return [rewritten(slot.kind, each, edits) for each in value]
    if slot.shape in ("map", "patterned") and isinstance(value, Mapping):
        return {
            name: deepcopy(each)
            if slot.shape == "patterned" and name.startswith("x-")
            else rewritten(slot.kind, each, edits)
            for name, each in value.items()
        }
    return rewritten(slot.kind, value, edits)


def at(document: Any, pointer: str) -> Any:
    """What an RFC 6901 pointer in the form of a URI fragment leads to. Raises LookupError."""
    found = document
    for step in map(unescaped, pointer.split("/")[1:]):
        if isinstance(found, list) and step.isdigit() and int(step) < len(found):
            found = found[int(step)]
        elif isinstance(found, Mapping) and step in found:
            found = found[step]
        else:
            raise LookupError(f"#{pointer} leads nowhere")
    return found


def unescaped(step: str) -> str:
    """One step of such a pointer as the name that it stands for."""
    return unquote(step).replace("~1", "/").replace("~0", "~")
