"""Noto Sans SC, the one font of printed pages and charts."""

import unicodedata
from functools import cache
from pathlib import Path
from typing import Any

import justmytype_intl_cjk
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

FAMILY = "Noto Sans SC"
DIRECTORY = Path(justmytype_intl_cjk.__file__).parent / "fonts" / "ofl" / "notosanssc"


def printable(value: Any) -> Any:
    """`value` (JSON) with every character that the font lacks spelled out in brackets.

    PDF/A and PDF/UA forbid text without a glyph, so 🚀 is printed as [rocket].
    """
    if isinstance(value, str):
        return value if value.isascii() else "".join(map(_spelled, value))
    if isinstance(value, dict):
        return {key: printable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [printable(item) for item in value]
    return value


@cache
def _covered() -> frozenset[int]:
    with TTFont(DIRECTORY / "NotoSansSC[wght].ttf", lazy=True) as font:
        return frozenset(font.getBestCmap())


def _spelled(char: str) -> str:
    if ord(char) in _covered():
        return char
    category = unicodedata.category(char)
    if category == "Cf" or unicodedata.name(char, "").startswith("VARIATION SELECTOR"):
        return ""
    if category == "Zs":
        return " "
    name = unicodedata.name(char, "").lower() if category == "So" else ""
    return f"[{name or f'U+{ord(char):04X}'}]"
