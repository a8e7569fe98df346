"""What each level needs of an item's children is read from a model's document."""

from collections.abc import Sequence
from fractions import Fraction
from types import MappingProxyType

from .document import Node
from .model import Aggregation, Item, LevelNeeds, Scale


def read_level_needs(
    node: Node,
    aggregation: Aggregation,
    scale: Scale | None,
    nodes: Sequence[Node],
    children: Sequence[Item],
) -> tuple[LevelNeeds, ...]:
    """The needs of every level of `scale` above its lowest; the lowest needs nothing.

    `nodes` are those of the children. An all-at-least item says in `each_at_least` what value
    each child must have from its `from_level` on, and a child may say otherwise in `at_least`; a
    thresholds item lists for each level what values which children must have.
    """
    _demand_unused(node, nodes, aggregation)
    if not aggregation.by_level:
        return ()
    if scale is None or not scale.levels or not nodes:
        node["level_scale"].fault(
            "no_levels",
            "须指明有水平的量表，并直接列出 items。",
            "Needs a scale of levels, and items.",
        )
        return ()
    if aggregation is Aggregation.ALL_AT_LEAST:
        return _all_at_least(node, scale, nodes, children)
    return _thresholds(node, scale, children)


def _demand_unused(node: Node, nodes: Sequence[Node], aggregation: Aggregation) -> None:
    fields: list[Node] = []
    if not aggregation.by_level:
        fields.append(node["level_scale"])
    if aggregation is not Aggregation.THRESHOLDS:
        fields.append(node["thresholds"])
    if aggregation is not Aggregation.ALL_AT_LEAST:
        fields.append(node["each_at_least"])
        fields += [each[name] for each in nodes for name in ("from_level", "at_least")]
    for field in fields:
        if field:
            field.fault("unused", "在此不起作用。", "Has no effect here.")


def _all_at_least(
    node: Node, scale: Scale, nodes: Sequence[Node], children: Sequence[Item]
) -> tuple[LevelNeeds, ...]:
    usual = node["each_at_least"].rational()
    needs: dict[int, dict[str, Fraction]] = {number: {} for number in sorted(scale.levels)[1:]}
    for each, child in zip(nodes, children, strict=True):
        level = each["from_level"].integer(0)
        least = each["at_least"].rational() if each["at_least"] else usual
        if level not in needs:
            each["from_level"].fault(
                "unknown_reference", "量表在最低水平之上没有这个水平。",
                "The scale has no such level above its lowest.",
            )  # fmt: skip
            continue
        _demand_reachable(each["at_least"] or node["each_at_least"], least, child)
        needs[level][child.id] = least
    for level, needed in needs.items():
        if not needed:
            node["items"].fault(
                "unreachable_level",
                f"水平 {level} 没有任何要求，因此其前一水平无法停留。",
                f"Nothing belongs to level {level}, so the level before it is never attained.",
            )
    return tuple(LevelNeeds(level, MappingProxyType(least)) for level, least in needs.items())


def _thresholds(node: Node, scale: Scale, children: Sequence[Item]) -> tuple[LevelNeeds, ...]:
    listed = list(node["thresholds"].elements())
    stated = [each.record("level", "at_least")["level"].integer(0) for each in listed]
    if stated != sorted(scale.levels)[1:]:
        node["thresholds"].fault(
            "level_order",
            "须按升序列出量表最低水平以上的每个水平。",
            "Must list every level of the scale above its lowest, ascending.",
        )
    known = {child.id: child for child in children}
    before: dict[str, Fraction] = {}
    needs: list[LevelNeeds] = []
    for level, each in zip(stated, listed, strict=True):
        least = _row(each["at_least"], known, before)
        if all(value <= before.get(child, 0) for child, value in least.items()):
            each["at_least"].fault(
                "unreachable_level",
                "要求不高于前一水平，因此前一水平无法停留。",
                "Asks for no more than the level before, which is therefore never attained.",
            )
        before |= least
        needs.append(LevelNeeds(level, MappingProxyType(least)))
    return tuple(needs)


def _row(node: Node, known: dict[str, Item], before: dict[str, Fraction]) -> dict[str, Fraction]:
    row: dict[str, Fraction] = {}
    for name, stated in node.entries():
        if name not in known:
            stated.fault("unknown_reference", "模型中没有这个名称。", "The model has no such name.")
            continue
        row[name] = stated.rational()
        _demand_reachable(stated, row[name], known[name])
        if row[name] < before.get(name, 0):
            stated.fault("level_order", "低于前一水平的要求。", "Lower than the level before asks.")
    return row


def _demand_reachable(stated: Node, least: Fraction, child: Item) -> None:
    highest = child.scale.highest if child.scale else Fraction(1)
    if not 0 < least <= highest:
        stated.fault(
            "unreachable_level",
            f"须大于 0 且不超过该条目的最高值 {highest}。",
            f"Must be above 0 and at most the item's highest value, {highest}.",
        )
