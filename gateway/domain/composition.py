"""One OpenAPI 3.1 document from many: the platform's own and a fragment per service."""

from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from gateway.domain.grammar import METHODS, SECTIONS, Document, rewritten
from gateway.domain.naming import Naming, components

PUBLIC = "/v1/"
"""Only paths below this one belong to the platform's surface; the rest is between processes."""


class CompositionError(ValueError):
    """The fragments do not fit together; `faults` says all that is wrong."""

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = tuple(sorted(set(faults)))
        super().__init__("; ".join(self.faults))


@dataclass(frozen=True, slots=True)
class Platform:
    """What the gateway contributes: a document of its own, and what it does to every operation.

    Components of `document` keep their names, and services share those that they hold in the same
    wording. `security` holds wherever a service names none. The refusals map a status to the
    component response that an operation documents unless it documents the status itself.
    """

    document: Document
    security: list[dict[str, list[str]]] = field(default_factory=list)
    refusals: Mapping[str, str] = field(default_factory=dict)
    refusals_to_callers: Mapping[str, str] = field(default_factory=dict)
    """Added where a caller must identify."""
    refusals_of_bodies: Mapping[str, str] = field(default_factory=dict)
    """Added where a body is sent."""


def compose(fragments: Mapping[str, Document], platform: Platform) -> dict[str, Any]:
    """The document of the whole platform; the same for any order of services and members.

    Fragments are left untouched. Raises CompositionError when two fragments claim one path,
    operation id, webhook, tag or component name, or when a reference leads nowhere.
    """
    faults: list[str] = []
    own = deepcopy(dict(platform.document))
    parts = [("gateway", own)]
    for service in sorted(fragments):
        part, found = _part(service, fragments[service], platform)
        parts.append((service, part))
        faults += found
    merged = {
        "openapi": own["openapi"],
        "info": own["info"],
        "servers": [{"url": "/"}],
        "tags": _tags(parts, faults),
        "paths": _merged(parts, "paths", faults),
        "webhooks": _merged(parts, "webhooks", faults),
        "components": _components(parts, faults),
    }
    faults += _same_templates(parts) + _same_operation_ids(parts)
    if faults:
        raise CompositionError(faults)
    return merged


def _part(service: str, fragment: Document, platform: Platform) -> tuple[dict[str, Any], list[str]]:
    """The fragment under the platform's names, and what is wrong with it."""
    if not str(fragment.get("openapi", "")).startswith("3.1"):
        return {}, [f"{service}: not an OpenAPI 3.1 document"]
    naming = Naming(service, fragment, platform.document)
    edits = naming.edits()
    security = platform.security
    if "security" in fragment:
        security = edits.security(fragment["security"])
    paths = {
        path: rewritten("pathItem", item, edits)
        for path, item in fragment.get("paths", {}).items()
        if path.startswith(PUBLIC)
    }
    naming.faults += [
        f"{service}: {path} is a path item by reference, which cannot be routed"
        for path, item in paths.items()
        if "$ref" in item
    ]
    part = {
        "tags": deepcopy(list(fragment.get("tags", ()))),
        "paths": {path: _completed(item, security, platform) for path, item in paths.items()},
        "webhooks": {
            name: rewritten("pathItem", item, edits)
            for name, item in fragment.get("webhooks", {}).items()
        },
        "components": _renamed(service, fragment, naming),
    }
    return part, naming.faults


def _renamed(service: str, fragment: Document, naming: Naming) -> dict[str, dict[str, Any]]:
    """The components that are the service's own, under their new names."""
    renamed: dict[str, dict[str, Any]] = {}
    for key, component in components(fragment):
        if key in naming.shared:
            continue
        section, name = key[0], naming.names[key]
        held = renamed.setdefault(section, {})
        if name in held:
            naming.faults.append(f"{service}: two {section} would be {name}")
        held[name] = rewritten(SECTIONS[section], component, naming.edits())
        if section == "schemas" and isinstance(component, Mapping) and "title" in component:
            # Some client generators name classes by title, and need them as unique as the names.
            held[name]["title"] = name
    return renamed


def _completed(
    item: dict[str, Any], security: list[dict[str, list[str]]], platform: Platform
) -> dict[str, Any]:
    """The path item whose operations say who may call and what the gateway may refuse."""
    for method in METHODS:
        if method not in item:
            continue
        operation = item[method]
        operation.setdefault("security", deepcopy(security))
        refusals = dict(platform.refusals)
        if operation["security"]:
            refusals |= platform.refusals_to_callers
        if "requestBody" in operation:
            refusals |= platform.refusals_of_bodies
        responses = operation.setdefault("responses", {})
        for status, name in refusals.items():
            responses.setdefault(status, {"$ref": f"#/components/responses/{name}"})
    return item


Parts = list[tuple[str, dict[str, Any]]]


def _merged(parts: Parts, member: str, faults: list[str]) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    claimed: dict[str, str] = {}
    for service, part in parts:
        for name, value in part.get(member, {}).items():
            first = claimed.setdefault(name, service)
            if first != service:
                faults.append(f"{member}: {name} is claimed by {first} and {service}")
            merged[name] = value
    return merged


def _components(parts: Parts, faults: list[str]) -> dict[str, Any]:
    merged = {}
    for section in SECTIONS:
        held = [(service, part.get("components", {})) for service, part in parts]
        if named := _merged(held, section, faults):
            merged[section] = named
    return merged


def _tags(parts: Parts, faults: list[str]) -> list[Any]:
    tags: dict[str, Any] = {}
    every = [tag for _, part in parts for tag in part.get("tags", ())]
    faults += [
        f"tags: {tag['name']} is described in two ways"
        for tag in every
        if tags.setdefault(tag["name"], tag) != tag
    ]
    return list(tags.values())


def _same_templates(parts: Parts) -> list[str]:
    """Paths that differ in the names of their parameters alone."""
    written: dict[str, str] = {}
    faults = []
    for _, part in parts:
        for path in sorted(part.get("paths", {})):
            first = written.setdefault(_shape(path), path)
            if first != path:
                faults.append(f"paths: {first} and {path} are the same path")
    return faults


def _shape(path: str) -> str:
    pieces = path.split("{")
    return "{".join([pieces[0], *(piece.partition("}")[2] for piece in pieces[1:])])


def _same_operation_ids(parts: Parts) -> list[str]:
    users: dict[str, list[str]] = {}
    for service, part in parts:
        for member in ("paths", "webhooks"):
            for path, item in part.get(member, {}).items():
                for place, name in _operation_ids(item, path):
                    users.setdefault(name, []).append(f"{service} {place}")
    return [
        f"operationId {name} is used by {' and '.join(sorted(places))}"
        for name, places in users.items()
        if len(places) > 1
    ]


def _operation_ids(item: Document, path: str) -> Iterable[tuple[str, str]]:
    for method in METHODS:
        operation = item.get(method, {})
        if "operationId" in operation:
            yield f"{method.upper()} {path}", operation["operationId"]
        for callback in operation.get("callbacks", {}).values():
            for expression, called in callback.items():
                if isinstance(called, Mapping):
                    yield from _operation_ids(called, expression)
