"""Second scorers for every other model, each written out by hand for that one model.

Each maps all cells, rated or NA, to the total and the level attained; nothing of the engine is in
them, and no two share a rule by a common engine of their own.
"""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

NA = "n/a"
Cells = dict[str, Any]
Outcome = tuple[Fraction | None, int | None]


def present(*values: Fraction | None) -> list[Fraction]:
    return [value for value in values if value is not None]


def average(*values: Fraction | None) -> Fraction | None:
    there = present(*values)
    return sum(there, Fraction(0)) / len(there) if there else None


def weakest(*values: Fraction | None) -> Fraction | None:
    return min(present(*values), default=None)


def thirds(rating: Any) -> Fraction | None:
    return None if rating == NA else Fraction(rating, 3)


def staged(cells: Cells) -> Outcome:
    planning = weakest(thirds(cells["planning_policy"]), thirds(cells["planning_estimates"]))
    definition = weakest(thirds(cells["standard_processes"]), thirds(cells["tailoring"]))
    areas = {
        2: [planning, thirds(cells["monitoring"]), thirds(cells["suppliers"])],
        3: [definition, thirds(cells["training"])],
        4: [thirds(cells["process_performance"]), thirds(cells["quantitative_management"])],
    }
    if all(rating == NA for rating in cells.values()):
        return None, None
    level = 1
    for stage in (2, 3, 4):
        if level == stage - 1 and all(v >= Fraction(2, 3) for v in present(*areas[stage])):
            level = stage
    if level == 4 and cells["improvement"] in (3, NA):
        level = 5
    return Fraction(level - 1, 4), level


def matrix(cells: Cells) -> Outcome:
    half = {1: Fraction(0), 2: Fraction(1, 2), 3: Fraction(1)}
    design, control, people = (half.get(cells[c]) for c in ("design", "control", "people"))
    if design is None or control is None:
        process = control if design is None else design
    else:
        process = (design + 3 * control) / 4
    satisfied = None if cells["satisfaction"] == NA else Fraction(cells["satisfaction"], 100)
    if satisfied is None and process is None and people is None:
        return None, None

    def meets(value: Fraction | None, percent: int) -> bool:
        return value is None or value * 100 >= percent

    bronze = meets(satisfied, 60) and meets(process, 25)
    silver = bronze and meets(satisfied, 70) and meets(process, 50) and meets(people, 50)
    gold = silver and meets(satisfied, 85) and meets(process, 75)
    level = bronze + silver + gold
    return Fraction(level, 3), level


def deduction(cells: Cells) -> Outcome:
    def percent(cell: str) -> Fraction | None:
        return None if cells[cell] == NA else Fraction(cells[cell], 100)

    def lost(cell: str, most: Fraction) -> Fraction:
        return {0: most, 1: most / 2}.get(cells[cell], Fraction(0))

    reception, waiting = percent("reception"), percent("waiting")
    if reception is not None and waiting is not None:
        hall: Fraction | None = (2 * reception + waiting) / 3
    else:
        hall = waiting if reception is None else reception
    if hall is not None:
        hall = max(Fraction(0), hall - lost("cleanliness", Fraction(1, 4)))
    elif cells["cleanliness"] != NA:
        return None, None
    hotline = percent("hotline")
    if hall is not None and hotline is not None:
        earned = (120 * hall + 80 * hotline) / 200
    elif hall is None and hotline is None:
        return None, None
    else:
        earned = present(hall, hotline)[0]
    points = lost("complaints", Fraction(50)) + lost("data_leaks", Fraction(200))
    return max(Fraction(0), earned - points / 200), None


def capped(cells: Cells) -> Outcome:
    worth = {1: Fraction(0), 2: Fraction(1, 4), 3: Fraction(1, 2), 4: Fraction(1)}
    service, supply = worth.get(cells["service"]), worth.get(cells["supply"])
    incidents = worth.get(cells["incidents"])
    security = weakest(worth.get(cells["access"]), incidents)
    weighted = [(3, service), (1, security), (1, supply)]
    there = [(weight, value) for weight, value in weighted if value is not None]
    if not there:
        return None, None
    total = sum((w * v for w, v in there), Fraction(0)) / sum(w for w, _ in there)
    if security is not None and security < Fraction(1, 2):
        total = min(total, Fraction(3, 5))
    if incidents == 0:
        total = min(total, Fraction(1, 5))
    return total, min(rating for rating in cells.values() if rating != NA)


def gbt(cells: Cells) -> Outcome:
    points = {
        "leadership": 110,
        "strategy": 90,
        "customers_market": 90,
        "resources": 130,
        "process_management": 100,
        "measurement_improvement": 80,
    }
    counted = [(p, cells[c]) for c, p in points.items() if cells[c] != NA]
    if not counted or cells["results"] == NA:
        return None, None
    processes = Fraction(sum(p * c for p, c in counted), 100 * sum(p for p, _ in counted))
    return Fraction(6, 10) * processes + Fraction(4, 10) * Fraction(cells["results"], 100), None


def competency(highest: int) -> Callable[[Cells], Outcome]:
    def scored(cells: Cells) -> Outcome:
        levels = [level for level in cells.values() if level != NA]
        if not levels:
            return None, None
        return Fraction(sum(levels) - len(levels), len(levels) * (highest - 1)), min(levels)

    return scored


@dataclass(frozen=True)
class Plain:
    """The second scorer of one model, and what every one of its cells can be rated."""

    code: str
    outcome: Callable[[Cells], Outcome]


PLAIN = (
    Plain("staged", staged),
    Plain("matrix", matrix),
    Plain("deduction", deduction),
    Plain("capped", capped),
    Plain("gbt-19580-2012", gbt),
    Plain("see-cmm-sp-manager", competency(4)),
    Plain("see-cmm-sp-supervisor", competency(3)),
    Plain("see-cmm-sp-staff", competency(3)),
)
