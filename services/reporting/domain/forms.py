"""How numbers, months, instants and ages are written in Chinese and in English."""

import re
import unicodedata
from datetime import datetime, timedelta

from services.reporting.domain.document import Language, Share

# Bidirectional overrides reorder the text around a name.
_REORDERING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
_AGES = ((86_400, "天", "d"), (3_600, "小时", "h"), (60, "分钟", "min"))


def plain(text: str) -> str:
    """`text` on one line, without characters that XML, JSON or a page cannot carry."""
    kept = (
        " " if unicodedata.category(char) in {"Cc", "Zl", "Zp"} else char
        for char in text
        if char not in _REORDERING
        and unicodedata.category(char) != "Cs"
        and ord(char) & 0xFFFE != 0xFFFE
    )
    return " ".join("".join(kept).split())


def short(text: str, limit: int = 60) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def hundredths(share: Share, places: int = 0) -> str:
    """The share of 100 rounded half up for reading; 0 and 100 only when they are exact."""
    part, whole = share["part"], share["whole"]
    if whole == 0:
        return "–"
    full = 100 * 10**places
    rounded = (2 * part * full + whole) // (2 * whole)
    if 0 < part < whole:
        rounded = min(max(rounded, 1), full - 1)
    units, decimals = divmod(rounded, 10**places)
    return f"{units}.{decimals:0{places}d}" if places else str(units)


def percent(share: Share, language: Language) -> str:
    digits = hundredths(share)
    if share["whole"] == 0:
        return digits
    return digits + ("%" if language == "zh" else "\u00a0%")


def count(number: int) -> str:
    return f"{number:,}"


def months(first: str, last: str) -> list[str]:
    """Every YYYY-MM from `first` to `last`, both included; ValueError when they are not months."""
    for month in (first, last):
        if not _MONTH.fullmatch(month):
            raise ValueError(f"month must be YYYY-MM, not {month!r}")
    if last < first:
        raise ValueError(f"the period ends in {last}, before it begins in {first}")
    start, end = (int(month[:4]) * 12 + int(month[5:]) - 1 for month in (first, last))
    return [f"{number // 12:04d}-{number % 12 + 1:02d}" for number in range(start, end + 1)]


def month(value: str, language: Language) -> str:
    return value if language == "en" else f"{value[:4]}年{int(value[5:])}月"


def period(first: str, last: str, language: Language) -> str:
    if first == last:
        return month(first, language)
    if language == "en":
        return f"{first} to {last}"
    tail = month(last, "zh")
    return f"{month(first, 'zh')}至{tail[5:] if first[:4] == last[:4] else tail}"


def instant(moment: datetime, language: Language) -> str:
    clock = f"{moment:%H:%M}"
    offset = f"{moment:%z}" if moment.utcoffset() else ""
    zone = f"UTC{offset[:3]}:{offset[3:5]}" if offset else "UTC"
    if language == "en":
        return f"{moment:%Y-%m-%d} {clock} {zone}"
    return f"{moment.year}年{moment.month}月{moment.day}日 {clock}（{zone}）"


def age(seconds: int, language: Language) -> str:
    """The largest whole unit: days, hours or minutes."""
    for size, chinese, english in _AGES:
        if seconds >= size:
            number = count(seconds // size)
            return f"{number}{chinese}" if language == "zh" else f"{number} {english}"
    return "不到1分钟" if language == "zh" else "under 1 min"


def elapsed(since: datetime, until: datetime) -> int:
    """Whole seconds from `since` to `until`; a source that runs ahead is zero seconds old."""
    return max(0, (until - since) // timedelta(seconds=1))
