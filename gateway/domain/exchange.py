"""What one side of an exchange may send and the other cannot read, by their JSON Schemas."""

import json
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from gateway.domain.grammar import Document, at

Finding = tuple[str, str]
"""A pointer into the value, with `*` for any item or member, and what is wrong there."""

Flat = Mapping[str, Any]
"""A schema of one type at the most, without local references, allOf, anyOf and oneOf."""

Chain = frozenset[tuple[str, str]]

_COMBINERS = ("$ref", "allOf", "anyOf", "oneOf")
_UPPER = ("maxLength", "maximum", "exclusiveMaximum", "maxItems", "maxProperties")
_LOWER: Mapping[str, float] = {
    **dict.fromkeys(("minLength", "minItems", "minProperties"), 0),
    **dict.fromkeys(("minimum", "exclusiveMinimum"), float("-inf")),
}
_RULES = (
    *("pattern", "contentEncoding", "contentMediaType", "multipleOf", "uniqueItems"),
    *("contains", "minContains", "maxContains", "unevaluatedItems", "unevaluatedProperties"),
    *("propertyNames", "patternProperties", "dependentRequired", "dependentSchemas"),
    *("not", "if", "then", "else", "$ref", "$dynamicRef"),
)
_KINDS: Mapping[type, str] = {
    bool: "boolean",
    int: "integer",
    float: "number",
    str: "string",
    type(None): "null",
    list: "array",
    dict: "object",
}


@dataclass(frozen=True, slots=True)
class Exchange:
    """Values on their way from a sender to a reader, of which one changes its document.

    Of a request the service is the reader, of a response the sender. Bounds and rules count
    in requests alone: a client relies on the shape of what it receives, and the service enforces
    its own limits. A response may gain members, since clients leave out what they do not know.

    Where it cannot tell, it reports: rules are compared by wording, and a choice between schemas
    must have one that takes all of what a single schema of the other side admits. Where parts of
    an allOf have the same keyword, the last one counts.
    """

    sender: Document
    reader: Document
    is_request: bool

    def unread(self, sent: Any, read: Any, chain: Chain = frozenset()) -> list[Finding]:
        """What `sent` admits and `read` does not. Raises LookupError for a dangling reference.

        `chain` holds the pairs that are being compared already: a cycle ends there.
        """
        readable = _alternatives(self.reader, read)
        found: dict[Finding, None] = {}
        for each in _alternatives(self.sender, sent):
            found |= dict.fromkeys(self._closest(each, readable, chain))
        return list(found)

    def _closest(self, sent: Flat, readable: Sequence[Flat], chain: Chain) -> list[Finding]:
        """What is wrong with the alternative that has the least wrong with it."""
        kinds = _kinds(sent)
        taken = [self._misread(sent, read, chain) for read in readable if _takes(read, kinds)]
        return min(taken, key=len, default=[self._strange(kinds or ("any value",))])

    def _misread(self, sent: Flat, read: Flat, chain: Chain) -> list[Finding]:
        pair = (_text(sent), _text(read))
        if pair in chain:
            return []
        return [*self._faults(sent, read), *self._inside(sent, read, chain | {pair})]

    def _faults(self, sent: Flat, read: Flat) -> Iterator[Finding]:
        known, given = _values(read), _values(sent)
        if known is not None and given is None:
            yield "", f"{self._among()} {', '.join(sorted(known))}"
        elif known is not None and given is not None and (strange := given.keys() - known.keys()):
            yield self._strange(strange)
        if "format" in read and sent.get("format") != read["format"]:
            named = read["format"]
            yield (
                "",
                f"format is {named} now" if self.is_request else f"format is no longer {named}",
            )
        if self.is_request:
            yield from _tightened(sent, read)
            open_before = sent.get("additionalProperties", True) is not False
            if open_before and read.get("additionalProperties") is False:
                yield "", "takes no further members now"

    def _inside(self, sent: Flat, read: Flat, chain: Chain) -> Iterator[Finding]:
        before, after = (sent, read) if self.is_request else (read, sent)
        gone = before.get("properties", {}).keys() - after.get("properties", {}).keys()
        for name in sorted(gone):
            yield f"/{name}", "is gone"
        demanded = set(read.get("required", ())) - set(sent.get("required", ())) - gone
        for name in sorted(demanded):
            yield f"/{name}", "is required now" if self.is_request else "may be missing now"
        for step, within_sent, within_read in _parts(sent, read):
            for place, fault in self.unread(within_sent, within_read, chain):
                yield f"/{step}{place}", fault

    def _strange(self, what: Set[str] | Sequence[str]) -> Finding:
        listed = ", ".join(sorted(what))
        return "", f"no longer takes {listed}" if self.is_request else f"may be {listed} now"

    def _among(self) -> str:
        return "takes nothing now but" if self.is_request else "is no longer one of"


def _alternatives(
    document: Document, schema: Any, within: frozenset[str] = frozenset()
) -> list[Flat]:
    """The schema as a choice of flat ones."""
    if not isinstance(schema, Mapping):
        return [{}] if schema else []
    options: list[Flat] = [{key: schema[key] for key in schema if key not in _COMBINERS}]
    for choice in _choices(document, schema, within):
        options = [_both(one, other) for one in choice for other in options]
    return [each for option in options for each in _by_type(option)]


def _choices(document: Document, schema: Flat, within: frozenset[str]) -> Iterator[list[Flat]]:
    """What a value must match one of, for each combining keyword."""
    ref = schema.get("$ref")
    if ref is not None and not ref.startswith("#/"):
        # A schema elsewhere is known by its address alone.
        yield [{"$ref": ref}]
    elif ref is not None:
        # A schema that is itself, and nothing else, admits nothing.
        target = at(document, ref[1:]) if ref not in within else False
        yield _alternatives(document, target, within | {ref})
    for part in schema.get("allOf", ()):
        yield _alternatives(document, part, within)
    for either in ("anyOf", "oneOf"):
        if either in schema:
            yield [
                each for part in schema[either] for each in _alternatives(document, part, within)
            ]


def _both(one: Flat, other: Flat) -> Flat:
    both = {**one, **other}
    if "properties" in one and "properties" in other:
        both["properties"] = {**one["properties"], **other["properties"]}
    if "required" in one and "required" in other:
        both["required"] = [*one["required"], *other["required"]]
    return both


def _by_type(option: Flat) -> list[Flat]:
    types = option.get("type")
    if not isinstance(types, list):
        return [option]
    return [{"type": each} if each == "null" else {**option, "type": each} for each in types]


def _parts(sent: Flat, read: Flat) -> Iterator[tuple[str, Any, Any]]:
    """Where both describe a part of the value: its step, and the two schemas of it."""
    properties = sent.get("properties", {})
    for name, schema in read.get("properties", {}).items():
        if name in properties:
            yield name, properties[name], schema
    if isinstance(read.get("additionalProperties"), Mapping):
        yield "*", sent.get("additionalProperties", True), read["additionalProperties"]
    first = sent.get("prefixItems", ())
    for index, schema in enumerate(read.get("prefixItems", ())):
        yield str(index), first[index] if index < len(first) else sent.get("items", True), schema
    if "items" in read:
        yield "*", sent.get("items", True), read["items"]


def _tightened(sent: Flat, read: Flat) -> Iterator[Finding]:
    for name in _UPPER:
        if name in read and sent.get(name, float("inf")) > read[name]:
            yield "", f"{name} is {read[name]} now"
    for name, least in _LOWER.items():
        if name in read and sent.get(name, least) < read[name]:
            yield "", f"{name} is {read[name]} now"
    for name in _RULES:
        if name in read and sent.get(name) != read[name]:
            yield "", f"{name} has changed"


def _kinds(schema: Flat) -> Set[str]:
    """The types that a value of a flat schema can have; none if any."""
    if "type" in schema:
        return {schema["type"]}
    values = _values(schema)
    return {_KINDS[type(value)] for value in values.values()} if values else set()


def _takes(schema: Flat, kinds: Set[str]) -> bool:
    kind = schema.get("type")
    taken = {"integer", "number"} if kind == "number" else {kind}
    return kind is None or (bool(kinds) and kinds <= taken)


def _values(schema: Flat) -> dict[str, Any] | None:
    """The values that an enum or a const leaves, by their JSON; None without either."""
    if "const" in schema:
        return {_text(schema["const"]): schema["const"]}
    return {_text(each): each for each in schema["enum"]} if "enum" in schema else None


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)
