"""What breaks for the clients of one OpenAPI document when another takes its place."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gateway.domain.exchange import Exchange, Finding
from gateway.domain.grammar import METHODS, Document, at

Parameters = Mapping[tuple[str, str], Document]
"""By location and name; the names of headers in small letters."""

Security = list[Mapping[str, list[str]]]


def breaking(before: Document, after: Document) -> list[str]:
    """One line for each change that a client of `before` may trip over: operation, place, change.

    Both are OpenAPI 3.1. Optional additions break nothing. A new value of an enumerated response
    member does: generated clients decode into closed types; a vocabulary that is meant to grow is
    a plain string. Not compared: webhooks, callbacks, response headers and problems. Raises
    LookupError for a reference that leads nowhere.
    """
    return list(_Replacement(before, after).faults())


@dataclass(frozen=True, slots=True)
class _Replacement:
    before: Document
    after: Document

    def faults(self) -> Iterator[str]:
        for path, held in sorted(self.before.get("paths", {}).items()):
            item = _followed(self.before, held)
            other = _followed(self.after, self.after.get("paths", {}).get(path, {}))
            for method in METHODS:
                if method not in item:
                    continue
                name = f"{method.upper()} {path}"
                if method not in other:
                    yield f"{name} is gone"
                    continue
                for fault in self._operation(item, other, method):
                    yield f"{name}: {fault}"

    def _operation(self, item: Document, other: Document, method: str) -> Iterator[str]:
        one, two = item[method], other[method]
        if (old := one.get("operationId")) != (new := two.get("operationId")) and old:
            yield f"operationId {old} is {new} now"
        yield from _locked_out(_ways(self.before, one), _ways(self.after, two))
        yield from self._parameters(
            _parameters(self.before, item, one), _parameters(self.after, other, two)
        )
        yield from self._body(
            _followed(self.before, one.get("requestBody", {})),
            _followed(self.after, two.get("requestBody", {})),
        )
        yield from self._responses(one.get("responses", {}), two.get("responses", {}))

    def _parameters(self, before: Parameters, after: Parameters) -> Iterator[str]:
        exchange = Exchange(self.before, self.after, is_request=True)
        for (where, name), parameter in after.items():
            held = before.get((where, name), {})
            if parameter.get("required", False) and not held.get("required", False):
                yield f"{where} parameter {name} is required now"
        for (where, name), parameter in before.items():
            place = f"{where} parameter {name}"
            if (where, name) not in after:
                yield f"{place} is gone"
            else:
                sent, read = _schema(parameter), _schema(after[where, name])
                yield from _lines(place, exchange.unread(sent, read))

    def _body(self, before: Document, after: Document) -> Iterator[str]:
        if before and not after:
            yield "request body is gone"
            return
        if after.get("required", False) and not before.get("required", False):
            yield "request body is required now"
        exchange = Exchange(self.before, self.after, is_request=True)
        content = after.get("content", {})
        for media_type, held in before.get("content", {}).items():
            if media_type not in content:
                yield f"request body is no longer taken as {media_type}"
            else:
                found = exchange.unread(_schema(held), _schema(content[media_type]))
                yield from _lines(f"request body {media_type}", found)

    def _responses(self, before: Document, after: Document) -> Iterator[str]:
        exchange = Exchange(self.after, self.before, is_request=False)
        for status, held in before.items():
            if not status.startswith("2"):
                continue
            if status not in after:
                yield f"response {status} is gone"
                continue
            content = _followed(self.after, after[status]).get("content", {})
            for media_type, described in _followed(self.before, held).get("content", {}).items():
                if media_type not in content:
                    yield f"response {status} no longer comes as {media_type}"
                else:
                    found = exchange.unread(_schema(content[media_type]), _schema(described))
                    yield from _lines(f"response {status} {media_type}", found)


def _followed(document: Document, node: Document) -> Document:
    """The object itself, where a reference to it may stand. Raises LookupError."""
    met = set()
    while "$ref" in node:
        if node["$ref"] in met:
            raise LookupError(f"{node['$ref']} leads to itself")
        met.add(node["$ref"])
        node = at(document, node["$ref"][1:])
    return node


def _parameters(document: Document, item: Document, operation: Document) -> Parameters:
    held: dict[tuple[str, str], Document] = {}
    for written in [*item.get("parameters", ()), *operation.get("parameters", ())]:
        parameter = _followed(document, written)
        where, name = parameter["in"], parameter["name"]
        held[where, name.lower() if where == "header" else name] = parameter
    return held


def _schema(described: Document) -> Any:
    """The schema of a media type, or of a parameter: its own or that of its one media type."""
    for media_type in described.get("content", {}).values():
        described = media_type
    return described.get("schema", True)


def _ways(document: Document, operation: Document) -> Security:
    """The alternatives of credentials, of which an empty one is none at all."""
    security: Security = operation.get("security", document.get("security", []))
    return security or [{}]


def _locked_out(before: Security, after: Security) -> Iterator[str]:
    for way in before:
        if not any(_suffices(way, demand) for demand in after):
            credentials = " and ".join(way)
            yield f"{credentials} no longer suffices" if way else "is no longer public"


def _suffices(way: Mapping[str, list[str]], demand: Mapping[str, list[str]]) -> bool:
    return demand.keys() <= way.keys() and all(
        set(scopes) <= set(way[scheme]) for scheme, scopes in demand.items()
    )


def _lines(place: str, found: list[Finding]) -> Iterator[str]:
    for pointer, fault in found:
        yield f"{place}{pointer and ' ' + pointer}: {fault}"
