"""Assessments of people: seen by the person, the line and the assessors only, and erasable."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from services.assessment.operations.erasure import erase_due
from services.assessment.settings import Settings
from shared.ids import new_id
from tests.services.assessment.assessors import NEW, People
from tests.services.assessment.bringing import attach, brought
from tests.services.assessment.test_blind import MARKER, World, asked

STAFF = {
    "unit": {"kind": "person", "code": "may"},
    "model": {"code": "see-cmm-sp-staff"},
    "line": ["boss"],
    "title": f"May {MARKER}",
}
CELLS = ("beyond_request_service", "excellent_service", "customised_service")
OUTSIDERS = {
    "adam": "administrator",
    "led": "lead_assessor",
    "zed": "rater",
    "vic": "viewer",
    "pro": "process_owner",
    "sol": "strategy_owner",
    "int": "integration",
}
TABLES = (
    *("road_map", "road_map_step"),
    *("rating", "decision", "discussion_note", "assessment_rater", "assessment_snapshot"),
    *("evidence", "evidence_attachment", "evidence_content", "erasure_due"),
)


async def sealed(people: People) -> str:
    """The path of a sealed assessment of May, by Ann, with evidence, a note and a reason."""
    path = await people.opened("ann", **STAFF)
    evidence = await brought(people, "ann", MARKER.encode())
    await attach(people, "ann", path, evidence, CELLS[0])
    said = {"rating": 2, "comment": MARKER}
    await people.rate("ann", path, dict.fromkeys(CELLS, said))
    await people.submit("ann", path)
    await people.step("lea", f"{path}/open-consensus")
    async with people("ann") as ann:
        await ann.post(f"{path}/decisions/{CELLS[0]}/notes", json={"text": MARKER})
    for cell in CELLS:
        assert (await people.decide(path, cell, 2, rationale=MARKER)).is_success
    await people.step("lea", f"{path}/open-review")
    await people.step("rex", f"{path}/confirm")
    await people.step("lea", f"{path}/seal")
    return path


async def everything_stored(people: People) -> str:
    rows = [
        await people.service.rows(f'SELECT t::text FROM "{table}" t')
        for table in (*TABLES, "assessment", "assessment_audit", "assessment_seal", "outbox")
    ]
    return str(rows)


async def test_only_the_person_the_line_and_the_assessors_see_it(people: People) -> None:
    path = await sealed(people)
    seen = {}
    for subject in ("may", "boss", "lea", "ann", "rex", *OUTSIDERS):
        async with people(subject, OUTSIDERS.get(subject, "rater")) as caller:
            answer = await caller.get(path)
            listed = (await caller.get("/v1/assessments")).json().get("items", [])
            seen[subject] = (answer.status_code, len(listed))

    assert {s for s, told in seen.items() if told == (200, 1)} == {
        *("may", "boss", "lea", "ann", "rex")
    }
    assert {seen[outsider] for outsider in OUTSIDERS} <= {(404, 0), (403, 0)}


async def test_no_operation_tells_an_outsider_that_a_person_was_assessed(people: People) -> None:
    """One tenant has the sealed assessment, the other an id of nothing; both answer the same."""
    here, there = People(people.service, "left"), People(people.service, "right")
    left = World(here, await sealed(here), new_id("evd"))
    right = World(there, f"/v1/assessments/{new_id('asm')}", new_id("evd"))
    document = people.service.app.openapi()
    count = 0
    for one in asked(document):
        if "/erasures" in one.path or "assess" not in str(document["paths"][one.path]):
            continue
        for outsider, role in OUTSIDERS.items():
            first = await left.ask(outsider, one.method, one.path, role, **one.said)
            second = await right.ask(outsider, one.method, one.path, role, **one.said)
            assert first == second, f"{outsider}: {one}"
            count += 1
    assert count > 500
    assert MARKER not in str(await people.service.rows("SELECT * FROM outbox"))


@pytest.mark.parametrize("subject", ["", "adam", "led"])
async def test_the_database_alone_hides_it_from_outsiders(people: People, subject: str) -> None:
    await sealed(people)
    counted = {}
    async with people.service.store.transaction("demo", subject) as session:
        for table in ("assessment", "assessment_audit", "assessment_seal", *TABLES[:7]):
            rows = await session.execute(text(f'SELECT count(*) FROM "{table}"'))
            counted[table] = rows.scalar_one()

    assert set(counted.values()) == {0}


async def test_what_is_personal_is_erased_and_the_seal_still_verifies(people: People) -> None:
    path = await sealed(people)
    async with people("may") as may, people("lea") as lead:
        before = (await lead.get(f"{path}/seal")).json()
        tag = (await may.get(path)).headers["etag"]
        body = {"reason": "I have left"}
        erased = await may.post(f"{path}/erase", json=body, headers={"if-match": tag})
        gone = await may.get(path)
        shell = (await lead.get(path)).json()
        seal = (await lead.get(f"{path}/seal")).json()
        verified = (await lead.post(f"{path}/seal/verify")).json()
        score = await lead.get(f"{path}/score")
        again = await lead.post(f"{path}/erase", json=body, headers={"if-match": "*"})
    stored = await everything_stored(people)

    assert (erased.status_code, gone.status_code) == (204, 404)
    assert MARKER not in stored
    assert "'may'" not in stored
    assert ",may," not in stored
    assert (shell["unit"]["code"], shell["title"], shell["status"]) == (
        "erased",
        "erased",
        "sealed",
    )
    assert (seal["hash"], seal["score_hash"]) == (before["hash"], None)
    assert seal["commitments"] == before["commitments"]
    assert verified == {
        "valid": True,
        "hash": before["hash"],
        "recomputed": before["hash"],
        "erased": True,
    }
    assert (score.status_code, again.status_code) == (409, 409)


async def test_an_administrator_erases_a_person_without_seeing_anything(people: People) -> None:
    path = await sealed(people)
    ordinary = await people.drafted()
    async with people("adam") as administrator, people("lea") as lead:
        said = {"reason": "asked for"}
        nobody = await administrator.post("/v1/erasures", json={"person": "nobody", **said})
        known = await administrator.post("/v1/erasures", json={"person": "may", **said})
        shell = (await lead.get(path)).json()
        other = (await lead.get(ordinary)).json()

    assert (nobody.status_code, known.status_code) == (204, 204)
    assert nobody.content == known.content
    assert MARKER not in await everything_stored(people)
    assert (shell["erased_at"] is None, other["erased_at"]) == (False, None)


async def test_time_erases_what_is_personal_of_every_tenant(people: People) -> None:
    for tenant in ("left", "right"):
        await sealed(People(people.service, tenant))
    now, kept = datetime.now(UTC), people.service.settings
    assert isinstance(kept, Settings)
    days = timedelta(days=kept.personal_retention_days)

    early = await erase_due(people.service.store, now + days - timedelta(hours=1))
    due = await erase_due(people.service.store, now + days + timedelta(hours=1))

    assert (early, due) == (0, 2)
    assert MARKER not in await everything_stored(people)


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"unit": {"kind": "organisation_unit", "code": "x"}, "line": []}, "#/unit/kind"),
        ({"lead": "may"}, "#/unit/code"),
        ({"lead": "other"}, "#/lead"),
    ],
)
async def test_an_assessment_of_a_person_names_who_may_see_it(
    people: People, change: dict[str, Any], pointer: str
) -> None:
    async with people("lea") as lead:
        answer = await lead.post("/v1/assessments", json={**NEW, **STAFF, **change})

    assert [each["pointer"] for each in answer.json()["errors"]][:1] == [pointer]


async def test_a_content_that_others_brought_too_outlives_the_erasure_and_a_road_map_does_not(
    people: People,
) -> None:
    path = await sealed(people)
    unseen = await brought(people, "zed", MARKER.encode())
    async with people("lea") as lead, people("zed") as zed:
        made = await lead.post(f"{path}/road-map", json={"target": 3})
        tag = (await lead.get(path)).headers["etag"]
        body = {"reason": "may has left"}
        erased = await lead.post(f"{path}/erase", json=body, headers={"if-match": tag})
        planned = await lead.get(f"{path}/road-map")
        card = await lead.get(f"{path}/report-card")
        kept = await zed.get(f"/v1/evidence/{unseen}/content")

    codes = [each.status_code for each in (made, erased, planned, card)]
    assert codes == [201, 204, 404, 409]
    assert kept.content == MARKER.encode()
