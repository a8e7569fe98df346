"""A table of ratings by several raters arrives untrusted and is refused with every fault."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from .faults import Fault, InvalidRatingsError, Text, below

Value = int | float | str
Rows = list[list[Value | None]]

MOST = 100_000
MOST_VALUES = 1_000
MOST_COUNTS = 2_000_000
MOST_DRAWS = 20_000_000
_FAR = 10**9
_LONGEST = 200
_FIELDS = {"rater", "unit", "value"}


class Side(StrEnum):
    """Whose ratings stand together in a table."""

    RATERS = "raters"
    UNITS = "units"


def read_table(document: object, at: str, side: Side | None = None) -> Rows:
    """A row for each rater with a column for each unit; None where a rater gave nothing.

    The document is a list of such rows, which all have the same length, or an object of them by
    rater; an object by unit of objects by rater; or a list of single ratings
    `{"rater": ..., "unit": ..., "value": ...}`. With `side` its rows, or the members of an object
    of objects, are those of that side. Raises InvalidRatingsError.
    """
    faults: list[Fault] = []
    rows: Rows = []
    usual = Side.RATERS
    if not isinstance(document, Mapping | list):
        faults.append(Fault(at, "wrong_type", _TABLE_EXPECTED))
    elif _size(document) > MOST:
        faults.append(Fault(at, "too_many", _TOO_MANY))
    elif isinstance(document, Mapping):
        if any(isinstance(row, list) for row in document.values()):
            rows = _from_rows(document, at, faults)
        else:
            rows, usual = _from_units(document, at, faults), Side.UNITS
    elif document and isinstance(document[0], Mapping):
        rows, side = _from_single(document, at, faults), None
    else:
        rows = _from_rows(dict(enumerate(document)), at, faults)
    if faults:
        raise InvalidRatingsError(faults)
    return rows if side in (None, usual) else [list(column) for column in zip(*rows, strict=True)]


def demand_measurable(rows: Rows, resamples: int, at: str, resamples_at: str) -> None:
    """Refuse what would take minutes or gigabytes; raises InvalidRatingsError."""
    units = len(rows[0]) if rows else 0
    values = len({value for row in rows for value in row if value is not None})
    faults: list[Fault] = []
    if values > MOST_VALUES or units * values > MOST_COUNTS:
        faults.append(Fault(at, "too_many_values", _TOO_MANY_VALUES))
    if resamples * units > MOST_DRAWS:
        faults.append(Fault(resamples_at, "too_many_draws", _TOO_MANY_DRAWS))
    if faults:
        raise InvalidRatingsError(faults)


def _size(document: Mapping[str, object] | list[object]) -> int:
    rows = document.values() if isinstance(document, Mapping) else document
    return max(len(document), sum(len(row) for row in rows if isinstance(row, Mapping | list)))


def _from_rows(document: Mapping[Any, object], at: str, faults: list[Fault]) -> Rows:
    rows: Rows = []
    for rater, row in document.items():
        pointer = below(at, rater)
        if not isinstance(row, list):
            faults.append(Fault(pointer, "wrong_type", _TABLE_EXPECTED))
            continue
        if rows and len(row) != len(rows[0]):
            faults.append(Fault(pointer, "wrong_length", _WRONG_LENGTH))
        rows.append([_value(raw, below(pointer, unit), faults) for unit, raw in enumerate(row)])
    return rows


def _from_units(document: Mapping[str, object], at: str, faults: list[Fault]) -> Rows:
    given: dict[tuple[str, str], Value | None] = {}
    for unit, ratings in document.items():
        pointer = below(at, unit)
        if not isinstance(ratings, Mapping):
            faults.append(Fault(pointer, "wrong_type", _TABLE_EXPECTED))
            continue
        for rater, raw in ratings.items():
            given[rater, unit] = _value(raw, below(pointer, rater), faults)
    return _tabulated(given, at, faults)


def _from_single(document: list[object], at: str, faults: list[Fault]) -> Rows:
    given: dict[tuple[str, str], Value | None] = {}
    for position, each in enumerate(document):
        pointer = below(at, position)
        if not isinstance(each, Mapping) or not {"rater", "unit"} <= set(each) <= _FIELDS:
            faults.append(Fault(pointer, "wrong_type", _SINGLE_EXPECTED))
            continue
        rater, unit = _name(each["rater"]), _name(each["unit"])
        if rater is None or unit is None:
            faults.append(Fault(pointer, "wrong_type", _SINGLE_EXPECTED))
        elif (rater, unit) in given:
            faults.append(Fault(pointer, "duplicate", _DUPLICATE))
        else:
            given[rater, unit] = _value(each.get("value"), below(pointer, "value"), faults)
    return _tabulated(given, at, faults)


def _tabulated(given: Mapping[tuple[str, str], Value | None], at: str, faults: list[Fault]) -> Rows:
    raters = dict.fromkeys(rater for rater, _ in given)
    units = dict.fromkeys(unit for _, unit in given)
    if len(given) > MOST or len(raters) * len(units) > 10 * MOST:
        faults.append(Fault(at, "too_many", _TOO_MANY))
        return []
    return [[given.get((rater, unit)) for unit in units] for rater in raters]


def _value(raw: object, pointer: str, faults: list[Fault]) -> Value | None:
    if raw is None:
        return None
    if isinstance(raw, str) and 0 < len(raw) <= _LONGEST:
        return raw
    # NaN and the infinities are no more within reach than 10**400, which no float can hold.
    if isinstance(raw, int | float) and not isinstance(raw, bool) and -_FAR <= raw <= _FAR:
        return raw
    faults.append(Fault(pointer, "wrong_value", _VALUE_EXPECTED))
    return None


def _name(raw: object) -> str | None:
    """What a rater or a unit is called; a number is a name as well."""
    name = str(raw) if type(raw) is int and -_FAR <= raw <= _FAR else raw
    return name if isinstance(name, str) and 0 < len(name) <= _LONGEST else None


_TABLE_EXPECTED = Text(
    "必须是按评审员排列（或以评审员为键）的行，每行按单元排列；或以单元、再以评审员为键的对象；或单个评级的列表。",
    "Must be rows with a value for each unit, as a list or an object by rater, an object by unit "
    "of objects by rater, or a list of single ratings.",
)
_SINGLE_EXPECTED = Text(
    "必须是含 rater、unit（文本或整数）和 value 的对象。",
    "Must be an object with rater and unit, texts or integers, and value.",
)
_WRONG_LENGTH = Text("各行的长度必须相同。", "Every row needs the same number of values.")
_DUPLICATE = Text("这位评审员已给该单元评级。", "This rater has rated this unit already.")
_VALUE_EXPECTED = Text(
    "必须是绝对值不超过十亿的有限数值、至多 200 个字符的文本或 null。",
    "Must be a finite number of at most a billion, a text of at most 200 characters, or null.",
)
_TOO_MANY = Text(f"评级多于 {MOST} 项。", f"More than {MOST} ratings.")
_TOO_MANY_VALUES = Text(
    f"不同的取值至多 {MOST_VALUES} 种，与单元数之积至多 {MOST_COUNTS}。",
    f"At most {MOST_VALUES} different values, and {MOST_COUNTS} units times values.",
)
_TOO_MANY_DRAWS = Text(
    f"重抽样次数与单元数之积至多 {MOST_DRAWS}。", f"At most {MOST_DRAWS} resamples times units."
)
