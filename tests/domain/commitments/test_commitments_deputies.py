"""Deputies: whoever is present acts, and no chain comes back to its start."""

from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from services.commitments.domain.deputies import Absence, Deputised, acting, ring

AT = datetime(2026, 2, 17, 3, tzinfo=UTC)
AWAY = (Absence(date(2026, 2, 16), date(2026, 2, 20)),)
NAMES = st.sampled_from("abcdefg")


def someone(name: str, deputy: str | None = None, *, away: bool = False) -> Deputised:
    return Deputised(name, "Asia/Shanghai", deputy=deputy, absences=AWAY if away else ())


def test_the_first_deputy_who_is_present_acts() -> None:
    people = {
        "a": someone("a", "b", away=True),
        "b": someone("b", "c", away=True),
        "c": someone("c"),
    }
    assert acting("a", people, AT) == "c"
    assert acting("c", people, AT) == "c"


def test_nobody_acts_while_the_whole_chain_is_away() -> None:
    people = {"a": someone("a", "b", away=True), "b": someone("b", away=True)}
    assert acting("a", people, AT) is None
    assert acting("nobody", people, AT) is None


def test_an_absence_counts_whole_days_in_the_zone_of_the_person() -> None:
    li = someone("a", away=True)
    before = datetime(2026, 2, 15, 15, 59, tzinfo=UTC)  # 23:59 of the 15th in Shanghai
    assert li.is_present(before)
    assert not li.is_present(before.replace(hour=16))
    assert not li.is_present(datetime(2026, 2, 20, 15, 59, tzinfo=UTC))
    assert li.is_present(datetime(2026, 2, 20, 16, tzinfo=UTC))


def test_who_has_left_does_not_act() -> None:
    people = {"a": Deputised("a", "UTC", active=False, deputy="b"), "b": someone("b")}
    assert acting("a", people, AT) == "b"


@given(st.dictionaries(NAMES, st.none() | NAMES), NAMES, st.none() | NAMES)
def test_a_ring_is_found_exactly_when_following_the_deputies_comes_back(
    deputies: dict[str, str | None], person: str, deputy: str | None
) -> None:
    following = {**deputies, person: deputy}
    at, steps = following.get(person), 0
    while at is not None and at != person and steps < 10:
        at, steps = following.get(at), steps + 1
    assert bool(ring(person, deputy, deputies)) == (at == person)


@given(st.dictionaries(NAMES, st.tuples(st.none() | NAMES, st.booleans())), NAMES)
def test_who_acts_is_present_and_everybody_before_them_is_away(
    plain: dict[str, tuple[str | None, bool]], start: str
) -> None:
    people = {name: someone(name, deputy, away=away) for name, (deputy, away) in plain.items()}
    found = acting(start, people, AT)
    asked: list[str] = []
    name: str | None = start
    while name is not None and name in people and name not in asked and name != found:
        assert not people[name].is_present(AT)
        asked.append(name)
        name = people[name].deputy
    assert found is None or (name == found and people[found].is_present(AT))
