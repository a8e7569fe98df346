"""An owner is an active senior manager who works nowhere in the process that they own."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.commitments.domain.ownership import Conflict, Held, Inside, conflicts

START = datetime(2026, 1, 1, tzinfo=UTC)
INSIDE = Inside(
    process="incident",
    node_positions=frozenset({"desk"}),
    positions=frozenset({"desk", "clerk"}),
    departments=frozenset({"network"}),
)
DAYS = st.integers(0, 60)
HELD = st.builds(
    lambda office, of, since, days: Held(office, of, day(since), days and day(since + days)),
    st.sampled_from(["holder", "head", "administrator", "supervisor", "owner"]),
    st.sampled_from(["desk", "clerk", "lead", "network", "incident", "other"]),
    DAYS,
    st.none() | st.integers(1, 60),
)


def day(number: int) -> datetime:
    return START + timedelta(days=number)


def kinds(*held: Held, owns: Held, senior: bool = True, active: bool = True) -> list[Conflict]:
    return conflicts(owns, is_senior=senior, is_active=active, held=held, inside=INSIDE)


FROM_TEN = Held("owner", "incident", day(10), None)


def test_who_leads_a_department_of_the_process_may_own_it_and_who_works_there_may_not() -> None:
    head, lead = Held("head", "network", day(0), None), Held("holder", "lead", day(0), None)
    clerk, desk = Held("holder", "clerk", day(0), None), Held("holder", "desk", day(0), None)
    administrator = Held("administrator", "network", day(0), None)
    assert kinds(head, lead, owns=FROM_TEN) == []
    found = kinds(clerk, desk, administrator, owns=FROM_TEN)
    assert [(each.kind, each.of) for each in found] == [
        ("works_inside", "network"),
        ("works_inside", "clerk"),
        ("holds_node", "desk"),
    ]


def test_what_ended_before_they_own_is_no_conflict_and_what_begins_later_is_one() -> None:
    over = Held("holder", "desk", day(0), day(10))
    later = Held("holder", "desk", day(20), day(30))
    assert kinds(over, owns=FROM_TEN) == []
    assert kinds(later, owns=FROM_TEN) == [Conflict("holds_node", "desk", day(20), day(30))]


@given(st.lists(HELD, max_size=6), st.booleans(), st.booleans())
def test_every_conflict_lies_where_both_are_in_office_and_none_is_missed(
    held: list[Held], senior: bool, active: bool
) -> None:
    owns = Held("owner", "incident", day(10), day(40))
    found = kinds(*held, owns=owns, senior=senior, active=active)
    for number in range(100):
        at = day(number)
        owning = owns.since <= at < day(40)
        within = [h for h in held if h.since <= at and (h.until is None or at < h.until)]
        expected: set[tuple[str, str | None]] = {
            ("holds_node" if h.of == "desk" else "works_inside", h.of)
            for h in within
            if (h.office == "holder" and h.of in {"desk", "clerk"})
            or (h.office == "administrator" and h.of == "network")
        }
        supervising = any((h.office, h.of) == ("supervisor", "incident") for h in within)
        expected |= {("supervises", "incident")} if supervising else set()
        expected |= set() if senior else {("not_senior", None)}
        expected |= set() if active else {("left", None)}
        seen = {
            (c.kind, c.of) for c in found if c.since <= at and (c.until is None or at < c.until)
        }
        assert seen == (expected if owning else set())
