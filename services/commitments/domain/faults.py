"""A fault is one thing wrong with a definition, said where and in both languages."""

import re
import reprlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")
D = TypeVar("D")

CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
"""What a process or a node may be called; an `@` is left for `code@version`."""

TEXTS = {
    "bad_code": (
        "编码须以字母或数字开头，只能包含字母、数字以及“.”“_”“-”，且不超过 64 个字符。",
        "a code begins with a letter or digit, has only letters, digits and . _ -, and at most 64",
    ),
    "bad_date": (
        "日期须是 YYYY-MM-DD 形式的真实日期，“{value}”不是。",
        "a date is written YYYY-MM-DD: {value}",
    ),
    "bad_time": (
        "时刻须写作 HH:MM 或 HH:MM:SS（结束时刻可为 24:00），而不是“{value}”。",
        "a time is written HH:MM or HH:MM:SS, an end may be 24:00: {value}",
    ),
    "bad_version": ("版本须为正整数。", "a version is a positive integer"),
    "cycle": ("节点的先后顺序成环：{value}。", "the order of the nodes is cyclic: {value}"),
    "duplicate": ("“{value}”重复出现。", "given twice: {value}"),
    "empty": ("此项不能为空。", "must not be empty"),
    "expected_boolean": ("此项须为 true 或 false。", "must be true or false"),
    "expected_list": ("此项须为列表。", "must be a list"),
    "expected_object": ("此项须为对象。", "must be an object"),
    "expected_pair": (
        "时段须由开始和结束两个时刻组成。",
        "a window is a pair of a start and an end",
    ),
    "expected_text": ("此项须为文本。", "must be text"),
    "expected_value": ("此项须为文本或 null。", "must be text or null"),
    "missing": ("缺少此项。", "is missing"),
    "overlap": ("该时段与 {value} 处的时段重叠。", "overlaps another window: {value}"),
    "too_deep": ("条件的嵌套不能超过 {value} 层。", "conditions nest deeper than {value} levels"),
    "too_large": ("条件不能超过 {value} 个元素。", "the condition has more than {value} parts"),
    "too_many": ("此处不能超过 {value} 项。", "there are more than {value}"),
    "unknown_key": ("这是未知的字段。", "is not a known field"),
    "unknown_reference": ("没有编码为“{value}”的节点。", "there is no such node: {value}"),
    "unknown_time_zone": ("“{value}”不是 IANA 时区。", "is not an IANA time zone: {value}"),
    "zero_length": (
        "时段的开始与结束相同；全天请写作 00:00 至 24:00。",
        "the window has no length; a whole day is 00:00 to 24:00",
    ),
}
"""What each code says, in zh and en."""


@dataclass(frozen=True, slots=True)
class Text:
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Fault:
    """`pointer` is an RFC 6901 pointer into the definition, `code` is stable across languages."""

    pointer: str
    code: str
    text: Text


class InvalidDefinitionError(ValueError):
    """A calendar, condition or process with every fault that was found in it."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(dict.fromkeys(faults))
        super().__init__("; ".join(f"{f.pointer or '/'}: {f.text.en}" for f in self.faults))


def below(pointer: str, token: str | int) -> str:
    """The pointer to a member of what `pointer` points to, escaped as RFC 6901 asks."""
    escaped = str(token).replace("~", "~0").replace("/", "~1")
    return f"{pointer}/{escaped}"


class Reader:
    """Reads a definition from plain data and collects its faults; a faulty part reads as empty."""

    __slots__ = ("faults",)

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def fault(self, pointer: str, code: str, *values: object) -> None:
        zh, en = (
            text.format(value=_sendable(comma.join(map(_shown, values))[:120]))
            for text, comma in zip(TEXTS[code], ("、", ", "), strict=True)
        )
        self.faults.append(Fault(_sendable(pointer), code, Text(zh, en)))

    def finish(self) -> None:
        """Raises InvalidDefinitionError when anything was wrong."""
        if self.faults:
            raise InvalidDefinitionError(self.faults)

    def fields(
        self,
        plain: object,
        pointer: str,
        required: Iterable[str],
        optional: Iterable[str] = (),
    ) -> Mapping[str, object]:
        """The members of an object that has all of `required` and nothing beyond `optional`."""
        required = tuple(required)
        known = {*required, *optional}
        members = self.members(plain, pointer)
        for key in members:
            if key not in known:
                self.fault(below(pointer, key), "unknown_key")
        if isinstance(plain, Mapping):
            for key in required:
                if key not in members:
                    self.fault(below(pointer, key), "missing")
        return members

    def part(
        self,
        members: Mapping[str, object],
        key: str,
        pointer: str,
        read: Callable[[object, str], T],
        default: D,
    ) -> T | D:
        """What `read` makes of one member, the default when it is left out."""
        return read(members[key], below(pointer, key)) if key in members else default

    def members(self, plain: object, pointer: str) -> Mapping[str, object]:
        if isinstance(plain, Mapping):
            return {str(key): value for key, value in plain.items()}
        self.fault(pointer, "expected_object")
        return {}

    def items(
        self, plain: object, pointer: str, at_most: int | None = None
    ) -> list[tuple[str, object]]:
        """The entries of a list, each with its pointer; none of a list of more than `at_most`."""
        if not isinstance(plain, list | tuple):
            self.fault(pointer, "expected_list")
            return []
        if at_most is not None and len(plain) > at_most:
            self.fault(pointer, "too_many", at_most)
            return []
        return [(below(pointer, index), item) for index, item in enumerate(plain)]

    def flag(self, plain: object, pointer: str) -> bool:
        if not isinstance(plain, bool):
            self.fault(pointer, "expected_boolean")
        return plain is True

    def text(self, plain: object, pointer: str) -> str:
        if isinstance(plain, str) and plain.strip():
            return plain
        self.fault(pointer, "empty" if isinstance(plain, str) else "expected_text")
        return ""

    def code(self, plain: object, pointer: str) -> str:
        code = self.text(plain, pointer)
        if code and not CODE.fullmatch(code):
            self.fault(pointer, "bad_code")
        return code

    def names(self, plain: object, pointer: str) -> Text:
        """A text in both languages."""
        members = self.fields(plain, pointer, ("zh", "en"))
        zh, en = (self.part(members, key, pointer, self.text, "") for key in ("zh", "en"))
        return Text(zh, en)


def _shown(value: object) -> str:
    return value if isinstance(value, str) else reprlib.repr(value)


def _sendable(text: str) -> str:
    # JSON can write one half of a surrogate pair, which UTF-8 cannot.
    return text.encode("utf-8", "replace").decode()
