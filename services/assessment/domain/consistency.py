"""Warnings point at ratings that do not sit well together; they never change a score."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .faults import Text
from .model import AheadRule, EvidenceRule, Item
from .scoring import Score

Evidence = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class ScoreWarning:
    code: str
    item: str
    text: Text


def warnings(score: Score, evidence: Evidence | None = None) -> tuple[ScoreWarning, ...]:
    """The model's consistency rules that the ratings break, in the model's order.

    `evidence` counts facts by cell (`{"leadership.deployed": {"periods": 3}}`); without it the
    rules about evidence are not applied.
    """
    return tuple(
        warning
        for item in score.model.items.values()
        for warning in (*_missing_parts(score, item), *_broken_rules(score, item, evidence))
    )


def _missing_parts(score: Score, item: Item) -> Iterator[ScoreWarning]:
    for child in item.children:
        if item.voids and not score.items[child.id].applicable:
            yield ScoreWarning("no_value", child.id, _NO_VALUE)


def _broken_rules(score: Score, item: Item, evidence: Evidence | None) -> Iterator[ScoreWarning]:
    for rule in score.model.rules:
        cell = f"{item.id}.{rule.attribute}"
        level = _level(score, cell)
        if level is None:
            continue
        if isinstance(rule, AheadRule):
            of = _level(score, f"{item.id}.{rule.of}")
            broken = of is not None and level - of > rule.by
        else:
            broken = evidence is not None and _unproven(rule, level, evidence.get(cell, {}))
        if broken:
            yield ScoreWarning(rule.code, cell, rule.text)


def _unproven(rule: EvidenceRule, level: int, facts: Mapping[str, int]) -> bool:
    return level >= rule.from_level and facts.get(rule.fact, 0) < rule.at_least


def _level(score: Score, cell: str) -> int | None:
    rating = score.ratings.get(cell)
    return rating if isinstance(rating, int) else None


_NO_VALUE = Text(
    "该部分整体不适用，因此没有总值；其权重不转给其他部分。",
    "Nothing in this part is applicable, so the whole has no value; its weight is not moved.",
)
