"""The tree of items is read from a model's document; attributes written once become cells."""

from dataclasses import dataclass, field, replace
from fractions import Fraction

from .caps import read_caps
from .document import Node, common_denominator
from .level_needs import read_level_needs
from .model import Aggregation, Item, Scale
from .naming import demand_clear, demand_unique, read_aliases

_DEPTH = 8
_MOST_ITEMS = 2_000
_KINDS = {kind: kind for kind in ("total", "block", "criterion", "item")}
_AGGREGATIONS = {aggregation.value: aggregation for aggregation in Aggregation}
_NOT_APPLICABLE = {"leaves": False, "voids": True}
_FIELDS = (
    "id", "kind", "title", "definition", "evidence", "aliases", "concepts", "weight", "points",
    "aggregation", "not_applicable", "items", "attributes", "scale", "deduct", "caps",
    "level_scale", "from_level", "at_least", "each_at_least", "thresholds",
)  # fmt: skip


@dataclass(slots=True)
class Names:
    """What items may refer to, and the ids read so far with the nodes they stand on."""

    scales: dict[str, Scale]
    concepts: dict[str, str]
    attributes: dict[str, tuple[Item, ...]] = field(default_factory=dict)
    items: list[tuple[str, Node]] = field(default_factory=list)


def read_tree(names: Names, attributes: Node, root: Node) -> Item:
    """The root item with all below it; `attributes` names lists of cells for `attributes:`."""
    if attributes:
        for name, listed in attributes.entries():
            names.attributes[name] = _attributes(names, listed)
    whole = _item(names, root, (), 1)
    demand_unique((id_, node["id"]) for id_, node in names.items)
    nodes = dict(names.items)
    demand_clear(
        (item.title, item.aliases, nodes[item.id])
        for item in whole.walk()
        if item.kind != "attribute"
    )
    return whole


def _attributes(names: Names, listed: Node) -> tuple[Item, ...]:
    own = replace(names, items=[])
    nodes = list(listed.elements())
    for node in nodes:
        for branch in (node["items"], node["attributes"]):
            if branch:
                branch.fault("not_a_cell", "评审细项不能再分。", "An attribute has no children.")
        for field_ in (node["deduct"], node["from_level"], node["at_least"]):
            if field_:
                field_.fault("unused", "在此不起作用。", "Has no effect here.")
    cells = tuple(
        _item(own, node, (), weight)
        for node, weight in zip(
            nodes, _weights(nodes, listed, Aggregation.WEIGHTED_MEAN), strict=True
        )
    )
    demand_unique((id_, node["id"]) for id_, node in own.items)
    return cells


def _item(names: Names, node: Node, path: tuple[str, ...], weight: int) -> Item:
    """The item of a node and all below it; `path` holds the ids of the items above it."""
    node.record(*_FIELDS)
    id_ = node["id"].identifier()
    names.items.append((id_, node))
    if sum(bool(node[form]) for form in ("items", "attributes", "scale")) != 1:
        node.fault(
            "shape",
            "items、attributes、scale 三者必须且只能有一个。",
            "Needs exactly one of items, attributes and scale.",
        )
    aggregation = node["aggregation"].choice(_AGGREGATIONS, Aggregation.WEIGHTED_MEAN)
    children = _children(names, node, (*path, id_), aggregation)
    scale = _scale(names, node, aggregation, children)
    nodes = list(node["items"].elements())[: len(children)]
    return Item(
        id=id_,
        parent=path[-1] if path else None,
        kind=node["kind"].choice(_KINDS, "item"),
        title=node["title"].text(),
        definition=node["definition"].optional_text(),
        evidence=node["evidence"].optional_text(),
        aliases=read_aliases(node["aliases"]),
        concepts=tuple(
            c for n in node["concepts"].elements() if (c := n.reference(names.concepts))
        ),
        weight=weight,
        aggregation=aggregation,
        voids=node["not_applicable"].choice(_NOT_APPLICABLE, default=False),
        children=children,
        scale=scale,
        caps=read_caps(node["caps"], (*path, id_), aggregation, children),
        level_needs=read_level_needs(node, aggregation, scale, nodes, children),
    )


def _children(
    names: Names, node: Node, path: tuple[str, ...], aggregation: Aggregation
) -> tuple[Item, ...]:
    id_ = path[-1]
    cells = node["attributes"].reference(names.attributes) or () if node["attributes"] else ()
    nodes = list(node["items"].elements())
    if len(path) > _DEPTH:
        node.fault("too_deep", "层级过多。", f"More than {_DEPTH} levels of items.")
        return ()
    if len(names.items) + len(cells) + len(nodes) > _MOST_ITEMS:
        node.fault("too_many", "条目过多。", f"More than {_MOST_ITEMS} items.")
        return ()
    if cells:
        names.items.extend((f"{id_}.{cell.id}", node["attributes"]) for cell in cells)
        return tuple(
            replace(cell, id=f"{id_}.{cell.id}", parent=id_, kind="attribute") for cell in cells
        )
    counted = [each for each in nodes if not each["deduct"]]
    if aggregation is Aggregation.SUM_OF_POINTS:
        _demand_sum(node["points"], counted)
    weights = iter(_weights(counted, node["items"], aggregation))
    if nodes and not counted:
        node["items"].fault("only_deductions", "没有可扣减的分数。", "Nothing to deduct from.")
    return tuple(
        replace(_item(names, each, path, 1), deduct=_deduct(node, each, aggregation))
        if each["deduct"]
        else _item(names, each, path, next(weights))
        for each in nodes
    )


def _deduct(parent: Node, node: Node, aggregation: Aggregation) -> Fraction:
    """The share of its parent's value that an item can take away; stated in points of a sum."""
    stated = node["deduct"]
    share = stated.rational()
    if aggregation is Aggregation.SUM_OF_POINTS:
        share /= parent["points"].rational() or 1
    elif aggregation is not Aggregation.WEIGHTED_MEAN:
        stated.fault("unused", "在此不起作用。", "Has no effect here.")
    if not 0 < share <= 1:
        stated.fault(
            "wrong_value",
            "扣减须大于零，且不超过上级条目的全部。",
            "Must be above zero and no more than the whole of the item above.",
        )
    for unused in (node["weight"], node["points"]):
        if unused and node["aggregation"].value != Aggregation.SUM_OF_POINTS:
            unused.fault("unused", "在此不起作用。", "Has no effect here.")
    return share


def _weights(nodes: list[Node], listed: Node, aggregation: Aggregation) -> list[int]:
    """The siblings' weights or points as integers in the same proportion."""
    points = aggregation is Aggregation.SUM_OF_POINTS
    stated = [node["points" if points else "weight"] for node in nodes]
    weights = [each.rational() if each or points else Fraction(1) for each in stated]
    for weight, each in zip(weights, stated, strict=True):
        if not weight:
            each.fault("weight", "权重必须大于零。", "A weight must be greater than zero.")
    for node in nodes:
        unused = node["weight" if points else "points"]
        if unused and (points or node["aggregation"].value != Aggregation.SUM_OF_POINTS):
            unused.fault("unused", "在此不起作用。", "Has no effect here.")
    common = common_denominator(listed, weights)
    return [int(weight * common) for weight in weights]


def _demand_sum(points: Node, nodes: list[Node]) -> None:
    if not points:
        points.fault("missing", "缺少分数。", "The points are missing.")
        return
    parts = sum((node["points"].rational() for node in nodes), Fraction(0))
    if points.rational() != parts:
        points.fault("points", f"各部分之和是 {parts}。", f"The parts add up to {parts}.")


def _scale(
    names: Names, node: Node, aggregation: Aggregation, children: tuple[Item, ...]
) -> Scale | None:
    """A cell's own scale, that of the levels it names, or the one that all the children share."""
    if aggregation.by_level:
        return node["level_scale"].reference(names.scales) if node["level_scale"] else None
    if not children:
        return node["scale"].reference(names.scales) if node["scale"] else None
    counted = [child.scale for child in children if child.deduct is None]
    return counted[0] if counted and all(scale is counted[0] for scale in counted) else None
