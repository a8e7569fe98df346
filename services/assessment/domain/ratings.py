"""Ratings and targets arrive as untrusted documents and are refused with every fault at once."""

from collections.abc import Mapping
from dataclasses import dataclass

from .faults import Fault, InvalidRatingsError, Text, below, is_unicode
from .model import Model, Scale


@dataclass(frozen=True, slots=True)
class NotApplicable:
    reason: str


Rating = int | NotApplicable


def read(
    model: Model, ratings: object, target: object = None
) -> tuple[dict[str, Rating], dict[str, int]]:
    """The ratings and the target level of every cell that has one; cells left out are unrated.

    `ratings` maps cell ids to a level or percentage, `{"na": reason}` or null. `target` is null,
    one level for every cell, or a map from item ids, where the most specific entry wins and null
    clears. Raises InvalidRatingsError.
    """
    faults: list[Fault] = []
    rated = read_ratings(model, ratings, "/ratings", faults)
    aimed = read_target(model, target, "/target", faults)
    if faults:
        raise InvalidRatingsError(faults)
    return rated, aimed


def read_ratings(
    model: Model,
    document: object,
    at: str,
    faults: list[Fault],
    cells: Mapping[str, Scale] | None = None,
) -> dict[str, Rating]:
    """`cells` is what is rated, where that is not every cell of the model."""
    cells = model.cells if cells is None else cells
    if not isinstance(document, Mapping):
        faults.append(Fault(at, "wrong_type", _MAP_EXPECTED))
        return {}
    ratings: dict[str, Rating] = {}
    for id_, raw in document.items():
        pointer = below(at, id_)
        if id_ not in model.items:
            faults.append(Fault(pointer, "unknown_item", _UNKNOWN_ITEM))
        elif id_ not in cells:
            faults.append(Fault(pointer, "not_a_cell", _NOT_A_CELL))
        elif raw is not None:
            rating = read_rating(model, cells[id_], raw, pointer, faults)
            if rating is not None:
                ratings[id_] = rating
    return ratings


def read_rating(
    model: Model, scale: Scale, raw: object, pointer: str, faults: list[Fault]
) -> Rating | None:
    if not isinstance(raw, Mapping):
        return _level(scale, raw, pointer, faults, _RATING_EXPECTED)
    if set(raw) != {"na"}:
        faults.append(Fault(pointer, "wrong_type", _RATING_EXPECTED))
    elif not model.not_applicable_allowed:
        faults.append(Fault(pointer, "not_applicable_forbidden", _NOT_APPLICABLE_FORBIDDEN))
    elif not isinstance(raw["na"], str) or not is_unicode(raw["na"]):
        faults.append(Fault(pointer, "wrong_type", _RATING_EXPECTED))
    elif not raw["na"].strip():
        faults.append(Fault(pointer, "reason_missing", _REASON_MISSING))
    else:
        return NotApplicable(raw["na"].strip())
    return None


def read_target(model: Model, document: object, at: str, faults: list[Fault]) -> dict[str, int]:
    target: dict[str, int] = {}
    for id_, (raw, pointer) in spread(model, document, at, faults).items():
        if raw is not None:
            level = _level(model.cells[id_], raw, pointer, faults, _TARGET_EXPECTED)
            if level is not None:
                target[id_] = level
    return target


def read_facts(
    model: Model, document: object, at: str, faults: list[Fault]
) -> dict[str, dict[str, int]]:
    """How much of what the evidence of a cell holds: `{"leadership.deployed": {"periods": 3}}`."""
    if not isinstance(document, Mapping):
        faults.append(Fault(at, "wrong_type", _MAP_EXPECTED))
        return {}
    found: dict[str, dict[str, int]] = {}
    for id_, counts in document.items():
        pointer = below(at, id_)
        if id_ not in model.cells:
            faults.append(Fault(pointer, "unknown_item", _UNKNOWN_ITEM))
        elif not isinstance(counts, Mapping):
            faults.append(Fault(pointer, "wrong_type", _COUNTS_EXPECTED))
        else:
            for fact, count in counts.items():
                if isinstance(count, bool) or not isinstance(count, int) or count < 0:
                    faults.append(Fault(below(pointer, fact), "wrong_type", _COUNTS_EXPECTED))
                else:
                    found.setdefault(id_, {})[fact] = count
    return found


def spread(
    model: Model, document: object, at: str, faults: list[Fault]
) -> dict[str, tuple[object, str]]:
    """What a single value or a map from item ids says of every cell, with where it says so."""
    if not isinstance(document, Mapping):
        return dict.fromkeys(model.cells, (document, at))
    faults.extend(
        Fault(below(at, id_), "unknown_item", _UNKNOWN_ITEM)
        for id_ in document
        if id_ not in model.items
    )
    said: dict[str, tuple[object, str]] = {}
    # Parents come before their children, so the most specific entry is written last.
    for item in model.items.values():
        if item.id in document:
            entry = (document[item.id], below(at, item.id))
            said.update((part.id, entry) for part in item.walk() if part.id in model.cells)
    return said


def _level(
    scale: Scale, raw: object, pointer: str, faults: list[Fault], expected: Text
) -> int | None:
    # JSON's true is an int to Python, and 3.0 or NaN a float: neither is a level.
    if isinstance(raw, bool) or not isinstance(raw, int):
        faults.append(Fault(pointer, "wrong_type", expected))
    elif raw not in scale.values:
        faults.append(Fault(pointer, "outside_scale", _outside(scale)))
    else:
        return raw
    return None


def _outside(scale: Scale) -> Text:
    ratings = list(scale.values)
    if len(ratings) <= 10:
        allowed = ", ".join(map(str, ratings))
        return Text(f"不在量表之内；可用 {allowed}。", f"Not on the scale: use {allowed}.")
    step = ratings[1] - ratings[0]
    return Text(
        f"不在量表之内；可用 {ratings[0]} 至 {ratings[-1]}，步长 {step}。",
        f"Not on the scale: use {ratings[0]} to {ratings[-1]} in steps of {step}.",
    )


_MAP_EXPECTED = Text("必须是以条目标识为键的对象。", "Must be an object keyed by item id.")
_UNKNOWN_ITEM = Text("模型中没有这个条目。", "The model has no such item.")
_NOT_A_CELL = Text(
    "该条目由其下的条目计算得出，不能直接评级。",
    "This item follows from the items below it and is not rated directly.",
)
_RATING_EXPECTED = Text(
    '必须是整数、{"na": 原因} 或 null。', 'Must be an integer, {"na": reason} or null.'
)
_TARGET_EXPECTED = Text(
    "必须是整数、以条目标识为键的整数对象或 null。",
    "Must be an integer, an object of integers by item id, or null.",
)
_COUNTS_EXPECTED = Text(
    "必须是以事实名称为键、以非负整数为值的对象。",
    "Must be an object of counts, integers from 0, by fact.",
)
_NOT_APPLICABLE_FORBIDDEN = Text(
    "该模型不允许“不适用”。", "This model does not allow an item to be not applicable."
)
_REASON_MISSING = Text("“不适用”必须说明原因。", "Not applicable needs a reason.")
