"""What tells of a person in texts and data, and what takes its place."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.assessment.domain.traces import ERASED, Traces

LINA = Traces("li.na", ("Li Na", "李娜"), "erased-1")
WORDS = st.text(string.ascii_letters + "李娜 .@-_0", max_size=40)
PLAIN = st.recursive(
    st.none() | st.integers() | WORDS | st.just("li.na"),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=20,
)


@pytest.mark.parametrize(
    ("told", "left"),
    [
        ("Led by Li Na.", "Led by erased-1."),
        ("LI NA-led", "erased-1-led"),
        ("问李娜的同事", "问erased-1的同事"),
        ("https://wiki.example/people/li.na", "https://wiki.example/people/erased-1"),
        ("review-li.na.pdf", "review-erased-1.pdf"),
        ("mei.li.na, li.na@example and li.nard", "mei.li.na, li.na@example and li.nard"),
        ("Li Nader", "Li Nader"),
        ("LI.NA", "LI.NA"),
    ],
)
def test_whole_words_that_name_the_person_are_replaced(told: str, left: str) -> None:
    assert LINA.in_text(told) == left


def test_what_a_person_said_goes_and_what_others_said_stays() -> None:
    told = {
        "ratings": [
            {"rater": "li.na", "rating": {"na": "no such work"}, "comment": "mine"},
            {"rater": "ann", "rating": 2, "comment": "hers"},
        ],
        "notes": [{"author": "li.na", "text": "said"}],
    }

    assert LINA.in_json(told) == {
        "ratings": [
            {"rater": "erased-1", "rating": {"na": ERASED}, "comment": ERASED},
            {"rater": "ann", "rating": 2, "comment": "hers"},
        ],
        "notes": [{"author": "erased-1", "text": ERASED}],
    }


@given(PLAIN)
def test_nothing_is_left_to_replace(told: object) -> None:
    once = LINA.in_json(told)

    assert LINA.in_json(once) == once
    assert LINA.in_text(str(once)) == str(once)


@given(WORDS)
def test_what_is_replaced_holds_one_of_the_needles(told: str) -> None:
    replaced = LINA.in_text(told) != told

    assert not replaced or any(needle in told.lower() for needle in LINA.needles)


@given(WORDS.filter(lambda told: told != "li.na"))
def test_only_the_subject_itself_is_another_name(subject: str) -> None:
    assert LINA.named(subject) == subject
    assert LINA.named("li.na") == "erased-1"
