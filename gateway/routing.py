"""The routing table: which operation of which service a request is for."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from gateway.domain.grammar import METHODS

_PARAMETER = re.compile(r"\{[^{}]+\}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Route:
    """One operation; `public` ones need no identity.

    Bytes and seconds are the service's own limits, where they are wider than usual.
    """

    service: str
    operation_id: str
    method: str
    template: str
    public: bool
    max_body_bytes: int | None = None
    max_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """A route, and the values that its path parameters have in this request."""

    route: Route
    parameters: tuple[str, ...]


class NoSuchPath(LookupError):  # noqa: N818 - the caller's 404
    """No operation has this path."""


class MethodNotAllowed(LookupError):  # noqa: N818 - the caller's 405
    """The path exists, and takes `allowed` methods."""

    def __init__(self, allowed: tuple[str, ...]) -> None:
        super().__init__(", ".join(allowed))
        self.allowed = allowed


class AmbiguousPath(ValueError):  # noqa: N818 - the caller's 400
    """Two programs could read the path differently, so nobody reads it."""


@dataclass(slots=True)
class _Node:
    literal: dict[str, "_Node"] = field(default_factory=dict)
    patterned: dict[str, tuple[re.Pattern[str], "_Node"]] = field(default_factory=dict)
    routes: dict[str, Route] = field(default_factory=dict)

    def child(self, segment: str) -> "_Node":
        if not _PARAMETER.search(segment):
            return self.literal.setdefault(segment, _Node())
        shape = _PARAMETER.sub("{}", segment)
        if shape not in self.patterned:
            pattern = "(.+)".join(re.escape(piece) for piece in shape.split("{}"))
            self.patterned[shape] = (re.compile(pattern), _Node())
            # The more literal text a segment has, the more specific it is.
            by_text = sorted(self.patterned.items(), key=lambda entry: (-len(entry[0]), entry[0]))
            self.patterned = dict(by_text)
        return self.patterned[shape][1]

    def matches(self, segments: list[str]) -> Iterator[tuple["_Node", tuple[str, ...]]]:
        """The nodes at these segments, most specific first, read from the left."""
        if not segments:
            yield self, ()
            return
        first, *rest = segments
        if first in self.literal:
            yield from self.literal[first].matches(rest)
        for pattern, child in self.patterned.values():
            if found := pattern.fullmatch(first):
                for node, values in child.matches(rest):
                    yield node, (*found.groups(), *values)


class Router:
    """Finds the route of a request; derived from the composed document and its path owners."""

    def __init__(self, document: Mapping[str, Any], owners: Mapping[str, str]) -> None:
        self._root = _Node()
        for template, item in document["paths"].items():
            for method in METHODS:
                if method in item:
                    self._add(owners[template], template, method, item[method])

    def _add(self, service: str, template: str, method: str, operation: Mapping[str, Any]) -> None:
        node = self._root
        for segment in template.split("/")[1:]:
            node = node.child(segment)
        route = Route(
            service=service,
            operation_id=operation.get("operationId", f"{method} {template}"),
            method=method.upper(),
            template=template,
            public="security" in operation and not any(operation["security"]),
            max_body_bytes=_number(operation.get("x-max-body-bytes")),
            max_seconds=_number(operation.get("x-max-seconds")),
        )
        node.routes[route.method] = route

    def find(self, method: str, raw_path: bytes) -> Match:
        """The most specific route that takes the method; HEAD is taken by GET.

        Raises NoSuchPath, MethodNotAllowed or AmbiguousPath.
        """
        allowed: set[str] = set()
        for node, values in self._root.matches(segments(raw_path)):
            route = node.routes.get(method) or (
                node.routes.get("GET") if method == "HEAD" else None
            )
            if route:
                return Match(route, values)
            allowed |= node.routes.keys()
        if not allowed:
            raise NoSuchPath
        raise MethodNotAllowed(tuple(sorted(allowed | {"OPTIONS"} | _implied(allowed))))


def _number(told: object) -> int | None:
    return told if isinstance(told, int) and not isinstance(told, bool) and told > 0 else None


def _implied(allowed: set[str]) -> set[str]:
    return {"HEAD"} if "GET" in allowed else set()


def segments(raw_path: bytes) -> list[str]:
    """The decoded segments of a path as it was sent.

    A path is ambiguous when decoding or normalising it, as servers and proxies do at different
    moments, would change its segments: encoded slashes, backslashes, dot segments, control
    characters, and what is not UTF-8.
    """
    try:
        decoded = [unquote(each, errors="strict") for each in raw_path.decode("ascii").split("/")]
    except UnicodeDecodeError as error:
        raise AmbiguousPath from error
    for segment in decoded:
        if segment in (".", "..") or "/" in segment or "\\" in segment or _CONTROL.search(segment):
            raise AmbiguousPath
    return decoded[1:]
