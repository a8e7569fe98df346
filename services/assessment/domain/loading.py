"""A model is loaded from its document, which is accepted whole or refused with every fault."""

from dataclasses import replace
from types import MappingProxyType

from .document import Node, content_hash
from .faults import InvalidModelError
from .golden import check_golden
from .model import AheadRule, Assessed, Band, Concept, EvidenceRule, Model, Standard
from .naming import demand_unique, read_aliases
from .ratings import read_target
from .scales import read_scale
from .tree import Names, read_tree

_HALF_EVEN = {"half_even": "half_even"}
_ALLOWED = {"allowed": True, "forbidden": False}
_ASSESSED = {each.value: each for each in Assessed}


def load(document: object, version: int | None = None) -> Model:
    """The model that a plain document (objects, lists, texts, integers) describes.

    `version` is the number under which it is kept, where that is not the document's own (1 if it
    has none). Raises InvalidModelError with every fault, among them golden examples that do not
    reproduce.
    """
    digest = content_hash(document)
    node = Node(document, "", [])
    model = _model(node, digest)
    standards = [(_standard(model, each), each) for each in node["standards"].elements(most=20)]
    demand_unique((standard.code, each["code"]) for standard, each in standards)
    check_golden(model, node["golden"])
    if node.faults:
        raise InvalidModelError(node.faults)
    return replace(
        model,
        version=model.version if version is None else version,
        standards=tuple(standard for standard, _ in standards),
    )


def _model(node: Node, digest: str) -> Model:
    node.record(
        "code", "version", "assesses", "title", "description", "source", "aliases", "display",
        "not_applicable", "scales", "concepts", "attributes", "root", "bands", "warnings",
        "standards", "golden",
    )  # fmt: skip
    scales = {name: read_scale(name, each) for name, each in node["scales"].entries()}
    concepts = _concepts(node["concepts"])
    names = Names(scales, {concept.id: concept.id for concept in concepts})
    root = read_tree(names, node["attributes"], node["root"])
    items = {item.id: item for item in root.walk()}
    points, index, places = _display(node["display"], node["root"]["points"])
    return Model(
        code=node["code"].identifier(),
        version=node["version"].integer(1) if node["version"] else 1,
        hash=digest,
        assesses=node["assesses"].choice(_ASSESSED, Assessed.UNIT),
        title=node["title"].text(),
        description=node["description"].optional_text(),
        source=node["source"].optional_text(),
        aliases=read_aliases(node["aliases"]),
        scales=MappingProxyType(scales),
        concepts=concepts,
        standards=(),
        root=root,
        items=MappingProxyType(items),
        cells=MappingProxyType(
            {id_: i.scale for id_, i in items.items() if i.scale and not i.children}
        ),
        points=points,
        index=index,
        places=places,
        not_applicable_allowed=node["not_applicable"].choice(_ALLOWED),
        bands=_bands(node["bands"]),
        rules=_rules(node["warnings"], {cell.partition(".")[2] for cell in items}),
    )


def _concepts(listed: Node) -> tuple[Concept, ...]:
    nodes = [node.record("id", "title", "description") for node in listed.elements()]
    concepts = tuple(
        Concept(node["id"].identifier(), node["title"].text(), node["description"].text())
        for node in nodes
    )
    demand_unique((c.id, node["id"]) for c, node in zip(concepts, nodes, strict=True))
    return concepts


def _display(node: Node, of_root: Node) -> tuple[int | None, tuple[int, int] | None, int]:
    """The points of a total of 1, the ends of the level index, and the decimals shown."""
    node.record("points", "index", "places", "rounding")["rounding"].choice(_HALF_EVEN)
    points = node["points"].integer(1) if node["points"] else None
    if of_root and of_root.rational() != points:
        node["points"].fault("points", "与总分不一致。", "Differs from the root's points.")
    return points, _index(node["index"]), node["places"].integer(0, 9)


def _index(node: Node) -> tuple[int, int] | None:
    if not node:
        return None
    low = node.record("from", "to")["from"].integer(0)
    return low, node["to"].integer(low + 1)


def _bands(listed: Node) -> tuple[Band, ...]:
    bands: list[Band] = []
    for node in listed.elements():
        node.record("id", "from", "title")
        floor = node["from"].rational()
        if floor > 1 or (floor <= bands[-1].floor if bands else floor):
            node["from"].fault(
                "unreachable_band",
                "首段须从 0 开始，其余逐段递增且不超过 1。",
                "The first band starts at 0, every other above the one before and at most at 1.",
            )
        bands.append(Band(node["id"].identifier(), floor, node["title"].text()))
    demand_unique((b.id, n["id"]) for b, n in zip(bands, listed.elements(), strict=True))
    return tuple(bands)


def _rules(listed: Node, attributes: set[str]) -> tuple[AheadRule | EvidenceRule, ...]:
    nodes = list(listed.elements(most=20))
    known = {name: name for name in attributes}
    rules = tuple(_rule(node, known) for node in nodes)
    demand_unique((r.code, node["code"]) for r, node in zip(rules, nodes, strict=True))
    return rules


def _rule(node: Node, attributes: dict[str, str]) -> AheadRule | EvidenceRule:
    code, text = node["code"].identifier(), node["text"].text()
    attribute = node["attribute"].reference(attributes) or ""
    if node["of"]:
        node.record("code", "text", "attribute", "of", "by_more_than")
        of = node["of"].reference(attributes) or ""
        return AheadRule(code, text, attribute, of, node["by_more_than"].integer(0))
    node.record("code", "text", "attribute", "from_level", "fact", "at_least")
    return EvidenceRule(
        code,
        text,
        attribute,
        node["from_level"].integer(0),
        node["fact"].identifier(),
        node["at_least"].integer(1),
    )


def _standard(model: Model, node: Node) -> Standard:
    node.record("code", "title", "note", "scope", "target")
    known = {id_: id_ for id_ in model.items}
    target = node["target"]
    return Standard(
        code=node["code"].string(),
        title=node["title"].text(),
        note=node["note"].optional_text(),
        scope=tuple(s for n in node["scope"].elements() if (s := n.reference(known))),
        target=MappingProxyType(
            read_target(model, target.value, target.pointer, node.faults) if target else {}
        ),
    )
