"""The shipped SEE-CMM carries the standard's content in both languages."""

from services.assessment.domain.faults import Text
from services.assessment.domain.model import Model
from tests.domain.assessment.plain_scorer import CELLS, ENABLERS, RESULTS


def is_bilingual(text: Text | None) -> bool:
    return (
        text is not None
        and any("\u4e00" <= character <= "\u9fff" for character in text.zh)
        and not any("\u4e00" <= character <= "\u9fff" for character in text.en)
        and len(text.en) > 3
    )


def test_thirty_cells_under_eight_criteria_in_two_blocks(see_cmm: Model) -> None:
    assert tuple(see_cmm.cells) == CELLS
    assert [i for i, item in see_cmm.items.items() if item.kind == "criterion"] == [
        *ENABLERS,
        *RESULTS,
    ]


def test_every_item_has_a_title_and_every_criterion_a_definition(see_cmm: Model) -> None:
    for item in see_cmm.items.values():
        assert is_bilingual(item.title), item.id
        assert item.kind != "criterion" or is_bilingual(item.definition), item.id


def test_every_level_is_described(see_cmm: Model) -> None:
    levels = see_cmm.scales["maturity"].levels

    assert [len(level.description) for level in levels.values()] == [2, 3, 3, 4]
    for level in levels.values():
        assert is_bilingual(level.title)
        assert all(is_bilingual(paragraph) for paragraph in level.description)


def test_nine_concepts_tag_the_criteria(see_cmm: Model) -> None:
    used = {concept for item in see_cmm.items.values() for concept in item.concepts}

    assert len(see_cmm.concepts) == 9
    assert used == {concept.id for concept in see_cmm.concepts}
    assert all(is_bilingual(c.title) and is_bilingual(c.description) for c in see_cmm.concepts)


def test_names_that_drift_in_the_source_are_aliases(see_cmm: Model) -> None:
    levels = see_cmm.scales["maturity"].levels

    assert "客户与渠道的经验" in see_cmm.items["customer_channel_experience"].aliases.zh
    assert "关键业绩成果" in see_cmm.items["business_impact"].aliases.zh
    assert levels[3].aliases.zh == ("以客户为中心",)
    assert levels[4].aliases.zh == ("企业效益最大化",)


def test_only_outsourcing_has_a_target_of_its_own(see_cmm: Model) -> None:
    targets = {standard.code: set(standard.target.values()) for standard in see_cmm.standards}

    assert targets == {
        "SEE-CMM-SM": set(),
        "SEE-CMM-SO": {3},
        "SEE-CMM-SP": set(),
        "SEE-CMM-SE": set(),
        "SEE-CMM-SC": set(),
    }
