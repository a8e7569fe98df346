"""Where a person is mentioned: as a word of their own, however JSON spells it."""

import re

import pytest

from services.commitments.domain.mentions import Words

NANA = {"name": "李娜", "subject": "li.na", "addresses": [{"address": "Li.Na@example.com"}]}


def replaced(words: Words, said: str) -> str:
    for mention in words.in_text():
        flags = re.IGNORECASE if mention.ignores_case else 0
        said = re.sub(mention.pattern, "*", said, flags=flags)
    return said


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("由李娜处理", "由*处理"),
        ("li.na, then alili.na and li.nape", "*, then alili.na and li.nape"),
        (
            "to LI.NA@EXAMPLE.COM; not tali.na@example.community",
            "to *; not tali.na@example.community",
        ),
        ("lixna", "lixna"),
    ],
)
def test_a_text_mentions_whole_words_and_addresses_in_any_case(said: str, left: str) -> None:
    assert replaced(Words.of([NANA]), said) == left


def test_a_name_that_could_be_a_code_counts_only_where_it_is_all_there_is() -> None:
    words = Words.of([{"name": "head"}])
    (whole,) = words.in_text()
    assert (whole.pattern, whole.is_whole) == ("^head$", True)
    assert "(?<=" in words.in_json()[0].pattern


def test_json_is_read_as_it_is_written_and_names_of_members_stay() -> None:
    (mention,) = Words.of([{"name": 'Nana "N" O\'Yang'}]).in_json()
    document = r'{"Nana": 1, "by": "Nana \"N\" O' + "'" + r'Yang", "x": "Nana"}'
    found = re.sub(mention.pattern, "*", document)
    assert found == '{"Nana": 1, "by": "*", "x": "Nana"}'
    (plain,) = Words.of([{"name": "Nana"}]).in_json()
    assert re.sub(plain.pattern, "*", '{"Nana":1,"x":"Nana"}') == '{"Nana":1,"x":"*"}'
