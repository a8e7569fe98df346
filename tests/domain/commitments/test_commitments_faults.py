"""What a fault says: a sentence in Chinese, and text that can be sent whatever was written."""

import re

import pytest

from services.commitments.domain.calendar import Calendar
from services.commitments.domain.faults import TEXTS, InvalidDefinitionError, Reader


@pytest.mark.parametrize("code", TEXTS)
def test_a_chinese_text_is_a_sentence_with_chinese_punctuation(code: str) -> None:
    reader = Reader()

    reader.fault("/a", code, "甲", "乙")

    zh = reader.faults[0].text.zh
    assert zh.endswith("。")
    # A colon within a time, and the characters that a code may have, are not punctuation.
    assert not re.search(r"[,;()?!]|:(?![M\dS])|\.(?!”)", zh)
    assert ("甲" in zh) is ("甲、乙" in zh) is ("{value}" in TEXTS[code][0])


def test_what_utf_8_cannot_write_is_still_told() -> None:
    half = "\ud800"
    hours = {"mon": [[half, [[[[[[[[half]]]]]]]]]], half: []}

    with pytest.raises(InvalidDefinitionError) as refused:
        Calendar.of({"time_zone": half, "weekly": hours})

    told = [(f.pointer, f.text.zh, f.text.en) for f in refused.value.faults]
    assert len(told) == 4
    assert "".join(part for fault in told for part in fault).isprintable()


def test_a_value_is_told_only_as_far_as_it_is_short() -> None:
    nested: object = "x"
    for _ in range(100_000):
        nested = [nested]

    with pytest.raises(InvalidDefinitionError) as refused:
        Calendar.of({"time_zone": "Z" * 10_000, "weekly": {"mon": [["09:00", nested]]}})

    assert [f.code for f in refused.value.faults] == ["unknown_time_zone", "bad_time"]
    assert all(len(f.text.en) < 200 and len(f.text.zh) < 200 for f in refused.value.faults)
