"""Which sealed results compare, and what changed between them."""

from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction

from services.assessment.domain.comparison import Basis, Result, changes, obstacles

CELLS = frozenset({"leadership.deployed"})
FIRST = Result(
    "asm_1",
    Basis("see-cmm", 1, "evidence", CELLS),
    "2025",
    datetime(2026, 1, 1, tzinfo=UTC),
    {"total": Fraction(1, 3), "enablers": Fraction(1, 2)},
)


def codes(*results: Result) -> list[tuple[str, str]]:
    return [(each.assessment, each.code) for each in obstacles(results)]


def test_the_same_model_version_and_mode_compare() -> None:
    assert codes(FIRST, replace(FIRST, assessment="asm_2")) == []


def test_every_reason_against_a_comparison_is_told() -> None:
    quick = replace(FIRST, assessment="asm_2", basis=Basis("see-cmm", 2, "quick", CELLS))
    draft = replace(FIRST, assessment="asm_3", sealed_at=None)
    part = replace(FIRST, assessment="asm_4", basis=replace(FIRST.basis, scope=frozenset({"x"})))

    assert codes(FIRST, quick, draft, part) == [
        ("asm_2", "other_model_version"),
        ("asm_2", "other_mode"),
        ("asm_3", "not_sealed"),
        ("asm_4", "other_scope"),
    ]


def test_a_change_is_exact_and_left_out_where_a_value_is_missing() -> None:
    second = replace(FIRST, period="2026", values={"total": Fraction(1, 2)})

    (change,) = changes([FIRST, second])

    assert (change.period, change.by_item) == ("2026", {"total": Fraction(1, 6)})
