"""The trail is a chain of hashes: only added to, verifiable by anyone, and erasable."""

import hashlib
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.services.assessment.assessors import CELLS, People, everything
from tests.services.assessment.bringing import attach, brought
from tests.services.assessment.test_assessments_of_people import STAFF

CELL = "leadership.deployed"


async def verified(people: People, about: str, subject: str = "vic") -> dict[str, Any]:
    """What a caller is told of the chains of a trail."""
    async with people(subject) as caller:
        answer = await caller.get(f"/v1/audit-trails/{about}/verification")
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def relinked(entries: list[dict[str, Any]]) -> list[str]:
    """The hashes that follow from what a chain's entries say, as a reader computes them."""
    hashes = [""]
    for each in entries:
        at = datetime.fromisoformat(each["at"]).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        members = (each["chain"], each["position"], each["id"], each["action"], at)
        joined = "|".join(map(str, (hashes[-1], *members, each["commitment"])))
        hashes.append(f"sha256:{hashlib.sha256(joined.encode()).hexdigest()}")
    return hashes[1:]


async def test_a_reader_recomputes_every_chain_of_an_assessment(people: People) -> None:
    path = await people.in_consensus({"ann": everything(2), "bob": everything(3)})
    about = path.rpartition("/")[2]
    async with people("vic") as vic:
        trail = (await vic.get(f"/v1/audit-trails/{about}", params={"limit": 500})).json()["items"]
    told = await verified(people, about)

    chains: dict[str, list[dict[str, Any]]] = {each["chain"]: [] for each in trail}
    for each in sorted(trail, key=lambda entry: entry["position"]):
        chains[each["chain"]].append(each)
    assert sorted(len(entries) for entries in chains.values()) == [5, 31, 31]
    assert all(relinked(each) == [entry["hash"] for entry in each] for each in chains.values())
    heads = {name: entries[-1]["hash"] for name, entries in chains.items()}
    (opened,) = [each for each in trail if each["action"] == "open_consensus"]
    assert opened["after"]["trails"] == sorted(heads[name] for name in heads if name != about)
    assert told["valid"]
    assert {each["chain"]: each["head"] for each in told["chains"]} == heads
    assert {each["erased"] for each in told["chains"]} == {0}


TAMPERED = (
    "UPDATE assessment_audit SET after = '{\"value\": 4}' WHERE action = 'rate_cell' AND cell = $1",
    "UPDATE assessment_audit SET by = 'eva' WHERE action = 'rate_cell' AND cell = $1",
    "UPDATE assessment_audit SET at = at - interval '1 day' WHERE cell = $1",
    "DELETE FROM assessment_audit WHERE cell = $1",
    "DELETE FROM assessment_audit WHERE rater = 'bob' AND $1 <> ''",
    "DELETE FROM assessment_audit WHERE position > 20 AND $1 <> ''",
    """UPDATE assessment_audit SET position = 42 - position
        WHERE rater = 'bob' AND position IN (20, 22) AND $1 <> ''""",
)


async def test_whoever_gets_around_the_triggers_breaks_the_chain(people: People) -> None:
    path = await people.in_consensus({"ann": everything(2), "bob": everything(3)})
    about = path.rpartition("/")[2]
    rows = people.service.rows
    await rows("DROP INDEX assessment_audit_chain")
    await rows("ALTER TABLE assessment_audit DISABLE TRIGGER ALL")
    await rows("CREATE TABLE kept_aside AS TABLE assessment_audit")

    for statement in TAMPERED:
        await rows(statement, CELL)
        told = await verified(people, about)
        await rows("DELETE FROM assessment_audit")
        await rows("INSERT INTO assessment_audit SELECT * FROM kept_aside")
        assert not told["valid"], statement
        assert (await verified(people, about))["valid"]


SMUGGLED = (
    "UPDATE assessment_audit SET after = NULL",
    "UPDATE assessment_audit SET salt = NULL",
    "DELETE FROM assessment_audit",
    "UPDATE assessment_audit SET at = now() FROM set_config('see.erasing', 'x', true)",
)


async def test_the_database_refuses_every_change_of_the_trail(people: People) -> None:
    await people.drafted("ann")

    for statement in SMUGGLED:
        with pytest.raises(DBAPIError, match="only added to"):
            async with people.service.store.transaction("demo", "lea") as session:
                await session.execute(text(statement))


async def test_while_rating_is_blind_a_caller_verifies_their_own_chain_and_the_common_one(
    people: People,
) -> None:
    path = await people.opened("ann", "bob")
    about = path.rpartition("/")[2]
    await people.rate("bob", path, {CELLS[0]: 4})
    theirs, common = await verified(people, about, "bob"), await verified(people, about, "lea")

    assert [each["entries"] for each in theirs["chains"]] == [4, 1]
    assert [(each["chain"], each["entries"]) for each in common["chains"]] == [(about, 4)]


async def test_an_erased_person_leaves_chains_that_hold_and_say_nothing(people: People) -> None:
    path = await people.opened("ann", **STAFF)
    about = path.rpartition("/")[2]
    async with people("ann") as ann:
        cells = (await ann.get(f"{path}/sheet")).json()["cells"]
    await people.rate("ann", path, dict.fromkeys(cells, 2))
    await people.submit("ann", path)
    await people.step("lea", f"{path}/open-consensus")
    before = await verified(people, about, "lea")
    async with people("lea") as lea:
        tag = (await lea.get(path)).headers["etag"]
        body = {"reason": "on request"}
        assert (
            await lea.post(f"{path}/erase", json=body, headers={"if-match": tag})
        ).status_code == 204
        trail = (await lea.get(f"{path}/audit", params={"limit": 500})).json()["items"]
    after = await verified(people, about, "lea")

    heads = {each["chain"]: each["head"] for each in before["chains"]}
    assert before["valid"]
    assert after["valid"]
    assert [each["before"] or each["after"] for each in trail[:-1]] == [None] * (len(trail) - 1)
    assert sum(each["erased"] for each in after["chains"]) == len(trail) - 1
    assert {each["chain"] for each in after["chains"]} == set(heads)


async def test_campaigns_evidence_and_models_have_trails_of_their_own(people: People) -> None:
    path = await people.opened("ann")
    evidence = await brought(people, "ann", b"a report")
    async with people("ann") as ann, people("vic") as vic:
        tag = (await ann.get(f"/v1/evidence/{evidence}")).headers["etag"]
        change = {"title": "The report"}
        told = await ann.patch(f"/v1/evidence/{evidence}", json=change, headers={"if-match": tag})
        own = (await ann.get(f"/v1/audit-trails/{evidence}")).json()["items"]
        hidden = (await vic.get(f"/v1/audit-trails/{evidence}")).json()["items"]
        unknown = await vic.get(f"/v1/audit-trails/{evidence}/verification")
    await attach(people, "ann", path, evidence, CELL)
    await people.rate("ann", path, everything(2))
    await people.submit("ann", path)
    await people.step("lea", f"{path}/open-consensus")
    async with people("vic") as vic:
        open_ = (await vic.get(f"/v1/audit-trails/{evidence}")).json()["items"]

    assert told.status_code == 200, told.text
    assert [each["action"] for each in own] == ["upload_evidence", "change_evidence"]
    assert (own[1]["before"]["title"], own[1]["after"]) == ("Customer satisfaction", change)
    assert (hidden, unknown.status_code) == ([], 404)
    assert open_ == own
    assert (await verified(people, evidence))["valid"]
