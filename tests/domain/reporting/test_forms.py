"""How numbers, months, instants and names are written."""

from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.reporting.domain import forms
from services.reporting.domain.document import Language

BEIJING = timezone(timedelta(hours=8))


@pytest.mark.parametrize(
    ("part", "whole", "places", "written"),
    [
        (33, 80, 0, "41"),
        (1, 200, 0, "1"),
        (1, 8, 1, "12.5"),
        (1, 3, 1, "33.3"),
        (1, 100_000, 1, "0.1"),
        (99_999, 100_000, 0, "99"),
        (99_999, 100_000, 1, "99.9"),
        (5, 5, 1, "100.0"),
        (0, 7, 0, "0"),
        (0, 0, 1, "–"),
    ],
)
def test_share_is_rounded_half_up_and_is_whole_only_when_exact(
    part: int, whole: int, places: int, written: str
) -> None:
    assert forms.hundredths({"part": part, "whole": whole}, places) == written


@given(st.integers(1, 10**6), st.data())
def test_written_share_is_within_a_unit_of_the_exact_one(whole: int, data: st.DataObject) -> None:
    part = data.draw(st.integers(0, whole))
    written = Fraction(forms.hundredths({"part": part, "whole": whole}, 1))
    assert abs(written - 100 * Fraction(part, whole)) < Fraction(1, 10)


@pytest.mark.parametrize(
    ("first", "last", "language", "written"),
    [
        ("2016-02", "2016-12", "zh", "2016年2月至12月"),
        ("2016-11", "2017-02", "zh", "2016年11月至2017年2月"),
        ("2016-03", "2016-03", "zh", "2016年3月"),
        ("2016-02", "2016-12", "en", "2016-02 to 2016-12"),
        ("2016-03", "2016-03", "en", "2016-03"),
    ],
)
def test_period_has_the_form_of_its_language(
    first: str, last: str, language: Language, written: str
) -> None:
    assert forms.period(first, last, language) == written


def test_instant_has_the_form_of_its_language_and_names_its_zone() -> None:
    moment = datetime(2016, 7, 1, 8, 5, tzinfo=UTC)
    assert forms.instant(moment, "en") == "2016-07-01 08:05 UTC"
    assert forms.instant(moment.astimezone(BEIJING), "en") == "2016-07-01 16:05 UTC+08:00"
    assert forms.instant(moment.astimezone(BEIJING), "zh") == "2016年7月1日 16:05（UTC+08:00）"


def test_months_cross_the_year() -> None:
    assert forms.months("2016-11", "2017-02") == ["2016-11", "2016-12", "2017-01", "2017-02"]


@pytest.mark.parametrize(
    ("seconds", "chinese", "english"),
    [(59, "不到1分钟", "under 1 min"), (7_199, "1小时", "1 h"), (259_200, "3天", "3 d")],
)
def test_age_is_told_in_its_largest_whole_unit(seconds: int, chinese: str, english: str) -> None:
    assert (forms.age(seconds, "zh"), forms.age(seconds, "en")) == (chinese, english)


@given(st.text())
def test_plain_text_is_one_line_that_utf8_and_xml_can_carry(text: str) -> None:
    plain = forms.plain(text)
    assert plain == " ".join(plain.split())
    plain.encode()
    assert not any(ord(char) < 32 or char in "\u202e\ufffe\uffff" for char in plain)
