"""Leads are appointed: who leads one assessment is a stranger to every other."""

from typing import Any

import httpx
import pytest

from tests.services.assessment.assessors import NEW, People, everything
from tests.services.assessment.bringing import attach, brought

CELL = "leadership.deployed"
GRID: dict[str, Any] = {
    "title": "2026",
    "model": {"code": "see-cmm"},
    "period": "2026",
    "deadline": "2190-01-01T00:00:00Z",
    "raters": ["ann"],
    "units": [{"kind": "process", "code": "a"}, {"kind": "process", "code": "b", "lead": "lou"}],
}


async def tried(people: People, subject: str, path: str) -> dict[str, int]:
    """The status codes of all that only a lead may do."""
    codes = {}
    async with people(subject) as caller:
        for method, place, body in (
            ("PATCH", "", {"title": "mine"}),
            ("POST", "/raters", {"subject": "eva"}),
            ("DELETE", "/raters/ann", None),
            ("POST", "/open-rating", None),
            ("POST", "/open-consensus", None),
            ("POST", f"/decisions/{CELL}/notes", {"text": "I think so"}),
            ("PUT", f"/decisions/{CELL}", {"rating": 2, "rationale": "why"}),
            ("POST", f"/ratings/ann/{CELL}/ruling", {"approved": True}),
            ("POST", "/open-review", None),
            ("POST", "/seal", None),
            ("POST", "/unseal", {"reason": "why"}),
            ("POST", "/migrations", {"version": 1}),
            ("POST", "/road-map", {"target": 3}),
        ):
            answer = await caller.request(
                method, f"{path}{place}", json=body, headers={"if-match": "*"}
            )
            codes[f"{method} {place}"] = answer.status_code
    return codes


async def changed(people: People, subject: str, path: str, body: Any) -> httpx.Response:
    """Change what is at this path under its current ETag."""
    async with people(subject) as caller:
        tag = (await caller.get(path)).headers["etag"]
        return await caller.patch(path, json=body, headers={"if-match": tag})


async def test_the_lead_of_one_assessment_is_a_stranger_to_another(people: People) -> None:
    path = await people.drafted("ann")
    before = await tried(people, "lou", path)
    await people.step("lea", f"{path}/open-rating")
    await people.rate("ann", path, everything(2))
    await people.submit("ann", path)
    blind = await tried(people, "lou", path)
    await people.step("lea", f"{path}/open-consensus")
    after = await tried(people, "lou", path)

    assert {*before.values(), *blind.values(), *after.values()} == {403}


async def test_who_opens_an_assessment_leads_it_unless_somebody_else_is_named(
    people: People,
) -> None:
    mine = await people.drafted()
    others = await people.drafted(lead="lou", co_leads=["max"])
    async with people("lea") as lea, people("max", "lead_assessor") as max_:
        own = (await lea.get(mine)).json()
        named = (await lea.get(others)).json()
        opener = await lea.post(f"{others}/raters", json={"subject": "ann"})
        co_lead = await max_.post(
            f"{others}/raters", json={"subject": "ann"}, headers={"if-match": "*"}
        )

    assert (own["lead"], own["co_leads"]) == ("lea", [])
    assert (named["lead"], named["co_leads"]) == ("lou", ["max"])
    assert (opener.status_code, co_lead.status_code) == (403, 201)


async def test_leads_hand_over_under_an_etag_and_the_trail_says_so(people: People) -> None:
    path = await people.drafted()
    async with people("lea") as lea:
        bare = await lea.patch(path, json={"lead": "lou"})
        stale = await lea.patch(path, json={"lead": "lou"}, headers={"if-match": '"9"'})
    handed = await changed(people, "lea", path, {"lead": "lou", "co_leads": ["max"]})
    back = await changed(people, "lea", path, {"lead": "lea"})
    reviews = await changed(people, "lou", path, {"reviewer": "max"})
    async with people("vic") as vic:
        entry = (await vic.get(f"{path}/audit")).json()["items"][-1]

    assert (bare.status_code, stale.status_code) == (428, 412)
    assert (handed.json()["lead"], handed.json()["co_leads"]) == ("lou", ["max"])
    assert back.status_code == 403
    assert [each["code"] for each in reviews.json()["errors"]] == ["reviewer_leads"]
    assert (entry["by"], entry["before"], entry["after"]) == (
        *("lea", {"lead": "lea", "co_leads": []}),
        {"lead": "lou", "co_leads": ["max"]},
    )


async def test_an_administrator_stands_in_and_the_trail_tells_them_from_a_lead(
    people: People,
) -> None:
    path = await people.drafted("ann")
    await people.step("adam", f"{path}/open-rating")
    async with people("vic") as vic:
        trail = (await vic.get(f"{path}/audit")).json()["items"]

    acting = {each["action"]: (each["by"], each["acting_as"]) for each in trail}
    assert acting["add_rater"] == ("lea", None)
    assert acting["open_rating"] == ("adam", "administrator")


async def test_a_lead_who_rates_settles_no_dispute_of_which_they_are_a_party(
    people: People,
) -> None:
    sheets = {"lea": everything(4), "ann": {**everything(4), CELL: 1}}
    path = await people.in_consensus(sheets, co_leads=["lou"])
    async with people("lea") as lea:
        await lea.post(f"{path}/decisions/{CELL}/notes", json={"text": "two branches"})
    own = await people.decide(path, CELL, 4)
    agreed = await people.decide(path, "leadership.planned_approach", 4)
    other = await people.decide(path, CELL, 3, "lou")

    assert (own.status_code, agreed.status_code, other.status_code) == (403, 200, 200)


async def test_a_campaign_is_led_by_its_leads_and_a_unit_by_its_own(people: People) -> None:
    async with people("lea") as lea, people("lou") as lou:
        campaign = (await lea.post("/v1/campaigns", json=GRID)).json()
        home = f"/v1/campaigns/{campaign['id']}"
        units = {each["code"]: each for each in (await lea.get(f"{home}/progress")).json()["items"]}
        seen = {each["code"]: each for each in (await lou.get(f"{home}/progress")).json()["items"]}
        foreign = await lou.patch(home, json={"title": "x"}, headers={"if-match": "*"})
        closed = await lou.post(f"{home}/close", headers={"if-match": "*"})
    a, b = (f"/v1/assessments/{units[code]['assessment']}" for code in ("a", "b"))
    theirs = await changed(people, "lea", b, {"title": "x"})
    ours = await changed(people, "lou", b, {"title": "x"})
    handed = await changed(people, "lea", home, {"lead": "lou"})

    assert (campaign["lead"], campaign["co_leads"]) == ("lea", [])
    assert (foreign.status_code, closed.status_code) == (403, 403)
    assert (theirs.status_code, ours.status_code) == (403, 200)
    assert {each["raters"][0]["submitted"] for each in units.values()} == {False}
    assert [seen[code]["raters"][0]["submitted"] for code in ("a", "b")] == [None, False]
    assert handed.json()["lead"] == "lou"
    assert (await changed(people, "lou", a, {"title": "x"})).status_code == 403


async def test_only_its_leads_know_who_has_submitted_and_bring_common_evidence(
    people: People,
) -> None:
    path = await people.opened("ann")
    evidence = await brought(people, "lou")
    stranger = await attach(people, "lou", path, evidence, CELL, common=True)
    told = {}
    for caller in ("lea", "adam", "lou"):
        async with people(caller) as client:
            (rater,) = (await client.get(f"{path}/raters")).json()["items"]
        told[caller] = rater["submitted"]

    assert stranger.status_code == 403
    assert told == {"lea": False, "adam": False, "lou": None}


@pytest.mark.parametrize("named", [{"reviewer": "lea"}, {"reviewer": "max", "co_leads": ["max"]}])
async def test_nobody_reviews_what_they_lead(people: People, named: dict[str, Any]) -> None:
    async with people("lea") as lea:
        single = await lea.post("/v1/assessments", json={**NEW, **named})
        many = await lea.post("/v1/campaigns", json={**GRID, **named})

    assert [each["pointer"] for each in single.json()["errors"]] == ["#/reviewer"]
    assert {each["code"] for each in many.json()["errors"]} == {"reviewer_leads"}
