"""A document node reads one value of an untrusted document and notes what is wrong with it."""

import re
from collections.abc import Iterator
from fractions import Fraction
from math import lcm
from typing import TypeVar

from .canonical import digest
from .faults import Fault, InvalidModelError, Text, below, is_unicode

_DEPTH = 24
_LONGEST_TEXT = 5_000
_LARGEST = 1_000_000
_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
# No exponents: a short text such as 1e999999999 must not cost a long number.
_RATIONAL = re.compile(r"\d{1,7}(/\d{1,7}|\.\d{1,6})?", re.ASCII)

T = TypeVar("T")


class Absent:
    """The value of a field that the document does not have."""


ABSENT = Absent()


class Node:
    """Readers return a harmless value after noting a fault, so that reading goes on to the next."""

    __slots__ = ("faults", "pointer", "value")

    def __init__(self, value: object, pointer: str, faults: list[Fault]) -> None:
        self.value = value
        self.pointer = pointer
        self.faults = faults

    def __bool__(self) -> bool:
        return self.value is not ABSENT and self.value is not None

    def __getitem__(self, name: str) -> "Node":
        if not isinstance(self.value, dict):
            # The value itself is already at fault; its missing fields are not news.
            return Node(ABSENT, below(self.pointer, name), [])
        return Node(self.value.get(name, ABSENT), below(self.pointer, name), self.faults)

    def fault(self, code: str, zh: str, en: str) -> None:
        self.faults.append(Fault(self.pointer, code, Text(zh, en)))

    def record(self, *fields: str) -> "Node":
        """The node itself, which must be an object with no fields but these."""
        for name, field in self.entries():
            if name not in fields:
                field.fault("unknown_field", "未知字段。", "Unknown field.")
        return self

    def entries(self) -> Iterator[tuple[str, "Node"]]:
        if isinstance(self.value, dict):
            for name in self.value:
                yield name, self[name]
        else:
            self._expected("对象", "an object")

    def elements(self, most: int = 1_000) -> Iterator["Node"]:
        """The first members of a list, at most `most`; an absent list has none."""
        if isinstance(self.value, list):
            if len(self.value) > most:
                self.fault("too_many", f"多于 {most} 项。", f"More than {most}.")
            for position, value in enumerate(self.value[:most]):
                yield Node(value, below(self.pointer, position), self.faults)
        elif self:
            self._expected("数组", "a list")

    def string(self) -> str:
        if isinstance(self.value, str) and self.value.strip():
            if len(self.value) > _LONGEST_TEXT:
                self.fault("too_long", "文本过长。", f"Longer than {_LONGEST_TEXT} characters.")
            return self.value
        if self.value is ABSENT or isinstance(self.value, str):
            self.fault("text_missing", "缺少文本。", "The text is missing.")
        else:
            self._expected("文本", "a text")
        return ""

    def text(self) -> Text:
        if self.value is ABSENT:
            self.fault("text_missing", "缺少文本。", "The text is missing.")
            return Text("", "")
        self.record("zh", "en")
        return Text(self["zh"].string(), self["en"].string())

    def optional_text(self) -> Text | None:
        return self.text() if self else None

    def identifier(self) -> str:
        if isinstance(self.value, str) and _ID.fullmatch(self.value):
            return self.value
        self._expected(
            "由小写字母、数字、- 和 _ 组成的标识", "an id of lower-case letters, digits, - and _"
        )
        return ""

    def integer(self, lowest: int, highest: int = _LARGEST) -> int:
        value = self.value
        if isinstance(value, int) and not isinstance(value, bool) and lowest <= value <= highest:
            return value
        self._expected(f"{lowest} 至 {highest} 的整数", f"an integer from {lowest} to {highest}")
        return lowest

    def rational(self) -> Fraction:
        """An integer, or a text such as 1/3 or 0.25; never a binary float."""
        value = str(self.value) if type(self.value) is int else self.value
        if isinstance(value, str) and _RATIONAL.fullmatch(value):
            try:
                return Fraction(value)
            except ZeroDivisionError:
                pass
        self._expected("整数或“1/3”之类的有理数", 'an integer or a rational such as "1/3"')
        return Fraction(0)

    def choice(self, options: dict[str, T], default: T | None = None) -> T:
        if not self and default is not None:
            return default
        if isinstance(self.value, str) and self.value in options:
            return options[self.value]
        allowed = ", ".join(options)
        self._expected(f"其中之一：{allowed}", f"one of {allowed}")
        return next(iter(options.values()))

    def reference(self, named: dict[str, T]) -> T | None:
        """What the model calls by this name."""
        name = self.string()
        if name and name not in named:
            self.fault("unknown_reference", "模型中没有这个名称。", "The model has no such name.")
        return named.get(name)

    def _expected(self, zh: str, en: str) -> None:
        if self.value is ABSENT:
            self.fault("missing", f"缺少；应为{zh}。", f"Missing; must be {en}.")
        else:
            self.fault("wrong_value", f"必须是{zh}。", f"Must be {en}.")


def common_denominator(node: Node, numbers: list[Fraction]) -> int:
    """Notes a fault on `node` where exact arithmetic over the numbers would grow without need."""
    common = lcm(*(number.denominator for number in numbers))
    if common > _LARGEST:
        node.fault(
            "denominators", "分母之间相差过大。", "The denominators have no small common multiple."
        )
        return 1
    return common


def content_hash(document: object) -> str:
    """SHA-256 of the document's canonical JSON; layout and key order do not change it.

    Raises InvalidModelError for anything but finite trees of text, integers, booleans and null.
    """
    faults: list[Fault] = []
    _demand_plain(Node(document, "", faults), 0)
    if faults:
        raise InvalidModelError(faults)
    return digest(document)


def _demand_plain(node: Node, depth: int) -> None:
    value = node.value
    if depth > _DEPTH:
        node.fault("too_deep", "嵌套过深。", "Nested too deeply.")
    elif isinstance(value, dict):
        for name in value:
            if not isinstance(name, str) or not is_unicode(name) or "\0" in name:
                node.fault("wrong_key", "键必须是文本。", "Every key must be a text.")
            else:
                _demand_plain(node[name], depth + 1)
    elif isinstance(value, list):
        for element in node.elements():
            _demand_plain(element, depth + 1)
    elif isinstance(value, float):
        node.fault(
            "not_exact", "请写成整数或“1/3”之类的文本。", 'Write an integer or a text like "1/3".'
        )
    elif not _is_scalar(value):
        node.fault(
            "wrong_value", "必须是文本、整数或布尔值。", "Must be a text, an integer or a boolean."
        )


def _is_scalar(value: object) -> bool:
    if isinstance(value, str):
        # No database and no XML document can hold U+0000.
        return is_unicode(value) and "\0" not in value
    return value is None or (isinstance(value, int) and abs(value) <= _LARGEST**2)
