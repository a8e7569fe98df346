"""The data document of the attainment report."""

import json
import random
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from string import Formatter
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.reporting import domain
from services.reporting.domain import wording
from services.reporting.domain.attainment_report import document
from services.reporting.domain.document import AttainmentDocument, Language, fingerprint
from services.reporting.domain.facts import AttainmentFact, KpiReading
from tests.domain.reporting.attainment import SOURCES, fact, facts, scope

SCHEMA = json.loads(
    (Path(domain.__file__).parents[1] / "schema" / "attainment.json").read_text("utf-8")
)
LANGUAGES: tuple[Language, ...] = ("zh", "en")
READING = KpiReading(
    code="C-03",
    name={"zh": "按期解决率", "en": "Resolved on time"},
    period="2016-06",
    value=Decimal("0.4100"),
    target=None,
)
counts = st.tuples(*[st.integers(0, 40)] * 3)
some_facts = st.lists(
    st.builds(
        fact,
        st.sampled_from(["run", "leg"]),
        st.sampled_from(["accept", "resolve", "close", "retired"]),
        st.sampled_from(["2016-02", "2016-03", "2016-06"]),
        counts,
        department=st.none() | st.text(max_size=8),
        cancelled=st.integers(0, 3),
        process=st.sampled_from(["incident", "incident", "problem"]),
    ),
    max_size=30,
)


def validate(made: AttainmentDocument) -> None:
    checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
    jsonschema.Draft202012Validator(SCHEMA, format_checker=checker).validate(made)


def of(rows: list[Any], **wanted: object) -> Any:
    return next(row for row in rows if all(row[key] == wanted[key] for key in wanted))


def test_title_is_the_finding_about_the_weakest_node() -> None:
    assert document(scope(), facts())["title"] == "Resolve kept its promise in 41\u00a0% of runs"
    assert document(scope(language="zh"), facts())["title"] == "“解决”节点的承诺达成率为41%"


def test_title_says_so_when_every_node_keeps_nine_promises_in_ten() -> None:
    kept = [fact("run", node, "2016-03", (9, 1, 0)) for node in ("accept", "close")]
    assert document(scope(), kept)["title"].startswith("Every node kept its promise in at least 90")


def test_three_figures_carry_their_exact_shares() -> None:
    overall, weakest, beyond = document(scope(), facts())["figures"]
    assert (overall["value"], overall["share"]) == ("69\u00a0%", {"part": 165, "whole": 240})
    assert (weakest["value"], weakest["share"]) == ("41\u00a0%", {"part": 33, "whole": 80})
    assert (beyond["value"], beyond["share"]) == ("25", {"part": 25, "whole": 240})


def test_nodes_stand_worst_first_and_add_up_to_the_total() -> None:
    nodes = document(scope(), facts())["nodes"]
    assert nodes is not None
    assert [row["code"] for row in nodes["rows"]] == ["resolve", "close", "accept"]
    assert nodes["total"]["counts"] == {
        "normal": 165,
        "acceptable": 50,
        "warning": 25,
        "completed": 240,
        "cancelled": 1,
    }


def test_month_without_runs_has_an_empty_denominator() -> None:
    trend = document(scope(), facts())["trend"]
    assert trend is not None
    assert trend["months"] == ["2016-03", "2016-04", "2016-05", "2016-06"]
    assert of(trend["nodes"], code="resolve")["points"] == [
        {"part": 10, "whole": 40},
        {"part": 0, "whole": 0},
        {"part": 23, "whole": 40},
        {"part": 0, "whole": 0},
    ]
    assert trend["finding"] == "Resolve rose from 25\u00a0% in 2016-03 to 58\u00a0% in 2016-05"


def test_report_on_one_month_has_no_trend() -> None:
    assert document(scope(first_month="2016-06"), facts())["trend"] is None


def test_department_is_ranked_from_the_minimum_of_legs_and_unknown_never() -> None:
    section = of(document(scope(), facts())["departments"], code="resolve")
    ranks = [(row["name"], row["rank"]) for row in section["rows"]]
    assert ranks == [("Database", 1), ("Network", 2), ("Desktop", None), (None, None)]
    loose = of(document(scope(minimum=9), facts())["departments"], code="resolve")
    assert loose["rows"][0]["name"] == "Desktop"


def test_worst_and_best_departments_never_overlap() -> None:
    ranking = document(scope(), facts())["ranking"]
    assert ranking is not None
    assert [place["department"] for place in ranking["worst"]] == ["Database"]
    assert [place["department"] for place in ranking["best"]] == ["Network"]
    assert ranking["minimum"] == 10


def test_advice_follows_the_thresholds_of_the_source() -> None:
    said = " ".join(document(scope(), facts())["findings"])
    assert "Accept reaches 90\u00a0%, so a tighter promise can be proposed." in said
    poor = [fact("run", "close", "2016-03", (1, 0, 10))]
    assert "Close stays below 10\u00a0%" in " ".join(document(scope(), poor)["findings"])


def test_report_with_nothing_to_say_says_so_in_its_title() -> None:
    empty = document(scope(language="zh"), [])
    assert empty["title"] == "无内容可报告：2016年3月至6月，“事件管理”没有已完成的节点运行"
    assert (empty["findings"], empty["figures"], empty["nodes"]) == ([], [], None)
    validate(empty)


def test_other_processes_and_months_do_not_count() -> None:
    strange = [
        fact("run", "resolve", "2016-03", (0, 0, 500), process="problem"),
        fact("run", "resolve", "2016-07", (0, 0, 500)),
    ]
    assert document(scope(), facts() + strange) == document(scope(), facts())


def test_sources_say_how_old_they_are() -> None:
    known, silent = document(scope(), facts(), SOURCES)["sources"]
    assert (known["age_seconds"], known["covered"], known["total"]) == (7200, 240, 243)
    assert (silent["as_of"], silent["age_seconds"]) == (None, None)


def test_indicator_keeps_every_digit() -> None:
    row = document(scope(), facts(), [], [READING])["indicators"][0]
    assert (row["name"], row["value"], row["target"]) == ("Resolved on time", "0.4100", None)


@pytest.mark.parametrize(
    "changes",
    [
        {"first_month": "2016-07", "last_month": "2016-06"},
        {"first_month": "2016-13"},
        {"last_month": "June"},
        {"as_of": datetime(2016, 7, 1)},  # noqa: DTZ001
        {"minimum": 0},
    ],
)
def test_scope_that_makes_no_sense_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        scope(**changes)


@given(some_facts, st.sampled_from(LANGUAGES), st.randoms())
def test_order_of_facts_does_not_matter_and_the_document_fits_its_schema(
    found: list[AttainmentFact], language: Language, chance: random.Random
) -> None:
    made = document(scope(language=language), found, SOURCES, [READING])
    shuffled = list(found)
    chance.shuffle(shuffled)
    assert fingerprint(document(scope(language=language), shuffled, SOURCES, [READING])) == (
        fingerprint(made)
    )
    validate(made)


@given(some_facts)
def test_both_languages_hold_the_same_numbers(found: list[AttainmentFact]) -> None:
    chinese, english = (document(scope(language=language), found) for language in LANGUAGES)
    shares = [[figure["share"] for figure in made["figures"]] for made in (chinese, english)]
    assert shares[0] == shares[1]
    assert [[row["counts"] for row in section["rows"]] for section in chinese["departments"]] == [
        [row["counts"] for row in section["rows"]] for section in english["departments"]
    ]


def test_any_change_of_content_changes_the_fingerprint() -> None:
    made = document(scope(), facts())
    other = [replace(facts()[0], completed_normal=37), *facts()[1:]]
    assert fingerprint(made) == fingerprint(document(scope(), facts()))
    assert fingerprint(made) != fingerprint(document(scope(), other))


def test_times_keep_the_zone_they_were_asked_in() -> None:
    shanghai = timezone(timedelta(hours=8))
    made = document(scope(as_of=datetime(2016, 7, 1, 16, 30, tzinfo=shanghai)), facts())
    assert made["as_of"] == "2016-07-01T16:30:00+08:00"


@pytest.mark.parametrize("key", wording.SENTENCES)
def test_both_languages_of_a_sentence_say_the_same_things(key: str) -> None:
    chinese, english = (
        {field for _, field, _, _ in Formatter().parse(wording.SENTENCES[key][language])} - {None}
        for language in LANGUAGES
    )
    assert chinese == english
