"""Names in a model are unique, and an alias leads to one thing only."""

from collections.abc import Hashable, Iterable

from .document import Node
from .faults import Text
from .model import Aliases


def read_aliases(node: Node) -> Aliases:
    if not node:
        return Aliases()
    node.record("zh", "en")
    return Aliases(
        tuple(alias.string() for alias in node["zh"].elements()),
        tuple(alias.string() for alias in node["en"].elements()),
    )


def demand_unique(named: Iterable[tuple[Hashable, Node]]) -> None:
    """Notes a fault on every node whose name an earlier one already has; "" is no name."""
    seen: set[Hashable] = set()
    for name, node in named:
        if name in seen:
            node.fault("duplicate", f"重复：{name}。", f"Duplicate: {name}.")
        elif name != "":
            seen.add(name)


def demand_clear(named: Iterable[tuple[Text, Aliases, Node]]) -> None:
    """Notes a fault on aliases that another of the named things answers to as well."""
    things = list(named)
    owner: dict[str, Node] = {}
    for title, _, node in things:
        owner.setdefault(title.zh, node)
        owner.setdefault(title.en, node)
    for _, aliases, node in things:
        if any(owner.setdefault(alias, node) is not node for alias in aliases.zh + aliases.en):
            node["aliases"].fault(
                "ambiguous_alias", "别名已指另一条目。", "An alias already names something else."
            )
