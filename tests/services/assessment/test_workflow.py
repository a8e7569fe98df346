"""The whole way of an assessment with five raters: rating, consensus, review, seal."""

import hashlib

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.services.assessment.assessors import CELLS, RATERS, People, everything
from tests.services.assessment.bringing import attach, brought

CELL = "leadership.deployed"
ABSENT = "business_impact.comparison"


async def test_five_raters_come_to_a_sealed_score(people: People) -> None:
    """Two cells in dispute, one not applicable, one return by the reviewer, then the seal."""
    sheets = {
        rater: {**everything(2), CELL: level, ABSENT: {"na": "nobody to compare with"}}
        for rater, level in zip(RATERS, (1, 2, 2, 3, 4), strict=True)
    }
    path = await people.in_consensus(sheets)
    async with people("lea") as lead:
        cell = (await lead.get(f"{path}/decisions/{CELL}")).json()
        early = await people.decide(path, CELL, 3)
        absent = await people.decide(path, ABSENT, {"na": "nobody to compare with"})
        said = await lead.post(f"{path}/decisions/{CELL}/notes", json={"text": "two branches"})
        ruled = await people.rule(path, "ann", ABSENT)

    assert ([r["rating"] for r in cell["ratings"]], cell["spread"]) == ([1, 2, 2, 3, 4], 3)
    assert cell["must_be_discussed"]
    assert (early.status_code, absent.status_code) == (409, 409)
    assert (said.status_code, ruled.json()["na_ruled_by"]) == (201, "lea")

    decided = {**everything(2), CELL: 3, ABSENT: {"na": "nobody to compare with"}}
    await people.decided(path, {cell: decided[cell] for cell in CELLS[1:]})
    missing = await people.attempt("lea", f"{path}/open-review")
    assert missing.json()["detail"] == f"Not decided yet: {CELLS[0]}."
    await people.decided(path, {CELLS[0]: 2})
    await people.step("lea", f"{path}/open-review")
    unconfirmed = await people.attempt("lea", f"{path}/seal")
    back = await people.step("rex", f"{path}/return", {"reason": "look at the roll-out again"})
    assert (unconfirmed.status_code, back["status"]) == (409, "consensus")
    await people.step("lea", f"{path}/open-review")
    confirmed = await people.step("rex", f"{path}/confirm")
    assert confirmed["confirmed_by"] == "rex"
    await people.step("lea", f"{path}/seal")

    async with people("vic") as viewer:
        score = (await viewer.get(f"{path}/score")).json()
        stateless = await viewer.post("/v1/models/see-cmm/scores", json={"ratings": decided})
        seal = (await viewer.get(f"{path}/seal")).json()
        verified = (await viewer.post(f"{path}/seal/verify")).json()
        trail = (await viewer.get(f"{path}/audit", params={"limit": 500})).json()["items"]
    assert (score["basis"], score["status"]) == ("decisions", "sealed")
    assert score["total"] == stateless.json()["total"]
    assert (seal["score_hash"], len(seal["commitments"])) == (score["score_hash"], 2 + 30 * 6)
    assert verified == {
        "valid": True,
        "hash": seal["hash"],
        "recomputed": seal["hash"],
        "erased": False,
    }
    assert [each["action"] for each in trail if each["action"].endswith("review")] == [
        *("open_review", "return_review", "open_review", "confirm_review")
    ]
    assert sum(each["action"] == "rate_cell" for each in trail) == 150
    last = {name: trail[-1][name] for name in ("action", "by", "acting_as", "before")}
    assert last == {
        "action": "seal",
        "by": "lea",
        "acting_as": None,
        "before": {"status": "review"},
    }


@pytest.mark.parametrize("reviewer", ["lea", "ann"])
async def test_who_rated_or_leads_cannot_review(people: People, reviewer: str) -> None:
    path = await people.in_consensus({"ann": everything(2)})
    await people.decided(path, everything(2))
    async with people("lea") as lead:
        tag = (await lead.get(path)).headers["etag"]
        named = await lead.patch(path, json={"reviewer": reviewer}, headers={"if-match": tag})
    await people.step("lea", f"{path}/open-review")

    assert [each["pointer"] for each in named.json()["errors"]] == ["#/reviewer"]
    assert (await people.attempt(reviewer, f"{path}/confirm")).status_code == 403


async def test_nobody_rules_on_their_own_rating(people: People) -> None:
    sheets = {"lea": {**everything(2), CELL: {"na": "no branches"}}}
    path = await people.in_consensus(sheets, co_leads=["lou"])
    own = await people.rule(path, "lea", CELL)
    another = await people.rule(path, "lea", CELL, "lou")

    assert (own.status_code, another.status_code) == (403, 200)
    assert (await people.decide(path, CELL, {"na": "no branches"})).status_code == 200


async def test_a_result_outside_the_raters_range_cites_new_evidence(people: People) -> None:
    path = await people.opened("ann", "bob")
    old = await brought(people, "ann", b"old")
    await attach(people, "ann", path, old, CELL)
    for rater, level in (("ann", 2), ("bob", 3)):
        await people.rate(rater, path, everything(level))
        await people.submit(rater, path)
    await people.step("lea", f"{path}/open-consensus")

    bare = await people.decide(path, CELL, 4)
    stale = await people.decide(path, CELL, 4, evidence=[old])
    inside = await people.decide(path, CELL, 3, evidence=[old])
    new = await brought(people, "ann", b"new")
    unknown = await people.decide(path, CELL, 4, evidence=[new])
    await attach(people, "ann", path, new, CELL)
    fresh = await people.decide(path, CELL, 4, evidence=[old, new])

    assert [each["code"] for each in bare.json()["errors"]] == ["new_evidence_missing"]
    assert (bare.status_code, stale.status_code, inside.status_code) == (409, 409, 200)
    assert [each["pointer"] for each in unknown.json()["errors"]] == ["#/evidence/0"]
    assert (fresh.status_code, fresh.json()["decision"]["evidence"]) == (200, [old, new])


async def test_a_seal_binds_the_checksums_of_the_evidence(people: People) -> None:
    path = await people.opened("ann")
    evidence = await brought(people, "ann", b"a report")
    await attach(people, "ann", path, evidence, CELL)
    await people.rate("ann", path, everything(2))
    await people.submit("ann", path)
    await people.step("lea", f"{path}/open-consensus")
    await people.finished(path, everything(2))

    async with people("vic") as viewer:
        seal = (await viewer.get(f"{path}/seal")).json()
        verified = (await viewer.post(f"{path}/seal/verify")).json()

    checksum = hashlib.sha256(b"a report").hexdigest()
    assert seal["evidence"] == {f"{evidence}/{CELL}": f"sha256:{checksum}"}
    assert verified["valid"]


SMUGGLED = (
    "UPDATE rating SET value = 4",
    "UPDATE decision SET value = 4",
    "UPDATE assessment SET status = 'draft', sealed_at = NULL",
    "UPDATE assessment_seal SET hash = 'x'",
    "UPDATE assessment_rater SET submitted = false",
    "DELETE FROM rating",
    "DELETE FROM decision",
    "DELETE FROM assessment_seal",
)


async def test_the_database_alone_refuses_every_change_of_what_is_sealed(people: People) -> None:
    await people.sealed(everything(2))

    for statement in SMUGGLED:
        with pytest.raises(DBAPIError, match="is sealed"):
            async with people.service.store.transaction("demo", "lea") as session:
                await session.execute(text(statement))


async def test_nothing_of_a_sealed_assessment_can_be_changed_by_the_api(people: People) -> None:
    path = await people.sealed(everything(2))
    async with people("lea") as lead, people("ann") as ann:
        patch = await lead.patch(path, json={"title": "x"}, headers={"if-match": "*"})
        rater = await people.attempt("lea", f"{path}/raters", {"subject": "bob"})
        change = {"ratings": {CELL: {"rating": 4}}}
        rated = await ann.patch(f"{path}/sheet", json=change, headers={"if-match": "*"})
        decided = await people.decide(path, CELL, 4)

    assert {each.status_code for each in (patch, rater, rated, decided)} == {409}


async def test_a_seal_breaks_when_what_is_below_it_was_tampered_with(people: People) -> None:
    path = await people.sealed(everything(2))
    await people.service.rows(
        "WITH off AS (SELECT set_config('session_replication_role', 'replica', true))"
        " UPDATE decision SET rationale = 'other' FROM off WHERE cell = $1",
        CELL,
    )

    async with people("vic") as viewer:
        verified = (await viewer.post(f"{path}/seal/verify")).json()

    assert not verified["valid"]


@pytest.mark.parametrize(
    ("sort", "periods"),
    [
        ("-created_at", ["2025", "2027", "2026"]),
        ("created_at", ["2026", "2027", "2025"]),
        ("period", ["2025", "2026", "2027"]),
        ("-unit", ["2025", "2026", "2027"]),
    ],
)
async def test_assessments_are_listed_in_the_order_asked_for(
    people: People, sort: str, periods: list[str]
) -> None:
    for period, unit in (("2026", "hr"), ("2027", "desk"), ("2025", "it")):
        await people.drafted(
            period=period, unit={"kind": "organisation_unit", "code": unit}, title=period
        )
    asked: dict[str, str | int] = {"sort": sort, "limit": 2}
    found: list[str] = []
    async with people("vic") as vic:
        while True:
            page = (await vic.get("/v1/assessments", params=asked)).json()
            found += [each["period"] for each in page["items"]]
            if page["next_cursor"] is None:
                break
            asked["cursor"] = page["next_cursor"]

    assert found == periods
