"""A second scorer for SEE-CMM, written as plainly as possible, to hold against the engine."""

from fractions import Fraction

ENABLERS = (
    "leadership",
    "policy_strategy",
    "people_development",
    "activity_management",
    "knowledge_innovation",
)
RESULTS = ("customer_channel_experience", "employee_supplier_productivity", "business_impact")
ENABLER_ATTRIBUTES = ("planned_approach", "deployed", "feedback_mechanism")
RESULT_ATTRIBUTES = ("trend", "target", "comparison", "cause", "scope")
CELLS = tuple(
    f"{criterion}.{attribute}"
    for criteria, attributes in ((ENABLERS, ENABLER_ATTRIBUTES), (RESULTS, RESULT_ATTRIBUTES))
    for criterion in criteria
    for attribute in attributes
)
NA = "n/a"


def mean(values: list[Fraction]) -> Fraction | None:
    return sum(values, Fraction(0)) / len(values) if values else None


def criterion(cells: dict[str, object], name: str) -> Fraction | None:
    """`cells` maps every cell to a level or NA."""
    attributes = ENABLER_ATTRIBUTES if name in ENABLERS else RESULT_ATTRIBUTES
    levels = [cells[f"{name}.{attribute}"] for attribute in attributes]
    return mean([Fraction(level - 1, 3) for level in levels if isinstance(level, int)])


def block(cells: dict[str, object], names: tuple[str, ...]) -> Fraction | None:
    values = [criterion(cells, name) for name in names]
    return mean([value for value in values if value is not None])


def total(cells: dict[str, object]) -> Fraction | None:
    enablers, results = block(cells, ENABLERS), block(cells, RESULTS)
    if enablers is None or results is None:
        return None
    return (enablers + results) / 2


def attained(cells: dict[str, object], name: str) -> int | None:
    levels = [level for cell, level in cells.items() if cell.startswith(f"{name}.") and level != NA]
    reached = [
        level for level in (1, 2, 3, 4) if all(isinstance(x, int) and x >= level for x in levels)
    ]
    return max(reached) if levels else None


def percent_to_target(cells: dict[str, object], target: dict[str, int]) -> Fraction | None:
    """The total of what is reached over the total of what is aimed at."""
    goal: dict[str, object] = {c: NA if level == NA else target[c] for c, level in cells.items()}
    kept: dict[str, object] = {
        c: NA if level == NA else min(level, target[c]) if isinstance(level, int) else NA
        for c, level in cells.items()
    }
    reached, aimed = total(kept), total(goal)
    if reached is None or aimed is None:
        return None
    return reached / aimed if aimed else Fraction(1)
