"""A chain holds as it was made, and no change of it goes unseen."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.assessment.domain.trail import Chain, Entry, Verification, link, vouched

START = datetime(2026, 3, 1, 8, tzinfo=UTC)
SAID = st.dictionaries(st.sampled_from(["by", "cell", "before", "after"]), st.text(max_size=5))
CHANGES = st.lists(st.tuples(st.sampled_from(["a", "b"]), SAID), min_size=1, max_size=8)


def made(changes: list[tuple[str, dict[str, str]]]) -> list[Entry]:
    """Chained entries of these changes, as the service and the database make them."""
    last: dict[str, Entry] = {}
    entries = []
    for number, (chain, said) in enumerate(changes):
        before = last.get(chain)
        entry = Entry(
            chain=chain,
            position=1 + (before.position if before else 0),
            id=f"aud_{number:03}",
            action="rate_cell",
            at=START + timedelta(seconds=number),
            said=said,
            salt=f"salt {number}",
            commitment=vouched(said, f"salt {number}"),
            hash="",
        )
        last[chain] = replace(entry, hash=link(before.hash if before else "", entry))
        entries.append(last[chain])
    return entries


def chains(entries: list[Entry]) -> list[Chain]:
    """What becomes of the chains, read as they are: one beside the other, each by position."""
    verification = Verification()
    for entry in sorted(entries, key=lambda each: each.position):
        verification.take(entry)
    return verification.chains()


def holds(entries: list[Entry]) -> bool:
    return all(each.broken_at is None for each in chains(entries))


@given(CHANGES, st.randoms())
def test_a_chain_holds_whichever_of_the_chains_is_read_first(
    changes: list[tuple[str, dict[str, str]]], random: object
) -> None:
    entries = made(changes)
    heads = {entry.chain: entry.hash for entry in entries}
    random.shuffle(entries)  # type: ignore[attr-defined]

    assert holds(entries)
    assert {each.chain: each.head for each in chains(entries)} == heads


@given(CHANGES, st.data())
def test_no_change_of_an_entry_goes_unseen(
    changes: list[tuple[str, dict[str, str]]], data: st.DataObject
) -> None:
    entries = made(changes)
    place = data.draw(st.integers(0, len(entries) - 1))
    change: dict[str, Any] = data.draw(
        st.sampled_from(
            [
                {"action": "decide_cell"},
                {"at": START - timedelta(days=1)},
                {"said": {"by": "somebody else"}},
                {"id": "aud_x"},
                {"position": 99},
                {"commitment": vouched({}, "other")},
                {"hash": "sha256:0"},
            ]
        )
    )
    entries[place] = replace(entries[place], **change)

    assert not holds(entries)


@given(CHANGES, st.data())
def test_an_entry_that_is_taken_out_is_missed_unless_it_is_the_last(
    changes: list[tuple[str, dict[str, str]]], data: st.DataObject
) -> None:
    entries = made(changes)
    place = data.draw(st.integers(0, len(entries) - 1))
    gone = entries.pop(place)
    was_last = all(each.chain != gone.chain or each.position < gone.position for each in entries)

    assert holds(entries) == was_last
    anchor = replace(made([("common", {})])[0], anchors=(gone.hash,))
    assert not holds([*entries, anchor])


@given(CHANGES)
def test_what_is_erased_is_counted_and_the_chain_holds(
    changes: list[tuple[str, dict[str, str]]],
) -> None:
    entries = [replace(each, said={}, salt=None) for each in made(changes)]

    assert holds(entries)
    assert sum(each.erased for each in chains(entries)) == len(entries)
