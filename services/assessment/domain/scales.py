"""A scale is read from its document: levels with exact values, or percentages in steps."""

from fractions import Fraction
from types import MappingProxyType

from .document import Node, common_denominator
from .model import Dimension, Level, Scale
from .naming import demand_clear, demand_unique, read_aliases


def read_scale(id_: str, node: Node) -> Scale:
    if node["percent_step"]:
        node.record("percent_step", "dimensions")
        return _percentages(id_, node["percent_step"], _dimensions(node["dimensions"]))
    node.record("levels", "dimensions")
    nodes = list(node["levels"].elements())
    if len(nodes) < 2:
        node["levels"].fault("too_few_levels", "至少需要两个水平。", "Needs two levels or more.")
    levels = [_level(each) for each in nodes]
    values = [each["value"].rational() for each in nodes]
    common_denominator(node["levels"], values)
    _demand_ascending(nodes, [level.number for level in levels], values)
    demand_clear((lv.title, lv.aliases, each) for lv, each in zip(levels, nodes, strict=True))
    return Scale(
        id_,
        MappingProxyType({lv.number: value for lv, value in zip(levels, values, strict=True)}),
        MappingProxyType({level.number: level for level in levels}),
        _dimensions(node["dimensions"]),
    )


def _dimensions(listed: Node) -> tuple[Dimension, ...]:
    nodes = [node.record("id", "title") for node in listed.elements(most=20)]
    demand_unique((node["id"].identifier(), node["id"]) for node in nodes)
    return tuple(Dimension(node["id"].identifier(), node["title"].text()) for node in nodes)


def _percentages(id_: str, node: Node, dimensions: tuple[Dimension, ...]) -> Scale:
    step = node.integer(1, 100)
    if 100 % step:
        node.fault("wrong_value", "必须整除 100。", "Must divide 100.")
    values = {percent: Fraction(percent, 100) for percent in range(0, 101, step)}
    return Scale(id_, MappingProxyType(values), MappingProxyType({}), dimensions)


def _level(node: Node) -> Level:
    node.record("level", "value", "title", "aliases", "description")
    return Level(
        number=node["level"].integer(0),
        title=node["title"].text(),
        aliases=read_aliases(node["aliases"]),
        description=tuple(each.text() for each in node["description"].elements()),
    )


def _demand_ascending(nodes: list[Node], numbers: list[int], values: list[Fraction]) -> None:
    for position, node in enumerate(nodes):
        if values[position] > 1:
            node["value"].fault("wrong_value", "不得大于 1。", "Must not exceed 1.")
        if position and numbers[position] <= numbers[position - 1]:
            node["level"].fault("level_order", "水平须递增。", "Levels must ascend.")
        if position and values[position] <= values[position - 1]:
            node["value"].fault(
                "unreachable_level",
                "取值不高于前一水平，因此该水平无法达到。",
                "Not above the level before, so this level is never reached.",
            )
