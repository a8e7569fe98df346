"""The data document of the commitment attainment report; every format is made from it alone.

Its published schema is `schema/attainment.json`.
"""

import hashlib
import json
from typing import Literal, TypedDict

from services.reporting.domain.facts import Level

Language = Literal["zh", "en"]


class Share(TypedDict):
    """An exact fraction; `whole` is the denominator and may be zero."""

    part: int
    whole: int


class Named(TypedDict):
    code: str
    name: str


class StateCounts(TypedDict):
    normal: int
    acceptable: int
    warning: int
    completed: int
    cancelled: int


class Period(TypedDict):
    first_month: str
    last_month: str
    text: str


class Origin(TypedDict):
    """Which records figures of one level come from, and the instant they are known up to."""

    level: Level
    as_of: str | None
    text: str


class Figure(TypedDict):
    value: str
    label: str
    note: str
    share: Share
    origin: Level


class NodeRow(TypedDict):
    code: str
    name: str
    counts: StateCounts
    attainment: Share


class Nodes(TypedDict):
    finding: str
    subtitle: str
    rows: list[NodeRow]
    total: NodeRow


class NodeTrend(TypedDict):
    """`points` stand in the order of the trend's months."""

    code: str
    name: str
    points: list[Share]


class Trend(TypedDict):
    """A month in which a node completed fewer than `minimum` runs says little about it."""

    finding: str
    subtitle: str
    minimum: int
    months: list[str]
    nodes: list[NodeTrend]


class DepartmentRow(TypedDict):
    """`name` is None for legs whose department is unknown, `rank` (1 = worst) for too few legs."""

    name: str | None
    rank: int | None
    counts: StateCounts
    attainment: Share


class NodeDepartments(TypedDict):
    code: str
    name: str
    finding: str
    subtitle: str
    rows: list[DepartmentRow]


class Placing(TypedDict):
    node: str
    department: str
    attainment: Share


class Ranking(TypedDict):
    finding: str
    minimum: int
    worst: list[Placing]
    best: list[Placing]


class Indicator(TypedDict):
    """`value` and `target` are decimals in text, so that none is rounded."""

    code: str
    name: str
    period: str
    value: str | None
    target: str | None


class SourceRow(TypedDict):
    name: str
    as_of: str | None
    age_seconds: int | None
    covered: int
    total: int | None


class AttainmentDocument(TypedDict):
    kind: Literal["commitment-attainment"]
    version: Literal[1]
    language: Language
    title: str
    organisation: str
    process: Named
    period: Period
    as_of: str
    findings: list[str]
    figures: list[Figure]
    nodes: Nodes | None
    trend: Trend | None
    departments: list[NodeDepartments]
    ranking: Ranking | None
    indicators: list[Indicator]
    origins: list[Origin]
    sources: list[SourceRow]
    method: str


def fingerprint(document: AttainmentDocument) -> str:
    """SHA-256, in hex, of the document's canonical JSON.

    Keys are ASCII and numbers are integers, so sorted compact JSON is what RFC 8785 prescribes.
    """
    text = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
