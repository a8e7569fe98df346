"""The names that one service's components carry in the composed document."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from gateway.domain.grammar import SECTIONS, Document, Edits, at, rewritten, unescaped

Key = tuple[str, str]
"""A section of `components` and a name in it."""

_NAME = re.compile(r"[A-Za-z0-9._-]+")
_OWN_ADDRESSES = ("", "openapi.json", "./openapi.json", "/openapi.json")


def components(document: Document) -> Iterator[tuple[Key, Any]]:
    """Every component of a document."""
    held = document.get("components", {})
    for section in SECTIONS:
        for name, component in held.get(section, {}).items():
            yield (section, name), component


def pascal_case(name: str) -> str:
    """`Page_Score_` -> `PageScore`: what client generators keep as it is."""
    return "".join(part[0].upper() + part[1:] for part in re.split("[^A-Za-z0-9]+", name) if part)


class Naming:
    """Renames the components, references, anchors and security of one service's document.

    A component that equals the platform's component of that name, with everything it refers to,
    is the platform's and keeps its name; any other gets the service's name in front, once. So a
    name depends on this service and the platform alone. Faults are collected, not raised.
    """

    def __init__(self, service: str, document: Document, platform: Document) -> None:
        self._service = service
        self._prefix = pascal_case(service)
        self._document = document
        self._components = dict(components(document))
        self.shared = _shared(self._components, dict(components(platform)))
        self.faults: list[str] = []
        self.names = {key: self._named(key) for key in self._components}
        self._heirs = self._inheritance()

    def edits(self) -> Edits:
        return Edits(
            reference=self.reference,
            anchor=self._anchor,
            security=self._security,
            discriminator=self._discriminator,
            embedded_reference=self._embedded_reference,
        )

    def reference(self, ref: str) -> str:
        """The reference as it reads in the composed document."""
        address, _, fragment = ref.partition("#")
        if address not in _OWN_ADDRESSES:
            return self._elsewhere(ref)
        key = _component_of(fragment)
        if key in self.names:
            _, _, section, _, *rest = fragment.split("/")
            return "#/" + "/".join(("components", section, self.names[key], *rest))
        if fragment and not fragment.startswith("/"):
            return f"#{self._prefix}{fragment}"
        public = fragment.startswith(("/paths/~1v1~1", "/webhooks/"))
        if not public or not _leads(self._document, fragment):
            self.faults.append(f"{self._service}: {ref} leads nowhere")
        return f"#{fragment}"

    def _elsewhere(self, ref: str) -> str:
        if not urlsplit(ref).scheme:
            self.faults.append(f"{self._service}: {ref} leads out of the document")
        return ref

    def _embedded_reference(self, ref: str) -> str:
        # Strictly such a reference is relative to the `$id`, yet generators write, and tools
        # read, `#/components/...` from the root of the document everywhere.
        known = ref.startswith("#") and _component_of(ref[1:]) in self.names
        return self.reference(ref) if known else ref

    def _anchor(self, name: str) -> str:
        return self._prefix + name

    def _security(self, requirements: list[Any]) -> list[Any]:
        return [
            {self._scheme(name): list(scopes) for name, scopes in alternative.items()}
            for alternative in requirements
        ]

    def _scheme(self, name: str) -> str:
        key = ("securitySchemes", name)
        if key not in self.names:
            self.faults.append(f"{self._service}: there is no security scheme {name}")
        return self.names.get(key, name)

    def _discriminator(self, schema: Document) -> dict[str, Any]:
        """The discriminator with a mapping that no longer leans on the schemas' old names."""
        written = schema["discriminator"]
        mapping = {value: self._mapped(to) for value, to in written.get("mapping", {}).items()}
        branches = _refs([*schema.get("oneOf", ()), *schema.get("anyOf", ())])
        for ref in [*branches, *self._heirs.get(id(schema), ())]:
            key = _component_of(ref.partition("#")[2])
            if key and (target := self.reference(ref)) not in mapping.values():
                mapping.setdefault(key[1], target)
        return {**written, "mapping": mapping} if mapping else dict(written)

    def _mapped(self, target: str) -> str:
        named = ("schemas", target) in self.names
        return self.reference(f"#/components/schemas/{target}" if named else target)

    def _inheritance(self) -> dict[int, list[str]]:
        """References to the schemas that extend a schema by `allOf`, by the extended one's id()."""
        heirs: dict[int, list[str]] = {}
        for (section, name), schema in self._components.items():
            if section != "schemas" or not isinstance(schema, Mapping):
                continue
            for ref in _refs(schema.get("allOf", ())):
                parent = _component_of(ref.partition("#")[2])
                if parent in self._components:
                    extended = id(self._components[parent])
                    heirs.setdefault(extended, []).append(f"#/components/schemas/{name}")
        return heirs

    def _named(self, key: Key) -> str:
        section, name = key
        if key in self.shared:
            return name
        cased = pascal_case(name)
        if not _NAME.fullmatch(name) or not cased:
            self.faults.append(f"{self._service}: {section} {name!r} is no component name")
        doubled = re.match(f"{self._prefix}(?![a-z0-9])", cased)
        return cased if doubled else self._prefix + cased


def _shared(own: Mapping[Key, Any], platform: Mapping[Key, Any]) -> frozenset[Key]:
    """The components that equal the platform's, and refer only to such."""
    same = {
        key for key, each in own.items() if key in platform and _text(each) == _text(platform[key])
    }
    while strays := {key for key in same if not _refers(key[0], own[key]) <= same}:
        same -= strays
    return frozenset(same)


def _refers(section: str, component: Any) -> set[Key | None]:
    met: set[Key | None] = set()

    def meet(ref: str) -> str:
        met.add(_component_of(ref.partition("#")[2]))
        return ref

    def meet_mapped(schema: Document) -> dict[str, Any]:
        for target in schema["discriminator"].get("mapping", {}).values():
            meet(target)
        return {}

    keep: Callable[[Any], Any] = lambda value: value  # noqa: E731
    rewritten(SECTIONS[section], component, Edits(meet, keep, keep, meet_mapped, meet))
    return met


def _refs(branches: Iterable[Any]) -> list[str]:
    return [each["$ref"] for each in branches if isinstance(each, Mapping) and "$ref" in each]


def _component_of(fragment: str) -> Key | None:
    """The component that a fragment points at or into; None for any other fragment."""
    steps = fragment.split("/")
    if len(steps) < 4 or steps[:2] != ["", "components"]:
        return None
    return steps[2], unescaped(steps[3])


def _leads(document: Document, fragment: str) -> bool:
    try:
        at(document, fragment)
    except LookupError:
        return False
    return True


def _text(component: Any) -> str:
    return json.dumps(component, sort_keys=True)
