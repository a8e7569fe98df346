"""What the numbers say, in words: the title, the headings, the paragraph, the three figures."""

from collections.abc import Sequence
from fractions import Fraction

from services.reporting.domain.document import (
    DepartmentRow,
    Figure,
    Language,
    NodeRow,
    Nodes,
    NodeTrend,
    Placing,
    Ranking,
    Share,
    Trend,
)
from services.reporting.domain.forms import count, month, percent, short
from services.reporting.domain.scope import Scope
from services.reporting.domain.wording import counted, say, sentence

# Source 004: optimise a promise kept in 90 % of runs or more, and one kept in less than 10 %.
TIGHTEN_FROM = Fraction(9, 10)
IMPROVE_BELOW = Fraction(1, 10)


def title(scope: Scope, found: Nodes | None) -> str:
    if found is None:
        return say(
            scope.language,
            "title.nothing",
            period=scope.period,
            process=short(scope.process_title),
        )
    done = _completed(found)
    if len(done) > 1 and _value(done[0]["attainment"]) >= TIGHTEN_FROM:
        return say(scope.language, "title.kept")
    return say(
        scope.language,
        "title.weakest",
        node=short(done[0]["name"]),
        rate=percent(done[0]["attainment"], scope.language),
    )


def paragraph(
    scope: Scope, found: Nodes | None, moved: Trend | None, ranked: Ranking | None
) -> list[str]:
    """The sentences of the first page; none when nothing was completed."""
    if found is None:
        return []
    language = scope.language
    said = [_overall(scope, found["total"])]
    if cancelled := found["total"]["counts"]["cancelled"]:
        said.append(say(language, "cancelled", runs=counted(language, cancelled, "run")))
    done = _completed(found)
    if len(done) > 1:
        said.append(_extremes(language, done[0], done[-1]))
    if moved:
        said.append(sentence(language, moved["finding"]))
    if ranked:
        said.append(sentence(language, ranked["finding"]))
    return said + _advice(language, done)


def figures(language: Language, found: Nodes | None) -> list[Figure]:
    """Attainment over all nodes, attainment of the weakest node, runs beyond tolerance."""
    if found is None:
        return []
    total, weakest = found["total"], _completed(found)[0]
    beyond = _of(total, total["counts"]["warning"])
    runs = counted(language, beyond["whole"], "run")
    return [
        _rate_figure(language, say(language, "figure.kept"), total["attainment"]),
        _rate_figure(
            language,
            say(language, "figure.weakest", node=short(weakest["name"])),
            weakest["attainment"],
        ),
        {
            "value": count(beyond["part"]),
            "label": say(language, "figure.beyond"),
            "note": say(language, "figure.share", rate=percent(beyond, language), runs=runs),
            "share": beyond,
            "origin": "run",
        },
    ]


def nodes(language: Language, rows: Sequence[NodeRow]) -> str:
    worst = rows[0]
    done = worst["counts"]
    if done["normal"] == done["completed"]:
        return say(language, "nodes.kept")
    return say(
        language,
        "nodes.missed",
        node=short(worst["name"]),
        missed=percent(_of(worst, done["acceptable"] + done["warning"]), language),
        warning=percent(_of(worst, done["warning"]), language),
    )


def trend(scope: Scope, weakest: NodeTrend) -> str:
    """First against last month of the weakest node, of the months with enough runs."""
    enough = [
        (at, point)
        for at, point in zip(scope.months, weakest["points"], strict=True)
        if point["whole"] >= scope.minimum
    ]
    if len(enough) < 2:
        return say(scope.language, "trend.short")
    (first, before), (last, after) = enough[0], enough[-1]
    was, now = percent(before, scope.language), percent(after, scope.language)
    moved = "rose" if _value(after) > _value(before) else "fell"
    return say(
        scope.language,
        "trend.stayed" if was == now else f"trend.{moved}",
        node=short(weakest["name"]),
        first=month(first, scope.language),
        last=month(last, scope.language),
        before=was,
        after=now,
    )


def departments(scope: Scope, node: str, rows: Sequence[DepartmentRow]) -> str:
    ranked = [row for row in rows if row["rank"] is not None]
    if not ranked:
        return say(scope.language, "departments.none", node=short(node), least=scope.least("leg"))
    values = {"node": short(node)}
    for word, row in (("worst", ranked[0]), ("best", ranked[-1])):
        values[word] = short(row["name"] or "")
        values[f"{word}_rate"] = percent(row["attainment"], scope.language)
        values[f"{word}_legs"] = counted(scope.language, row["counts"]["completed"], "leg")
    return say(scope.language, f"departments.{'two' if len(ranked) > 1 else 'one'}", **values)


def ranking(language: Language, places: int, worst: Placing, best: Placing) -> str:
    return say(
        language,
        "ranking",
        places=count(places),
        worst=_place(language, worst),
        worst_rate=percent(worst["attainment"], language),
        best=_place(language, best),
        best_rate=percent(best["attainment"], language),
    )


def _overall(scope: Scope, total: NodeRow) -> str:
    done = total["counts"]
    return say(
        scope.language,
        "overall",
        period=scope.period,
        runs=counted(scope.language, done["completed"], "run"),
        normal=percent(_of(total, done["normal"]), scope.language),
        acceptable=percent(_of(total, done["acceptable"]), scope.language),
        warning=percent(_of(total, done["warning"]), scope.language),
    )


def _extremes(language: Language, worst: NodeRow, best: NodeRow) -> str:
    return say(
        language,
        "extremes",
        worst=short(worst["name"]),
        worst_rate=percent(worst["attainment"], language),
        worst_runs=counted(language, worst["counts"]["completed"], "run"),
        best=short(best["name"]),
        best_rate=percent(best["attainment"], language),
        best_runs=counted(language, best["counts"]["completed"], "run"),
    )


def _advice(language: Language, done: Sequence[NodeRow]) -> list[str]:
    said = []
    for row in done:
        rate = _value(row["attainment"])
        if rate >= TIGHTEN_FROM or rate < IMPROVE_BELOW:
            key = "tighten" if rate >= TIGHTEN_FROM else "improve"
            said.append(say(language, key, node=short(row["name"])))
    return said


def _rate_figure(language: Language, label: str, share: Share) -> Figure:
    runs = counted(language, share["whole"], "run")
    return {
        "value": percent(share, language),
        "label": label,
        "note": say(language, "figure.of", part=count(share["part"]), runs=runs),
        "share": share,
        "origin": "run",
    }


def _completed(found: Nodes) -> list[NodeRow]:
    return [row for row in found["rows"] if row["counts"]["completed"]]


def _of(row: NodeRow, part: int) -> Share:
    return {"part": part, "whole": row["counts"]["completed"]}


def _value(share: Share) -> Fraction:
    return Fraction(share["part"], share["whole"])


def _place(language: Language, place: Placing) -> str:
    return say(language, "place", department=short(place["department"]), node=short(place["node"]))
