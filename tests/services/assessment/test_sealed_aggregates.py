"""The aggregate of a campaign over people is sealed, outlives them, and singles nobody out."""

from collections.abc import Sequence
from fractions import Fraction
from statistics import quantiles
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from services.assessment.operations.aggregates import verify_campaign_seal
from tests.services.assessment.assessors import People
from tests.services.assessment.test_campaigns import created, progress

SKILLS = ("beyond_request_service", "excellent_service", "customised_service")
STAFF = {"model": {"code": "see-cmm-sp-staff"}, "raters": ["ann"], "title": "Skills 2026"}
LEVELS = (1, 1, 2, 3, 3)


async def assessed(people: People, levels: Sequence[int], **other: Any) -> str:
    """The path of a campaign over so many people, p0, p1 and so on, all of them sealed."""
    units = [
        {"kind": "person", "code": f"p{number}", "line": ["boss"], "group": "desk"}
        for number in range(len(levels))
    ]
    campaign = await created(people, **STAFF, **{"units": units, **other})
    for number, level in enumerate(levels):
        await finished(people, campaign, f"p{number}", level)
    return campaign


async def finished(people: People, campaign: str, person: str, level: int) -> None:
    """Take one of them to the seal, rated by Ann at this level throughout."""
    place = (await progress(people, campaign))[person]
    path = f"/v1/assessments/{place['assessment']}"
    ratings = dict.fromkeys(SKILLS, level)
    await people.rate("ann", path, ratings)
    await people.submit("ann", path)
    await people.step("lea", f"{path}/open-consensus")
    await people.finished(path, ratings)


async def sealed(people: People, campaign: str) -> dict[str, Any]:
    async with people("lea") as lead:
        answer = await lead.post(f"{campaign}/seals")
    assert answer.status_code == 201, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def seen(people: People, campaign: str, seal: str, subject: str) -> dict[str, Any]:
    async with people(subject) as caller:
        answer = await caller.get(f"{campaign}/seals/{seal}")
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def verified(people: People, campaign: str, seal: str) -> dict[str, Any]:
    async with people("vic") as viewer:
        answer = await viewer.post(f"{campaign}/seals/{seal}/verify")
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def erased(people: People, person: str) -> None:
    async with people("adam") as administrator:
        body = {"person": person, "reason": "asked for"}
        assert (await administrator.post("/v1/erasures", json=body)).status_code == 204


async def test_an_aggregate_tells_exact_figures_of_the_whole_and_names_nobody(
    people: People,
) -> None:
    campaign = await assessed(people, LEVELS)
    told = await sealed(people, campaign)
    whole = told["figures"]
    (stored,) = await people.service.rows("SELECT content::text FROM campaign_seal")

    totals = [Fraction(level - 1, 2) for level in LEVELS]
    expected = quantiles(totals, n=4, method="inclusive")
    assert Fraction(whole["mean"]["exact"]) == sum(totals) / 5
    assert [
        Fraction(whole[name]["exact"]) for name in ("lower_quartile", "median", "upper_quartile")
    ] == expected
    assert (told["units"], told["erased"], len(told["commitments"])) == (5, 0, 5)
    assert [each["group"] for each in told["groups"]] == ["desk"]
    assert [(each["item"], each["exact"]) for each in whole["items"]] == [("competency", "1/2")]
    assert not any(f'"p{number}"' in stored["content"] for number in range(5))


async def test_an_aggregate_verifies_before_and_after_a_member_is_erased(people: People) -> None:
    campaign = await assessed(people, LEVELS)
    seal = await sealed(people, campaign)
    before = await verified(people, campaign, seal["id"])
    await erased(people, "p3")
    after = await verified(people, campaign, seal["id"])
    kept = await seen(people, campaign, seal["id"], "vic")

    assert (before["valid"], before["members"], before["erased"]) == (True, 5, 0)
    assert (after["valid"], after["members"], after["erased"]) == (True, 5, 1)
    assert before["hash"] == after["hash"] == after["recomputed"] == seal["hash"]
    assert (kept["erased"], kept["figures"]) == (1, seal["figures"])
    assert kept["commitments"] == seal["commitments"]


async def test_who_sees_the_others_is_not_told_what_would_single_out_the_erased(
    people: People,
) -> None:
    """The lead sees the four that are left: the fifth is what the mean lacks."""
    campaign = await assessed(people, LEVELS)
    seal = await sealed(people, campaign)
    before = await seen(people, campaign, seal["id"], "lea")
    herself = await seen(people, campaign, seal["id"], "p0")
    await erased(people, "p3")
    after = await seen(people, campaign, seal["id"], "lea")
    outside = await seen(people, campaign, seal["id"], "vic")

    assert before["figures"] == outside["figures"] == seal["figures"]
    assert (herself["figures"], herself["groups"]) == (None, [])
    assert (after["figures"], after["groups"], after["erased"]) == (None, [], 1)


async def test_under_five_are_refused_and_nobody_is_in_two_aggregates(people: People) -> None:
    units = [{"kind": "person", "code": f"p{number}", "line": []} for number in range(10)]
    campaign = await created(people, **STAFF, units=units)
    answers = []
    for number in range(10):
        await finished(people, campaign, f"p{number}", 2)
        if number in (3, 4, 5, 9):
            async with people("lea") as lead:
                answers.append(await lead.post(f"{campaign}/seals"))
    async with people("vic") as viewer:
        listed = (await viewer.get(f"{campaign}/seals")).json()["items"]

    assert [each.status_code for each in answers] == [409, 201, 409, 201]
    assert answers[0].json()["type"].endswith("group-too-small")
    assert [each["units"] for each in listed] == [5, 5]
    members = await people.service.rows("SELECT assessment FROM campaign_seal_member")
    assert len(members) == len(set(members)) == 10


async def test_a_changed_figure_a_changed_score_and_a_changed_seal_break_an_aggregate(
    people: People,
) -> None:
    campaign = await assessed(people, LEVELS)
    seal = await sealed(people, campaign)
    id_ = campaign.rpartition("/")[2]
    valid = {}
    for change in (
        "UPDATE decision SET value = 3 WHERE value = 1",
        "UPDATE assessment_seal SET hash = 'another'",
        "UPDATE campaign_seal_member SET group_code = 'another'",
    ):
        async with people.service.store.transaction("demo", "lea") as session:
            await session.execute(text("SELECT set_config('see.erasing', '*', true)"))
            await session.execute(text(change))
            valid[change] = (await verify_campaign_seal(session, id_, seal["id"])).valid
            await session.rollback()
    with pytest.raises(DBAPIError, match="is sealed"):
        async with people.service.store.transaction("demo", "lea") as session:
            await session.execute(text("UPDATE campaign_seal SET hash = 'another'"))

    assert not any(valid.values()), valid


async def test_a_campaign_over_people_is_seen_place_by_place_by_those_who_may(
    people: People,
) -> None:
    campaign = await assessed(people, (2, 2))
    places = {}
    for subject in ("lea", "ann", "boss", "p0", "p1", "adam", "vic", "led"):
        role = "lead_assessor" if subject == "led" else ()
        async with people(subject, *([role] if role else [])) as caller:
            rows = (await caller.get(f"{campaign}/progress")).json()["items"]
            results = (await caller.get(f"{campaign}/results")).json()["results"]
        places[subject] = (len(rows), len(results))

    assert places == {
        **dict.fromkeys(("lea", "ann", "boss"), (2, 2)),
        **dict.fromkeys(("p0", "p1"), (1, 1)),
        **dict.fromkeys(("adam", "vic", "led"), (0, 0)),
    }
    assert not await people.service.rows("SELECT 1 FROM outbox")
    assert len(await people.service.rows("SELECT 1 FROM erasure_due")) == 2


@pytest.mark.parametrize(
    ("place", "pointer"),
    [
        ({"kind": "process", "code": "a"}, "#/units/1/kind"),
        ({"kind": "person", "code": "lea"}, "#/units/1/code"),
        ({"kind": "person", "code": "pat", "lead": "other", "reviewer": "one"}, "#/units/1/lead"),
    ],
)
async def test_a_place_of_a_person_that_cannot_be_is_named(
    people: People, place: dict[str, Any], pointer: str
) -> None:
    async with people("lea") as lead:
        body = {"period": "2026", "deadline": "2190-06-30T18:00:00Z", **STAFF}
        units = [{"kind": "person", "code": "p0"}, place]
        answer = await lead.post("/v1/campaigns", json={**body, "units": units})

    assert answer.status_code == 422
    assert {each["pointer"] for each in answer.json()["errors"]} == {pointer}
    assert await people.service.rows("SELECT 1 FROM campaign_unit") == []
