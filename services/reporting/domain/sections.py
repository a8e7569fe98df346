"""The numbers of each section of the attainment report, worst first, with the finding on top."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from typing import TypeVar

from services.reporting.domain import findings, forms
from services.reporting.domain.document import (
    DepartmentRow,
    NodeDepartments,
    NodeRow,
    Nodes,
    NodeTrend,
    Placing,
    Ranking,
    Share,
    StateCounts,
    Trend,
)
from services.reporting.domain.facts import AttainmentFact, Tally
from services.reporting.domain.scope import Scope
from services.reporting.domain.wording import say

LISTED_PLACES = 5

Key = TypeVar("Key")


def nodes(scope: Scope, runs: Sequence[AttainmentFact]) -> Nodes | None:
    """Attainment by node, worst first; None when no run was completed."""
    total = sum((fact.tally for fact in runs), Tally())
    if not total.completed:
        return None
    tallies = _tallies(runs, lambda fact: fact.node)
    order = sorted(tallies, key=lambda code: (*_worst_first(tallies[code]), code))
    rows = [_node_row(code, scope.node_name(code), tallies[code]) for code in order]
    return {
        "finding": findings.nodes(scope.language, rows),
        "subtitle": say(
            scope.language, "nodes.plot", period=scope.period, n=forms.count(total.completed)
        ),
        "rows": rows,
        "total": _node_row("", say(scope.language, "nodes.total"), total),
    }


def trend(scope: Scope, runs: Sequence[AttainmentFact], rows: Sequence[NodeRow]) -> Trend:
    """Attainment of each node of `rows` in each month of the period."""
    tallies = _tallies(runs, lambda fact: (fact.node, fact.month))
    series: list[NodeTrend] = [
        {
            "code": row["code"],
            "name": row["name"],
            "points": [
                _share(tallies.get((row["code"], month), Tally())) for month in scope.months
            ],
        }
        for row in rows
    ]
    return {
        "finding": findings.trend(scope, series[0]),
        "subtitle": say(
            scope.language,
            "trend.plot",
            period=scope.period,
            n=forms.count(sum(row["counts"]["completed"] for row in rows)),
            least=scope.least("run"),
        ),
        "minimum": scope.minimum,
        "months": scope.months,
        "nodes": series,
    }


def departments(scope: Scope, legs: Iterable[AttainmentFact]) -> list[NodeDepartments]:
    """Attainment by department at each node, in the order of the process."""
    by_node: dict[str, list[AttainmentFact]] = defaultdict(list)
    for fact in legs:
        by_node[fact.node].append(fact)
    order = [code for code in scope.nodes if code in by_node]
    order += sorted(by_node.keys() - set(order))
    return [_node_departments(scope, code, by_node[code]) for code in order]


def ranking(scope: Scope, found: Iterable[NodeDepartments]) -> Ranking | None:
    """The worst and the best departments across the nodes; None when fewer than two are ranked."""
    places: list[Placing] = [
        {"node": section["name"], "department": row["name"], "attainment": row["attainment"]}
        for section in found
        for row in section["rows"]
        if row["rank"] is not None and row["name"] is not None
    ]
    if len(places) < 2:
        return None
    places.sort(key=_place_order)
    listed = min(LISTED_PLACES, len(places) // 2)
    worst, best = places[:listed], places[-listed:][::-1]
    return {
        "finding": findings.ranking(scope.language, len(places), worst[0], best[0]),
        "minimum": scope.minimum,
        "worst": worst,
        "best": best,
    }


def _node_departments(scope: Scope, code: str, legs: Iterable[AttainmentFact]) -> NodeDepartments:
    tallies = _tallies(legs, _department)

    def standing(name: str | None) -> tuple[object, ...]:
        made = tallies[name]
        if name is None or made.completed < scope.minimum:
            return (1 if name else 2, -made.completed, name or "")
        return (0, *_worst_first(made), name)

    order = sorted(tallies, key=standing)
    rows: list[DepartmentRow] = [
        {
            "name": name,
            "rank": place if standing(name)[0] == 0 else None,
            "counts": _counts(tallies[name]),
            "attainment": _share(tallies[name]),
        }
        for place, name in enumerate(order, start=1)
    ]
    return {
        "code": code,
        "name": scope.node_name(code),
        "finding": findings.departments(scope, scope.node_name(code), rows),
        "subtitle": say(
            scope.language,
            "departments.plot",
            period=scope.period,
            n=forms.count(sum(made.completed for made in tallies.values())),
            least=scope.least("leg"),
        ),
        "rows": rows,
    }


def _department(fact: AttainmentFact) -> str | None:
    return forms.plain(fact.department) or None if fact.department else None


def _tallies(
    facts: Iterable[AttainmentFact], key: Callable[[AttainmentFact], Key]
) -> dict[Key, Tally]:
    sums: dict[Key, Tally] = defaultdict(Tally)
    for fact in facts:
        sums[key(fact)] += fact.tally
    return sums


def _worst_first(made: Tally) -> tuple[Fraction, Fraction, int]:
    """Lowest attainment, then most beyond tolerance, then most completed; none completed last."""
    if not made.completed:
        return Fraction(2), Fraction(0), 0
    return made.attainment, -Fraction(made.warning, made.completed), -made.completed


def _place_order(place: Placing) -> tuple[Fraction, int, str, str]:
    part, whole = place["attainment"]["part"], place["attainment"]["whole"]
    return Fraction(part, whole), -whole, place["department"], place["node"]


def _node_row(code: str, name: str, made: Tally) -> NodeRow:
    return {"code": code, "name": name, "counts": _counts(made), "attainment": _share(made)}


def _share(made: Tally) -> Share:
    return {"part": made.normal, "whole": made.completed}


def _counts(made: Tally) -> StateCounts:
    return {
        "normal": made.normal,
        "acceptable": made.acceptable,
        "warning": made.warning,
        "completed": made.completed,
        "cancelled": made.cancelled,
    }
