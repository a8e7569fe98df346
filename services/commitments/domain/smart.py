"""A promise is published only when it is SMART, by the letters as source 004 defines them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from fractions import Fraction

from .faults import Fault, Text


class Letter(StrEnum):
    """S names a segment, M durations, A what the customer accepts, R ability, T limits in time."""

    SPECIFIC = "S"
    MEASURABLE = "M"
    ATTAINABLE = "A"
    RELEVANT = "R"
    TIME_BASED = "T"


@dataclass(frozen=True, slots=True)
class Draft:
    """What the letters ask of a promise; None is what it does not say.

    `expected` is the share of recent runs that would have kept the commitment, None without any.
    """

    segment: str | None
    commitment: timedelta | None
    tolerance: timedelta | None
    customer_agreed: bool
    expected: Fraction | None
    floor: Fraction
    below_floor_reason: str | None
    objective: str | None
    no_objective_reason: str | None
    valid_from: datetime | None
    valid_until: datetime | None


@dataclass(frozen=True, slots=True)
class Finding:
    """A letter that fails, and the fault that makes it fail."""

    letter: Letter
    fault: Fault


_TEXTS = {
    "specific_segment_missing": (
        "S（具体）：须指明所承诺的客户群。",
        "S (specific): it names no customer segment",
    ),
    "measurable_duration_missing": (
        "M（可度量）：时限须为大于零的时长。",
        "M (measurable): the limit is not a duration above zero",
    ),
    "attainable_tolerance_below_commitment": (
        "A（客户可接受）：忍耐时限不得短于承诺时限。",
        "A (attainable): the tolerance is below the commitment",
    ),
    "attainable_agreement_missing": (
        "A（客户可接受）：须记录客户的认可。",
        "A (attainable): the customer's agreement is not recorded",
    ),
    "relevant_below_floor": (
        "R（能力可及）：近期运行的预期达成率为 {value}，低于下限，须说明理由。",
        "R (relevant): of recent runs {value} would attain it, which is below the floor: say why",
    ),
    "relevant_objective_missing": (
        "R（能力可及）：须关联记分卡目标的编码，或说明为何没有。",
        "R (relevant): it names no objective of the scorecard, and no reason why not",
    ),
    "time_based_limit_missing": (
        "T（有时限）：承诺时限与忍耐时限缺一不可。",
        "T (time-based): both limits are needed, commitment and tolerance",
    ),
    "time_based_validity_missing": (
        "T（有时限）：有效期须有起止时间。",
        "T (time-based): the validity period needs a beginning and an end",
    ),
}
_LETTERS = {
    "specific": Letter.SPECIFIC,
    "measurable": Letter.MEASURABLE,
    "attainable": Letter.ATTAINABLE,
    "relevant": Letter.RELEVANT,
    "time": Letter.TIME_BASED,
}


def findings(draft: Draft) -> tuple[Finding, ...]:
    """Everything that keeps the draft from being published, in the order of the letters."""
    return (
        *_specific(draft),
        *_measurable(draft),
        *_attainable(draft),
        *_relevant(draft),
        *_time_based(draft),
    )


def _specific(draft: Draft) -> Iterator[Finding]:
    if not draft.segment:
        yield _finding("/segment", "specific_segment_missing")


def _measurable(draft: Draft) -> Iterator[Finding]:
    for pointer, limit in _limits(draft):
        if not limit:
            yield _finding(pointer, "measurable_duration_missing")


def _attainable(draft: Draft) -> Iterator[Finding]:
    if draft.commitment and draft.tolerance is not None and draft.tolerance < draft.commitment:
        yield _finding("/tolerance_seconds", "attainable_tolerance_below_commitment")
    if not draft.customer_agreed:
        yield _finding("/customer_agreement", "attainable_agreement_missing")


def _relevant(draft: Draft) -> Iterator[Finding]:
    too_low = draft.expected is not None and draft.expected < draft.floor
    if too_low and not draft.below_floor_reason:
        share = f"{float(draft.expected or 0):.1%}"
        yield _finding("/below_floor_reason", "relevant_below_floor", share)
    if not draft.objective and not draft.no_objective_reason:
        yield _finding("/objective", "relevant_objective_missing")


def _time_based(draft: Draft) -> Iterator[Finding]:
    for pointer, limit in _limits(draft):
        if limit is None:
            yield _finding(pointer, "time_based_limit_missing")
    ends = {"/valid_from": draft.valid_from, "/valid_until": draft.valid_until}
    for pointer, instant in ends.items():
        if instant is None:
            yield _finding(pointer, "time_based_validity_missing")


def _limits(draft: Draft) -> tuple[tuple[str, timedelta | None], ...]:
    return ("/commitment_seconds", draft.commitment), ("/tolerance_seconds", draft.tolerance)


def _finding(pointer: str, code: str, value: str = "") -> Finding:
    zh, en = (text.format(value=value) for text in _TEXTS[code])
    return Finding(_LETTERS[code.split("_", 1)[0]], Fault(pointer, code, Text(zh, en)))
