"""The shipped models say what their sources say, all of it and nothing else, in both languages."""

import re
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest

from services.assessment.catalogue import shipped
from services.assessment.domain.faults import Text
from services.assessment.domain.model import Aggregation, Model

SOURCES = Path(__file__).parents[2] / "fixtures" / "sources"
COMPETENCIES = {
    "see-cmm-sp-manager": (
        ["助理经理", "经理", "高级", "大师"],
        ["领导力", "计划力", "信息利用", "顾客意识", "结果导向", "人员管理"],
    ),
    "see-cmm-sp-supervisor": (["初级", "高级", "行为榜样"], ["顾客意识", "结果导向", "人员管理"]),
    "see-cmm-sp-staff": (
        ["初级", "高级", "组长"],
        ["提供超出要求服务", "提供卓越服务", "提供定制化服务"],
    ),
}


def bare(text: str) -> str:
    """A text without its punctuation, which the model sets as Chinese typography does."""
    return re.sub(r"[^\w]", "", text)


def source(name: str) -> str:
    return (SOURCES / f"{name}.txt").read_text("utf-8")


def texts(model: Model) -> Iterator[Text]:
    yield model.title
    for item in model.items.values():
        yield from filter(None, (item.title, item.definition, item.evidence))
    for scale in model.scales.values():
        yield from (dimension.title for dimension in scale.dimensions)
        for level in scale.levels.values():
            yield from (level.title, *level.description)
    for concept in model.concepts:
        yield from (concept.title, concept.description)
    for standard in model.standards:
        yield from filter(None, (standard.title, standard.note))


@pytest.mark.parametrize("code", sorted(shipped()))
def test_every_text_is_there_in_both_languages(code: str) -> None:
    for text in texts(shipped()[code]):
        assert any("\u4e00" <= character <= "\u9fff" for character in text.zh), text
        assert not any("\u4e00" <= character <= "\u9fff" for character in text.en), text


def test_definitions_descriptors_and_concepts_are_the_standards_own_words() -> None:
    model, said = shipped()["see-cmm"], bare(source("see_cmm_standard"))
    words = [item.definition for item in model.items.values() if item.definition]
    words += [item.evidence for item in model.items.values() if item.evidence]
    words += [text for each in model.concepts for text in (each.title, each.description)]
    words += [
        text
        for level in model.scales["maturity"].levels.values()
        for text in (level.title, *level.description)
    ]

    assert [text.zh for text in words if bare(text.zh) not in said] == []


def test_the_model_leaves_out_no_paragraph_of_the_levels() -> None:
    lines = source("see_cmm_standard").splitlines()
    begin = next(n for n, line in enumerate(lines) if line.startswith("1 - "))
    end = next(n for n, line in enumerate(lines) if line.startswith("评估的执行"))
    levels = shipped()["see-cmm"].scales["maturity"].levels.values()
    known = {bare(paragraph.zh) for level in levels for paragraph in level.description}
    named = {bare(name) for level in levels for name in (level.title.zh, *level.aliases.zh)}

    for line in lines[begin:end]:
        assert bare(line) in known or bare(line)[1:] in named, line


@pytest.mark.parametrize("code", sorted(COMPETENCIES))
def test_a_competency_model_has_the_abilities_and_levels_of_its_source(code: str) -> None:
    model, (levels, abilities) = shipped()[code], COMPETENCIES[code]
    lines = source("see_methodology_standards").splitlines()

    assert [level.title.zh for level in model.scales["level"].levels.values()] == levels
    assert [model.items[cell].title.zh for cell in model.cells] == abilities
    assert set(abilities) <= set(lines)
    assert "\t".join(levels) in source("see_methodology_standards")
    assert not any(item.definition for item in model.items.values())


def test_gbt_19580_has_the_points_of_its_seven_categories() -> None:
    model = shipped()["gbt-19580-2012"]
    points = {cell: model.items[cell].weight for cell in model.cells}
    parts = {child.id: child.weight for child in model.root.children}

    assert model.points == 1000
    assert model.root.aggregation is Aggregation.SUM_OF_POINTS
    assert parts == {"processes": 600, "results": 400}
    assert list(points.values()) == [110, 90, 90, 130, 100, 80, 400]


def test_processes_are_scored_by_adli_and_results_by_letci_in_steps_of_five() -> None:
    model = shipped()["gbt-19580-2012"]

    assert {scale.id for cell, scale in model.cells.items() if cell != "results"} == {"adli"}
    assert model.cells["results"].id == "letci"
    assert [d.title.en[0] for d in model.scales["adli"].dimensions] == list("ADLI")
    assert [d.title.en for d in model.scales["letci"].dimensions] == [
        *("Levels", "Trends", "Comparisons", "Integration")
    ]
    for scale in model.scales.values():
        assert list(scale.values) == list(range(0, 101, 5))
        assert scale.values[55] == Fraction(11, 20)


def test_the_five_standards_are_named_as_in_the_source() -> None:
    said = source("see_methodology_standards")

    for standard in shipped()["see-cmm"].standards:
        assert f"{standard.title.zh} (**{standard.code}**)" in said
