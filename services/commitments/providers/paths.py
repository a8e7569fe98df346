"""A path names one value of a delivery; following it takes as many steps as it has."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from shared.schemas import fault

MAX_PATH = 200
MAX_STEPS = 20
_HEADER = "header:"
_TEMPLATE = re.compile(r"(?:[^{}]|\{[^{}]+\})+")
_HOLE = re.compile(r"\{([^{}]+)\}")


@dataclass(frozen=True, slots=True)
class Delivered:
    """What a path leads into: the payload, and the headers by their lower-case names."""

    payload: Any
    headers: Mapping[str, str]

    def at(self, path: str) -> Any:
        """The value at this path, None when nothing is there."""
        if "{" in path:
            return self._filled(path)
        if path.startswith(_HEADER):
            return self.headers.get(path.removeprefix(_HEADER).lower())
        value = self.payload
        for step in _steps(path):
            value = _member(value, step)
        return value

    def _filled(self, template: str) -> str | None:
        values = {path: plain(self.at(path)) for path in _HOLE.findall(template)}
        if None in values.values():
            return None
        return _HOLE.sub(lambda hole: str(values[hole.group(1)]), template)


def plain(value: Any) -> str | None:
    """A value as text; None for what is no single value.

    Of a record that is sent with what a person reads (`display_value`), that.
    """
    if isinstance(value, dict):
        value = value.get("display_value")
    if value is None or isinstance(value, (dict, list)):
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    # 1e999 is JSON, and more than a number can hold here.
    return None if isinstance(value, float) and not math.isfinite(value) else str(value)


def check_path(path: str) -> str:
    """The path itself; refuses one that cannot be followed."""
    holes = _HOLE.findall(path) if "{" in path or "}" in path else [path]
    whole = not holes or (holes != [path] and not _TEMPLATE.fullmatch(path))
    steps = [_steps(hole) for hole in holes if not hole.startswith(_HEADER)]
    if whole or not all(0 < len(s) <= MAX_STEPS and "" not in s for s in steps):
        raise fault("bad_path", f"Not a path: at most {MAX_STEPS} steps, none of them empty.")
    return path


def members(path: str) -> frozenset[str]:
    """Which members a flat record must have for this path to lead to a value."""
    holes = _HOLE.findall(path) if "{" in path else [path]
    return frozenset(steps[0] if len(steps := _steps(hole)) == 1 else hole for hole in holes)


@lru_cache(maxsize=4096)
def _steps(path: str) -> tuple[str, ...]:
    if path.startswith("/"):
        return tuple(step.replace("~1", "/").replace("~0", "~") for step in path[1:].split("/"))
    return tuple(path.split("."))


def _member(value: Any, step: str) -> Any:
    if isinstance(value, Mapping):
        return value.get(step)
    if isinstance(value, Sequence) and not isinstance(value, str) and step.isdecimal():
        index = int(step[:9])
        return value[index] if index < len(value) else None
    return None
