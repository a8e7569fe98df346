"""Opening hours are read whole or refused with every fault."""

from datetime import date, timedelta
from typing import Any

import pytest

from services.commitments.domain.calendar import Calendar
from services.commitments.domain.faults import InvalidDefinitionError
from services.commitments.domain.hours import MAX_OVERRIDES, MAX_WINDOWS
from tests.domain.commitments.opening_hours import WORKWEEK, calendar, weekly

FAULTY: dict[str, Any] = {
    "time_zone": "Asia/Atlantis",
    "weekly": {
        "mon": [
            ["09:00", "12:00"],
            ["11:00", "20:00"],
            ["13:00", "14:00"],
            ["15:00", "16:00"],
            ["25:00", "26:00"],
            ["24:00", "24:00"],
            ["20:00", 22],
        ],
        "tue": [["09:00", "09:00"], ["10:00"], ["10:00", "11:00", "early"]],
        "wed": [{"start": "09:00", "end": "18:00"}, "08", None, []],
        "thu": None,
        "fri": [["22:00", "06:00"]],
        "sat": [["05:00", "07:00"]],
        "sun": [["23:00", "10:00"]],
        "monday": [],
    },
    "overrides": [
        {"date": "2024-02-30", "windows": [["09:00", "9:30"]]},
        {"date": "20240301", "windows": []},
        {"date": "2024-W09-6", "windows": []},
        {"date": 20240302, "windows": []},
        {"date": "2024-03-05", "windows": [["23:00", "08:00"]]},
        {"date": "2024-03-06", "windows": [["07:00", "24:00"]]},
        {"date": "2024-03-07", "windows": "closed"},
        {"date": "2024-03-05", "windows": [["10:00", "10:00"]]},
        {"date": "2024-03-08"},
        {"windows": [["08:00"]], "reason": "festival"},
        "2024-03-09",
    ],
    "holidays": "CN",
}

FAULTS = {
    ("/holidays", "unknown_key"),
    ("/time_zone", "unknown_time_zone"),
    ("/weekly/monday", "unknown_key"),
    ("/weekly/mon/0", "overlap"),
    ("/weekly/mon/1", "overlap"),
    ("/weekly/mon/2", "overlap"),
    ("/weekly/mon/3", "overlap"),
    ("/weekly/mon/4/0", "bad_time"),
    ("/weekly/mon/4/1", "bad_time"),
    ("/weekly/mon/5/0", "bad_time"),
    ("/weekly/mon/6/1", "bad_time"),
    ("/weekly/tue/0", "zero_length"),
    ("/weekly/tue/1", "expected_pair"),
    ("/weekly/tue/2", "expected_pair"),
    ("/weekly/wed/0", "expected_pair"),
    ("/weekly/wed/1", "expected_pair"),
    ("/weekly/wed/2", "expected_pair"),
    ("/weekly/wed/3", "expected_pair"),
    ("/weekly/thu", "expected_list"),
    ("/weekly/sat/0", "overlap"),
    ("/overrides/0/date", "bad_date"),
    ("/overrides/0/windows/0/1", "bad_time"),
    ("/overrides/1/date", "bad_date"),
    ("/overrides/2/date", "bad_date"),
    ("/overrides/3/date", "bad_date"),
    ("/overrides/5/windows/0", "overlap"),
    ("/overrides/6/windows", "expected_list"),
    ("/overrides/7/date", "duplicate"),
    ("/overrides/7/windows/0", "zero_length"),
    ("/overrides/8/windows", "missing"),
    ("/overrides/9/date", "missing"),
    ("/overrides/9/reason", "unknown_key"),
    ("/overrides/9/windows/0", "expected_pair"),
    ("/overrides/10", "expected_object"),
}


def test_every_fault_of_a_calendar_is_listed_once() -> None:
    with pytest.raises(InvalidDefinitionError) as refused:
        Calendar.of(FAULTY)

    assert sorted((fault.pointer, fault.code) for fault in refused.value.faults) == sorted(FAULTS)
    assert all(fault.text.zh and fault.text.en for fault in refused.value.faults)
    (twice,) = (fault for fault in refused.value.faults if fault.code == "duplicate")
    assert twice.text.en.endswith("2024-03-05")


def test_a_calendar_has_neither_any_number_of_windows_nor_of_overrides() -> None:
    windows = [
        [f"{n // 2:02}:{n % 2 * 30:02}", f"{n // 2:02}:{n % 2 * 30 + 20:02}"] for n in range(48)
    ]
    dates = [str(date(2025, 1, 1) + timedelta(days=n)) for n in range(MAX_OVERRIDES + 1)]
    most = dict.fromkeys(dates[1:], windows[:1])

    assert len(calendar("UTC", {"mon": windows[:MAX_WINDOWS]}).weekly[0]) == MAX_WINDOWS
    assert len(calendar("UTC", {}, **most).overrides) == MAX_OVERRIDES
    with pytest.raises(InvalidDefinitionError) as refused:
        calendar("UTC", {"mon": windows[: MAX_WINDOWS + 1]}, **dict.fromkeys(dates, windows[:1]))

    assert [(fault.pointer, fault.code) for fault in refused.value.faults] == [
        ("/weekly/mon", "too_many"),
        ("/overrides", "too_many"),
    ]


def test_overrides_may_be_left_out_but_not_be_null() -> None:
    assert Calendar.of({"time_zone": "UTC", "weekly": {}}).overrides == {}
    with pytest.raises(InvalidDefinitionError) as refused:
        Calendar.of({"time_zone": "UTC", "weekly": {}, "overrides": None})

    assert [(f.pointer, f.code) for f in refused.value.faults] == [("/overrides", "expected_list")]


def test_the_zone_of_the_host_is_no_time_zone() -> None:
    for zone in ("localtime", "Factory", "../UTC", ""):
        with pytest.raises(InvalidDefinitionError):
            calendar(zone, {})


@pytest.mark.parametrize(
    ("window", "place"),
    [
        (["04:00", "12:00"], "/overrides/0/windows/0"),
        (["12:00", "04:00"], None),
        (["23:00", "22:30"], "/weekly/wed/0"),
    ],
)
def test_an_override_may_not_overlap_the_nights_beside_it(
    window: list[str], place: str | None
) -> None:
    week = weekly(WORKWEEK, ("22:00", "06:00"))
    if place is None:
        assert calendar("UTC", week, on_2025_03_04=[window]).overrides
        return

    with pytest.raises(InvalidDefinitionError) as refused:
        calendar("UTC", week, on_2025_03_04=[window])

    assert [(f.pointer, f.code) for f in refused.value.faults] == [(place, "overlap")]
