"""A small incident process with facts to report on."""

from datetime import UTC, datetime, timedelta
from typing import Any

from services.reporting.domain.facts import AttainmentFact, Level, Source
from services.reporting.domain.scope import Scope

AS_OF = datetime(2016, 7, 1, 8, 30, tzinfo=UTC)
NODES = {
    "accept": {"zh": "受理", "en": "Accept"},
    "resolve": {"zh": "解决", "en": "Resolve"},
    "close": {"zh": "关闭", "en": "Close"},
}
SOURCES = [
    Source(
        name={"zh": "承诺服务", "en": "Commitments"},
        as_of=AS_OF - timedelta(hours=2),
        covered=240,
        total=243,
    ),
    Source(name={"zh": "战略服务", "en": "Strategy"}, as_of=None, covered=0, total=None),
]


def scope(**changes: Any) -> Scope:
    asked: dict[str, Any] = {
        "organisation": "Huaxin 华信",
        "process": "incident",
        "process_name": {"zh": "事件管理", "en": "Incident management"},
        "nodes": NODES,
        "first_month": "2016-03",
        "last_month": "2016-06",
        "as_of": AS_OF,
        "language": "en",
    }
    return Scope(**{**asked, **changes})


def fact(
    level: Level,
    node: str,
    month: str,
    completed: tuple[int, int, int],
    *,
    department: str | None = None,
    cancelled: int = 0,
    process: str = "incident",
) -> AttainmentFact:
    normal, acceptable, warning = completed
    return AttainmentFact(
        level=level,
        process=process,
        node=node,
        department=department,
        month=month,
        completed_normal=normal,
        completed_acceptable=acceptable,
        completed_warning=warning,
        cancelled=cancelled,
        as_of=AS_OF - timedelta(hours=3),
    )


def facts() -> list[AttainmentFact]:
    """240 runs: accept keeps 72 of 80, resolve 33 of 80, close 60 of 80."""
    runs = [
        fact("run", "accept", "2016-03", (36, 2, 2)),
        fact("run", "accept", "2016-04", (36, 2, 2), cancelled=1),
        fact("run", "resolve", "2016-03", (10, 20, 10)),
        fact("run", "resolve", "2016-05", (23, 10, 7)),
        fact("run", "close", "2016-03", (30, 6, 0)),
        fact("run", "close", "2016-06", (30, 10, 4)),
    ]
    legs = [
        fact("leg", "resolve", "2016-03", (9, 1, 0), department="Network"),
        fact("leg", "resolve", "2016-05", (3, 10, 7), department="Database"),
        fact("leg", "resolve", "2016-05", (1, 0, 8), department="Desktop"),
        fact("leg", "resolve", "2016-03", (2, 20, 9)),
        fact("leg", "close", "2016-03", (18, 2, 0), department="Network"),
    ]
    return runs + legs
