"""A model is an immutable tree of items that says how ratings become a score."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from .faults import Text


class Aggregation(StrEnum):
    """How an item's value follows from its children's."""

    WEIGHTED_MEAN = "weighted_mean"
    SUM_OF_POINTS = "sum_of_points"
    MINIMUM = "minimum"
    ALL_AT_LEAST = "all_at_least"
    THRESHOLDS = "thresholds"

    @property
    def by_level(self) -> bool:
        """Whether the value is that of the level that the children reach together."""
        return self in (Aggregation.ALL_AT_LEAST, Aggregation.THRESHOLDS)


class Assessed(StrEnum):
    """What is assessed with a model; an assessment of a person is private."""

    UNIT = "unit"
    PERSON = "person"

    @classmethod
    def of(cls, unit_kind: str) -> "Assessed":
        """Which of them a kind of unit is."""
        return cls.PERSON if unit_kind == cls.PERSON else cls.UNIT


@dataclass(frozen=True, slots=True)
class Aliases:
    """Other names under which the sources know the same thing, by language."""

    zh: tuple[str, ...] = ()
    en: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Level:
    number: int
    title: Text
    aliases: Aliases
    description: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Dimension:
    """One of the things that a rating on a scale takes into account, such as approach 方法."""

    id: str
    title: Text


@dataclass(frozen=True, slots=True)
class Scale:
    """`values` maps every admissible rating, ascending, to a value from 0 to 1.

    A percent scale has no levels: its ratings are the percentages themselves.
    """

    id: str
    values: Mapping[int, Fraction]
    levels: Mapping[int, Level]
    dimensions: tuple[Dimension, ...] = ()

    @property
    def lowest(self) -> Fraction:
        return min(self.values.values())

    @property
    def highest(self) -> Fraction:
        return max(self.values.values())


@dataclass(frozen=True, slots=True)
class Cap:
    """An item's value is `at_most` so much while `item`, somewhere below it, is `below` so much."""

    item: str
    below: Fraction
    at_most: Fraction
    text: Text


@dataclass(frozen=True, slots=True)
class LevelNeeds:
    """What the children need for a level, beside what every lower level needs."""

    level: int
    at_least: Mapping[str, Fraction]


@dataclass(frozen=True, slots=True, eq=False)
class Item:
    """A node of the tree; one without children is a cell and is rated directly.

    `weight` is relative to the siblings. `scale` is a cell's own scale and, on a branch, the one
    whose levels it attains: that of its level needs, or the one that all its cells share, if they
    do. `voids` means that a child that is wholly not applicable leaves the item without a value;
    otherwise such a child leaves the mean. `deduct` is the share of the parent's value that is
    lost while this item's value is 0; such an item is no part of the parent's mean, and its weight
    has no effect. `level_needs` are those of the levels above the lowest, ascending.
    """

    id: str
    parent: str | None
    kind: str
    title: Text
    definition: Text | None
    evidence: Text | None
    aliases: Aliases
    concepts: tuple[str, ...]
    weight: int
    aggregation: Aggregation
    voids: bool
    children: tuple["Item", ...]
    scale: Scale | None
    deduct: Fraction | None = None
    caps: tuple[Cap, ...] = ()
    level_needs: tuple[LevelNeeds, ...] = ()

    def walk(self) -> Iterator["Item"]:
        """The item and all below it, parents first, in the model's order."""
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(frozen=True, slots=True)
class Concept:
    id: str
    title: Text
    description: Text


@dataclass(frozen=True, slots=True)
class Standard:
    """A named scope over some items; cells without an entry in `target` have no target."""

    code: str
    title: Text
    note: Text | None
    scope: tuple[str, ...]
    target: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Band:
    """A named range of the total: from `floor` up to the next band's floor."""

    id: str
    floor: Fraction
    title: Text


@dataclass(frozen=True, slots=True)
class AheadRule:
    """Warns where `attribute` is rated more than `by` levels above `of` in the same item."""

    code: str
    text: Text
    attribute: str
    of: str
    by: int


@dataclass(frozen=True, slots=True)
class EvidenceRule:
    """Warns where `attribute` is at `from_level` or above with fewer than `at_least` of `fact`."""

    code: str
    text: Text
    attribute: str
    from_level: int
    fact: str
    at_least: int


@dataclass(frozen=True, slots=True)
class Model:
    """`hash` identifies the content; code and version name it.

    `items` holds the whole tree by id, parents first, `cells` the scale of every cell. `points`
    is what a total of 1 is worth and `index` the two ends of the displayed level index; either
    may be absent. `places` are the decimals of displayed values, rounded half to even.
    """

    code: str
    version: int
    hash: str
    assesses: Assessed
    title: Text
    description: Text | None
    source: Text | None
    aliases: Aliases
    scales: Mapping[str, Scale]
    concepts: tuple[Concept, ...]
    standards: tuple[Standard, ...]
    root: Item
    items: Mapping[str, Item]
    cells: Mapping[str, Scale]
    points: int | None
    index: tuple[int, int] | None
    places: int
    not_applicable_allowed: bool
    bands: tuple[Band, ...]
    rules: tuple[AheadRule | EvidenceRule, ...]
