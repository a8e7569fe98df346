"""An erased person is found nowhere, and what others sealed with them goes on to verify."""

from dataclasses import dataclass
from typing import Any

import httpx
from sqlalchemy import LargeBinary, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import AutoString

from services.assessment.operations.sealing import verify_seal
from services.assessment.queries.personal_columns import PERSONAL
from services.assessment.schemas.model_example import SMALL_MODEL
from services.assessment.tables import Row
from shared.store import PLUMBING
from tests.services.assessment.assessors import People
from tests.services.assessment.bringing import DESCRIBED, attach
from tests.services.assessment.test_awards import CLEAR, GRANTED, SCORE, VALID, act
from tests.services.assessment.test_campaigns import created, progress

LINA = "li.na"
ALIKE = "mei.li.na"
"""Somebody else."""
WORDS = "her-own-words"
ABOUT = "said-of-her"
DESK = {"model": {"code": "service-desk"}}
SKILLS = ("beyond_request_service", "excellent_service", "customised_service")
ERASURE = {"person": LINA, "names": ["Li Na", "李娜"], "reason": "Li Na asked for it."}
KEYED = {"idempotency-key": "once"}
ANY = {"if-match": "*"}


@dataclass
class Story:
    """What Li Na took part in: paths of assessments, and of an award."""

    people: People
    desk: str
    own: str
    rating: str
    of_bo: str
    award: str


async def ok(answer: httpx.Response) -> dict[str, Any]:
    assert answer.is_success, answer.text
    told: dict[str, Any] = answer.json() if answer.content else {}
    return told


async def desk_sealed(people: People) -> str:
    """A service desk that Li Na rated, discussed and proved, and that is sealed."""
    path = await people.opened(LINA, "ann", title="Desk of Li Na", co_leads=[LINA], **DESK)
    async with people(LINA) as lina:
        link = {"link": "https://wiki.example/people/li.na", "note": "李娜的手册"}
        link["title"] = "Handbook (LI NA)"
        brought = await ok(
            await lina.post("/v1/evidence", data={**DESCRIBED, **link}, headers=KEYED)
        )
    assert (await attach(people, LINA, path, brought["id"], "hours")).is_success
    said = {"rating": 2, "comment": WORDS}
    not_applicable = {"rating": {"na": WORDS}}
    await people.rate(LINA, path, {"hours": said, "answers": not_applicable})
    hours, answers = {"rating": 2, "comment": "Li Na knows"}, {"rating": 2, "comment": "steady"}
    await people.rate("ann", path, {"hours": hours, "answers": answers})
    for rater in (LINA, "ann"):
        await people.submit(rater, path)
    await people.step("lea", f"{path}/open-consensus")
    for rater in (LINA, "ann"):
        async with people(rater) as caller:
            note = {"text": f"{WORDS if rater == LINA else '李娜说得对'}"}
            here = f"{path}/decisions/answers/notes"
            await ok(await caller.post(here, json=note, headers={"idempotency-key": "note"}))
    for cell in ("hours", "answers"):
        assert (await people.decide(path, cell, 2, rationale="As li.na showed.")).is_success
    await people.step("lea", f"{path}/open-review")
    await people.step("rex", f"{path}/confirm")
    async with people(LINA, "lead_assessor") as lina:
        await ok(await lina.post(f"{path}/seal", headers={"if-match": "*"}))
    return path


async def planned(people: People, path: str) -> None:
    async with people(LINA, "lead_assessor") as lead:
        made = await ok(await lead.post(f"{path}/road-map", json={"target": 3}))
        step = f"{path}/road-map/steps/{made['steps'][0]['id']}"
        change = {"action": "Li Na writes it down", "owner": LINA}
        await ok(await lead.patch(step, json=change, headers={"if-match": "*"}))


async def examined(people: People) -> str:
    """An award that Li Na applied for, and one that she cannot examine and certifies."""
    levels = {"hours": 2, "answers": 3}
    led = await people.sealed(levels, co_leads=[LINA], **DESK)
    other = await people.sealed(levels, **DESK)
    body = {"statement": "Li Na applies.", "programme": "x"}
    async with people(LINA, "lead_assessor") as lina:
        mine = {**body, "assessment": led.rpartition("/")[2]}
        applied = await ok(await lina.post("/v1/awards", json=mine))
    async with people("lea") as lead:
        theirs = {**body, "assessment": other.rpartition("/")[2]}
        second = await ok(await lead.post("/v1/awards", json=theirs))
    path = f"/v1/awards/{second['id']}"
    torn = {"conflicted": True, "conflict": WORDS}
    for subject, declared in (("kim", CLEAR), (LINA, torn)):
        await ok(await act(people, "jo", f"{path}/examiners", {"subject": subject}))
        await ok(await act(people, subject, f"{path}/declaration", declared, "PUT"))
    await ok(await act(people, "jo", f"{path}/open-examination"))
    await ok(await act(people, "kim", f"{path}/score", SCORE, "PUT"))
    await ok(await act(people, "jo", f"{path}/decision", GRANTED))
    async with people(LINA, "lead_assessor") as lina:
        await ok(await lina.post(f"{path}/certificate", json=VALID, headers={"if-match": "*"}))
    assert applied["applied_by"] == LINA
    return path


async def assessed(people: People, person: str, **other: Any) -> str:
    """A sealed assessment of somebody."""
    unit = {"unit": {"kind": "person", "code": person}, "model": {"code": "see-cmm-sp-staff"}}
    comment = ABOUT if person == LINA else "fine"
    said = {skill: {"rating": 2, "comment": comment} for skill in SKILLS}
    path = await people.in_consensus({"ann": said}, **unit, **other)
    for cell in SKILLS:
        assert (await people.decide(path, cell, 2, rationale=f"{person} can")).is_success
    await people.step("lea", f"{path}/open-review")
    await people.step("rex", f"{path}/confirm")
    await people.step("lea", f"{path}/seal")
    return path


async def in_a_campaign(people: People) -> None:
    place = {"kind": "process", "code": "incident", "raters": ["bob"]}
    campaign = await created(people, title="Led by Li Na", raters=[LINA, "ann"], units=[place])
    skills = {"model": {"code": "see-cmm-sp-staff"}, "raters": ["ann"]}
    await created(people, **skills, units=[{"kind": "person", "code": LINA}])
    incident = (await progress(people, campaign))["incident"]["assessment"]
    async with people("bob") as bob, people(LINA) as lina:
        here = f"{campaign}/assessments/{incident}/raters"
        await ok(await lina.post(f"{here}/{LINA}/delegate", json={"to": "cai"}, headers=ANY))
        await ok(await bob.post(f"{here}/bob/delegate", json={"to": LINA}, headers=ANY))


async def moved_to_another_version(people: People) -> None:
    path = await people.drafted(LINA, **DESK)
    async with people(LINA, "lead_assessor") as lina:
        await ok(await lina.post("/v1/models", json={**SMALL_MODEL, "not_applicable": "forbidden"}))
        body = {"reason": "Li Na took it back"}
        await ok(await lina.post("/v1/models/service-desk/versions/2/withdraw", json=body))
        await ok(await lina.post("/v1/models", json={**SMALL_MODEL, "version": 3}))
    await people.step("lea", f"{path}/migrations", {"version": 3})


async def lived(people: People) -> Story:
    async with people(LINA, "lead_assessor") as lina:
        await ok(await lina.post("/v1/models", json=SMALL_MODEL))
        draft = {"title": "Draft", "unit": {"kind": "process", "code": "p"}, "period": "2026"}
        body = {**draft, **DESK, "reviewer": LINA}
        body["lead"] = "lea"
        await ok(await lina.post("/v1/assessments", json=body, headers={"idempotency-key": "d"}))
    desk = await desk_sealed(people)
    await planned(people, desk)
    award = await examined(people)
    own = await assessed(people, LINA, title="Skills of 李娜", line=["boss"])
    of_bo = await assessed(people, "bo", title="Skills of Bo", line=[LINA])
    rating = await people.opened(LINA, ALIKE, **DESK)
    await people.rate(LINA, rating, {"hours": {"rating": 1, "comment": WORDS}})
    await in_a_campaign(people)
    await moved_to_another_version(people)
    return Story(people, desk, own, rating, of_bo, award)


async def erased(people: People, **said: Any) -> None:
    async with people("adam") as administrator:
        answer = await administrator.post("/v1/erasures", json={**ERASURE, **said})
    assert answer.status_code == 204, answer.text


async def dumped(people: People) -> dict[str, str]:
    """Every row of every table as text, by table."""
    found = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    tables = [row["tablename"] for row in await people.service.rows(found)]
    rows = {name: await people.service.rows(f'SELECT * FROM "{name}"') for name in tables}
    return {name: "\n".join(_written(row) for row in told) for name, told in rows.items()}


def _written(row: Any) -> str:
    return " ".join(
        value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
        for value in row.values()
    )


def telling(stored: dict[str, str]) -> set[str]:
    """The tables in which Li Na, what she said or what was said of her is found."""
    found = ("li.na", "li na", "李娜", WORDS, ABOUT)
    return {
        table
        for table, told in stored.items()
        if any(each in told.replace(ALIKE, "").lower() for each in found)
    }


async def verified(people: People, path: str) -> dict[str, Any]:
    async with people("lea") as lead:
        told: dict[str, Any] = (await lead.post(f"{path}/seal/verify")).json()
    return told


async def test_no_row_of_any_table_tells_of_an_erased_person(people: People) -> None:
    await lived(people)
    before = telling(await dumped(people))
    await erased(people)
    stored = await dumped(people)

    personal = {
        table
        for table, columns in PERSONAL.items()
        if any(type(fate).__name__ in ("Fate", "SpokenBy") for fate in columns.values())
    }
    assert telling(stored) == set()
    # The story has told of her in every table that can.
    assert before >= personal - {"dead_letter", "person_erasure", "campaign_seal"}
    assert ALIKE in stored["assessment_rater"]


async def test_what_others_sealed_with_an_erased_person_recomputes_to_the_same_hash(
    people: People,
) -> None:
    story = await lived(people)
    before = {path: await verified(people, path) for path in (story.desk, story.of_bo)}
    await erased(people)
    after = {path: await verified(people, path) for path in (story.desk, story.of_bo)}
    own = await verified(people, story.own)
    async with people("vic") as viewer:
        number = (await viewer.get(story.award)).json()["certificate"]
        certificate = (await viewer.get(f"/v1/certificates/{number}")).json()

    assert after == before
    assert {told["valid"] for told in after.values()} == {True}
    assert [own["valid"], own["erased"]] == [True, True]
    assert certificate["verified"] is True


TAMPERING = (
    "UPDATE rating SET value = 3 WHERE value = 2 AND rater LIKE 'erased-%'",
    "UPDATE decision SET value = 3 WHERE cell = 'hours'",
    "UPDATE rating SET comment = 'another' WHERE comment = 'steady'",
    "UPDATE decision SET decided_by = 'ann'",
    "UPDATE evidence_attachment SET text_commitment = 'another'",
    "UPDATE assessment_seal SET text_commitment = 'another'",
)


async def test_what_an_erasure_leaves_stays_sealed(people: People) -> None:
    async with people("lea") as lead:
        await ok(await lead.post("/v1/models", json=SMALL_MODEL))
    path = await desk_sealed(people)
    await erased(people)
    valid = {}
    for change in TAMPERING:
        async with people.service.store.transaction("demo", "lea") as session:
            await session.execute(text("SELECT set_config('see.erasing', '*', true)"))
            changed = await session.execute(text(change))
            assert changed.rowcount > 0, change  # type: ignore[attr-defined]
            valid[change] = (await verify_seal(session, path.rpartition("/")[2])).valid
            await session.rollback()

    assert (await verified(people, path))["valid"] is True
    assert not any(valid.values()), valid


async def test_who_is_erased_while_rating_leaves_with_their_ratings(people: People) -> None:
    story = await lived(people)
    async with people("lea") as lead:
        before = (await lead.get(story.rating)).headers["etag"]
        await erased(people)
        raters = (await lead.get(f"{story.rating}/raters")).json()["items"]
        after = (await lead.get(story.rating)).headers["etag"]
        trail = (await lead.get(f"{story.rating}/audit")).json()["items"]

    assert [each["subject"] for each in raters] == [ALIKE]
    assert before != after
    assert (trail[-1]["action"], trail[-1]["by"]) == ("remove_rater", "adam")


async def test_an_erased_person_is_one_pseudonym_that_nothing_leads_back_from(
    people: People,
) -> None:
    story = await lived(people)
    await erased(people)
    async with people("lea") as lead:
        raters = (await lead.get(f"{story.desk}/raters")).json()["items"]
        steps = (await lead.get(f"{story.desk}/road-map")).json()["steps"]
        consensus = (await lead.get(f"{story.desk}/decisions")).json()["items"]
        audit = (await lead.get(f"{story.desk}/audit")).json()["items"]

    (name,) = (each["subject"] for each in raters if each["subject"] != "ann")
    assert name.startswith("erased-")
    assert (steps[0]["owner"], steps[0]["action"]) == (name, f"{name} writes it down")
    hours = consensus[0]
    assert {each["rater"]: each["comment"] for each in hours["ratings"]} == {
        "ann": f"{name} knows",
        name: "erased",
    }
    assert hours["decision"]["rationale"] == f"As {name} showed."
    assert {each["rating"] for each in hours["ratings"]} == {2}
    assert name in {each["by"] for each in audit}


async def test_a_stored_answer_tells_of_an_erased_person_no_more(people: People) -> None:
    """The lead's own repetition is answered without her; that of her assessment with a 404."""
    body = {
        "title": "Skills of Li Na",
        "unit": {"kind": "person", "code": LINA},
        "model": {"code": "see-cmm-sp-staff"},
        "period": "2026",
        "line": ["boss"],
    }
    desk = {**body, "model": {"code": "see-cmm"}, "line": [], "reviewer": LINA}
    desk["unit"] = {"kind": "process", "code": "desk"}
    keys = [{"idempotency-key": "own"}, {"idempotency-key": "desk"}]
    async with people("lea") as lead:
        asked = list(zip((body, desk), keys, strict=True))
        for said, key in asked:
            await ok(await lead.post("/v1/assessments", json=said, headers=key))
        await erased(people)
        own, other = [
            await lead.post("/v1/assessments", json=said, headers=key) for said, key in asked
        ]

    assert (own.status_code, other.status_code) == (404, 201)
    assert other.json()["title"].startswith("Skills of erased-")
    assert other.json()["reviewer"].startswith("erased-")


def _texts(metadata: Any) -> dict[str, set[str]]:
    kinds = (AutoString, String, JSONB, LargeBinary)
    return {
        name: {column.name for column in table.columns if isinstance(column.type, kinds)}
        for name, table in metadata.tables.items()
    }


def test_every_column_that_can_hold_a_text_has_a_fate() -> None:
    stored = {**_texts(Row.metadata), **_texts(PLUMBING)}

    assert {table: set(columns) for table, columns in PERSONAL.items()} == stored
