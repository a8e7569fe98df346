"""A fault is one thing wrong with a definition, said where and in both languages."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")
D = TypeVar("D")

CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
"""What a process or a node may be called; an `@` is left for `code@version`."""

_TEXTS = {
    "bad_code": (
        "编码须以字母或数字开头,只含字母、数字与 . _ -,至多 64 个字符",
        "a code begins with a letter or digit, has only letters, digits and . _ -, and at most 64",
    ),
    "bad_date": ("日期须为 YYYY-MM-DD:{value}", "a date is written YYYY-MM-DD: {value}"),
    "bad_time": (
        "时刻须为 HH:MM 或 HH:MM:SS,截止时刻可为 24:00:{value}",
        "a time is written HH:MM or HH:MM:SS, an end may be 24:00: {value}",
    ),
    "bad_version": ("版本须为正整数", "a version is a positive integer"),
    "cycle": ("节点顺序成环:{value}", "the order of the nodes is cyclic: {value}"),
    "duplicate": ("重复:{value}", "given twice: {value}"),
    "empty": ("不能为空", "must not be empty"),
    "expected_boolean": ("须为 true 或 false", "must be true or false"),
    "expected_list": ("须为列表", "must be a list"),
    "expected_object": ("须为对象", "must be an object"),
    "expected_text": ("须为文本", "must be text"),
    "expected_value": ("须为文本或 null", "must be text or null"),
    "missing": ("缺少此项", "is missing"),
    "overlap": ("与另一时段重叠:{value}", "overlaps another window: {value}"),
    "too_deep": ("条件嵌套超过 {value} 层", "conditions nest deeper than {value} levels"),
    "too_large": ("条件超过 {value} 个元素", "the condition has more than {value} parts"),
    "too_many": ("超过 {value} 个", "there are more than {value}"),
    "unknown_key": ("未知的字段", "is not a known field"),
    "unknown_reference": ("没有此节点:{value}", "there is no such node: {value}"),
    "unknown_time_zone": ("未知的 IANA 时区:{value}", "is not an IANA time zone: {value}"),
    "zero_length": (
        "时段的起止相同;全天请写 00:00 至 24:00",
        "the window has no length; a whole day is 00:00 to 24:00",
    ),
}


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

    def fault(self, pointer: str, code: str, value: object = "") -> None:
        zh, en = (text.format(value=str(value)[:120]) for text in _TEXTS[code])
        self.faults.append(Fault(pointer, code, Text(zh, en)))

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
        """The members of an object that has all of `required` and nothing beyond `optional`.

        An optional member that is null counts as left out.
        """
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
        return {k: v for k, v in members.items() if v is not None or k in required}

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

    def items(self, plain: object, pointer: str) -> list[tuple[str, object]]:
        """The entries of a list, each with its pointer."""
        if isinstance(plain, list | tuple):
            return [(below(pointer, index), item) for index, item in enumerate(plain)]
        self.fault(pointer, "expected_list")
        return []

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
