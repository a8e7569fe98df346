"""New versions of sealed assessments, and moves to another version of a model."""

from typing import Any

from tests.domain.assessment.documents import see_cmm_document
from tests.services.assessment.assessors import CELLS, People, everything
from tests.services.assessment.bringing import attach, brought

CELL = "leadership.deployed"
GONE = "business_impact.scope"
SCOPES = [cell for cell in CELLS if cell.endswith(".scope")]
KEPT = [cell for cell in CELLS if cell not in SCOPES]


def own_model(version: int) -> Any:
    """A customer's own copy of the model; results have no scope in the second version."""
    document = {**see_cmm_document(), "code": "own", "version": version}
    document.pop("standards", None)
    cells = CELLS if version == 1 else KEPT
    best = {"ratings": dict.fromkeys(cells, 4), "expect": {"total": "1"}}
    document["golden"] = [{"name": {"zh": "最高", "en": "Best"}, **best}]
    if version == 2:
        document["title"] = {"zh": "自有模型", "en": "Own"}
        document["attributes"]["result"].pop()
    return document


async def upload(people: People, version: int) -> None:
    async with people("adam") as administrator:
        answer = await administrator.post("/v1/models", json=own_model(version))
    assert answer.status_code == 201, answer.text


async def test_unsealing_makes_a_version_to_correct_and_leaves_the_sealed_one(
    people: People,
) -> None:
    path = await people.sealed(everything(2))
    evidence_before = await people.service.rows("SELECT * FROM rating ORDER BY cell")
    new = await people.step("lea", f"{path}/unseal", {"reason": "two figures were wrong"})
    corrected = f"/v1/assessments/{new['id']}"
    await people.step("lea", f"{corrected}/open-review")
    await people.step("rex", f"{corrected}/confirm")
    again = await people.step("lea", f"{corrected}/seal")

    async with people("vic") as viewer:
        old = (await viewer.get(path)).json()
        verified = [(await viewer.post(f"{each}/seal/verify")).json() for each in (path, corrected)]
        series = (await viewer.get("/v1/assessments", params={"series": old["id"]})).json()
    sealed_rows = await people.service.rows(
        "SELECT * FROM rating WHERE assessment = $1 ORDER BY cell", old["id"]
    )
    assert (new["version"], new["previous"], new["status"]) == (2, old["id"], "consensus")
    assert new["reason"] == "two figures were wrong"
    assert (old["status"], again["status"]) == ("sealed", "sealed")
    assert [each["valid"] for each in verified] == [True, True]
    assert verified[0]["hash"] != verified[1]["hash"]
    assert [each["id"] for each in series["items"]] == [new["id"], old["id"]]
    assert sealed_rows == evidence_before


async def test_a_seal_verifies_after_its_model_was_superseded(people: People) -> None:
    await upload(people, 1)
    path = await people.sealed(everything(2), model={"code": "own"})
    async with people("vic") as viewer:
        before = (await viewer.get(f"{path}/score")).json()
        await upload(people, 2)
        newest = (await viewer.get("/v1/models/own")).json()["version"]
        after = (await viewer.get(f"{path}/score")).json()
        verified = (await viewer.post(f"{path}/seal/verify")).json()

    assert newest == 2
    assert after == before
    assert (verified["valid"], verified["recomputed"]) == (True, verified["hash"])


async def test_moving_to_another_version_reports_what_was_lost_and_keeps_a_snapshot(
    people: People,
) -> None:
    await upload(people, 1)
    await upload(people, 2)
    path = await people.opened("ann", model={"code": "own", "version": 1}, target={GONE: 3})
    evidence = await brought(people, "ann", b"old")
    await attach(people, "ann", path, evidence, GONE)
    await attach(people, "ann", path, evidence, CELL)
    await people.rate("ann", path, everything(2))
    await people.submit("ann", path)
    blind = await people.attempt("lea", f"{path}/migrations", {"version": 2})
    await people.step("lea", f"{path}/open-consensus")
    await people.decided(path, {CELL: 2, GONE: 2})

    moved = await people.step("lea", f"{path}/migrations", {"version": 2})

    report = moved["report"]
    assert blind.status_code == 409
    assert (moved["from_version"], moved["to_version"], report["carried"]) == (1, 2, 27 + 1)
    assert [(each["rater"], each["item"], each["code"]) for each in report["lost"]] == [
        *(("ann", scope, "no_such_cell") for scope in SCOPES),
        (None, GONE, "no_such_cell"),
    ]
    assert report["undecided"] == [cell for cell in KEPT if cell != CELL]
    assert report["target_dropped"]
    async with people("vic") as viewer:
        now = (await viewer.get(path)).json()
        ratings = (await viewer.get(f"{path}/ratings", params={"limit": 500})).json()["items"]
        attached = (await viewer.get(f"{path}/evidence")).json()["items"]
        (heading,) = (await viewer.get(f"{path}/snapshots")).json()["items"]
        kept = (await viewer.get(f"{path}/snapshots/{heading['id']}")).json()
    assert (now["model"]["version"], now["target"]) == (2, None)
    assert {each["cell"] for each in ratings} == set(KEPT)
    assert len(attached) == 1
    assert heading["id"] == moved["snapshot"]
    assert kept["content"]["assessment"]["model"]["version"] == 1
    was = {each["cell"]: each for each in kept["content"]["consensus"]}
    assert (was[GONE]["decision"]["rating"], was[GONE]["ratings"][0]["rating"]) == (2, 2)


async def test_a_version_that_is_not_there_or_is_the_same_is_refused(people: People) -> None:
    path = await people.drafted()

    answers = [
        await people.attempt("lea", f"{path}/migrations", {"version": version})
        for version in (1, 99)
    ]

    assert [each.status_code for each in answers] == [422, 422]
    assert {each.json()["errors"][0]["code"] for each in answers} == {
        "same_version",
        "unknown_reference",
    }


async def test_agreement_is_reported_with_consensus_and_not_before(people: People) -> None:
    path = await people.opened("ann", "bob")
    async with people("lea") as lead:
        blind = await lead.get(f"{path}/agreement")
        for rater in ("ann", "bob"):
            other = 3 if rater == "bob" else 2
            await people.rate(rater, path, {**everything(2), CELL: other, CELLS[0]: 3})
            await people.submit(rater, path)
        await people.step("lea", f"{path}/open-consensus")
        told = (await lead.get(f"{path}/agreement", params={"seed": 7})).json()
        again = (await lead.get(f"{path}/agreement", params={"seed": 7})).json()

    assert blind.status_code == 409
    assert (told["raters"], told["units"], told["metric"]) == (2, 30, "ordinal")
    assert told["percent_agreement"]["exact"] == "29/30"
    assert 0 < told["alpha"] < 1
    assert told == again
