"""Caps are read from a model's document: what holds an item's value down, whatever its mean."""

from collections.abc import Sequence

from .document import Node
from .model import Aggregation, Cap, Item


def read_caps(
    listed: Node, path: tuple[str, ...], aggregation: Aggregation, children: Sequence[Item]
) -> tuple[Cap, ...]:
    """The caps of the item at the end of `path`, each on an item somewhere below it."""
    nodes = list(listed.elements(most=20))
    if nodes and (aggregation.by_level or not children):
        listed.fault("unused", "在此不起作用。", "Has no effect here.")
    known = {item.id: item.id for child in children for item in child.walk()}
    return tuple(_cap(node, path, known) for node in nodes)


def _cap(node: Node, path: tuple[str, ...], known: dict[str, str]) -> Cap:
    node.record("item", "below", "at_most", "text")
    if node["item"].value in path:
        node["item"].fault("cycle", "条目不能限制其自身。", "An item cannot cap itself.")
    else:
        node["item"].reference(known)
    below, at_most = node["below"].rational(), node["at_most"].rational()
    if not 0 < below <= 1:
        node["below"].fault("wrong_value", "须大于 0 且不超过 1。", "Must be above 0, at most 1.")
    if at_most >= 1:
        node["at_most"].fault("wrong_value", "须小于 1。", "Must be below 1.")
    return Cap(str(node["item"].value), below, at_most, node["text"].text())
