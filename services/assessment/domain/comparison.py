"""Sealed assessments compare where they were rated on the same model version in the same mode."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from itertools import pairwise

from .faults import Text


@dataclass(frozen=True, slots=True)
class Basis:
    """What two assessments must have in common; `scope` holds the cells that were to be rated."""

    model: str
    version: int
    mode: str
    scope: frozenset[str]


@dataclass(frozen=True, slots=True)
class Result:
    """What an assessment came to; `values` holds every item that has one. Unsealed: no instant."""

    assessment: str
    basis: Basis
    period: str
    sealed_at: datetime | None
    values: Mapping[str, Fraction]


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why an assessment does not compare with the first; `code` is stable."""

    assessment: str
    code: str
    text: Text


@dataclass(frozen=True, slots=True)
class Change:
    """From one result to the next; None where either has no such value."""

    assessment: str
    period: str
    by_item: Mapping[str, Fraction]


def obstacles(results: Sequence[Result]) -> tuple[Obstacle, ...]:
    """Everything that keeps results from being compared with the first; empty if nothing does."""
    return tuple(
        obstacle for result in results for obstacle in _obstacles(result, results[0].basis)
    )


def changes(results: Sequence[Result]) -> tuple[Change, ...]:
    """What changed from each period to the next; results ascend by period and are comparable."""
    return tuple(
        Change(after.assessment, after.period, differences(before, after))
        for before, after in pairwise(results)
    )


def differences(before: Result, after: Result) -> dict[str, Fraction]:
    """`after` minus `before`, of every item that has a value in both."""
    return {
        item: value - before.values[item]
        for item, value in after.values.items()
        if item in before.values
    }


def _obstacles(result: Result, basis: Basis) -> Iterator[Obstacle]:
    own = result.basis
    if result.sealed_at is None:
        yield Obstacle(result.assessment, "not_sealed", _NOT_SEALED)
    if (own.model, own.version) != (basis.model, basis.version):
        yield Obstacle(result.assessment, "other_model_version", _other_model(own, basis))
    elif own.scope != basis.scope:
        yield Obstacle(result.assessment, "other_scope", _OTHER_SCOPE)
    if own.mode != basis.mode:
        yield Obstacle(result.assessment, "other_mode", _OTHER_MODE)


def _other_model(own: Basis, basis: Basis) -> Text:
    return Text(
        f"按模型 {own.model} 第 {own.version} 版评估，而不是 {basis.model} 第 {basis.version} 版。",
        f"Rated on {own.model} version {own.version}, not {basis.model} version {basis.version}.",
    )


_NOT_SEALED = Text("尚未封存。", "Not sealed yet.")
_OTHER_SCOPE = Text("评估范围不同。", "Other cells were in scope.")
_OTHER_MODE = Text(
    "快速评估只是意见，绝不与基于证据的评估比较。",
    "A quick assessment is opinion and is never compared with an evidence-based one.",
)
