"""The leak test can fail: it finds every leak that is put in here on purpose."""

from collections.abc import Iterator

import pytest

from tests.services.assessment.assessors import CELLS, People, everything
from tests.services.assessment.bringing import attach, brought
from tests.services.assessment.test_blind import Question, asked, differing, worlds

OPEN = "ALTER POLICY blind ON {} USING (true)"
COUNTED = """CREATE FUNCTION count_rating() RETURNS trigger SECURITY DEFINER LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE assessment SET {} WHERE id = NEW.assessment;
        RETURN NEW;
    END $$"""
COUNTS = """CREATE TRIGGER counted AFTER INSERT ON rating
    FOR EACH ROW EXECUTE FUNCTION count_rating()"""
LEAKS = {
    "ratings": (OPEN.format("rating"),),
    "trail": (OPEN.format("assessment_audit"),),
    "evidence": (OPEN.format("evidence_attachment"),),
    "etag": (COUNTED.format("revision = revision + 1"), COUNTS),
    "list": (COUNTED.format("title = title || '.'"), COUNTS),
}
FOUND_AT = {
    "ratings": "/v1/assessments/{assessment_id}/ratings",
    "trail": "/v1/assessments/{assessment_id}/audit",
    "evidence": "/v1/assessments/{assessment_id}/evidence",
    "etag": "/v1/assessments/{assessment_id}",
    "list": "/v1/assessments",
}


def reads(people: People, caller: str = "lea") -> Iterator[Question]:
    """What one caller can read of assessments and evidence."""
    for one in asked(people.service.app.openapi()):
        if one.method == "get" and caller in one.by and "models" not in one.path:
            yield caller, one


@pytest.mark.parametrize("leak", LEAKS)
async def test_a_policy_that_is_dropped_or_a_count_that_shows_is_found(
    people: People, leak: str
) -> None:
    for statement in LEAKS[leak]:
        await people.service.rows(statement)
    left, right = await worlds(people)

    found = await differing(left, right, reads(people))

    assert FOUND_AT[leak] in {one.path for _, one in found}


async def test_an_operation_that_counts_past_row_security_is_found(people: People) -> None:
    @people.service.app.get("/v1/assessments/{assessment_id}/rated")
    async def rated(assessment_id: str) -> int:
        counted = "SELECT count(*) FROM rating WHERE assessment = $1"
        return int((await people.service.rows(counted, assessment_id))[0][0])

    left, right = await worlds(people)

    found = await differing(left, right, reads(people))

    assert {one.path for _, one in found} == {"/v1/assessments/{assessment_id}/rated"}


async def test_what_one_may_probe_says_nothing_of_what_another_has_done(people: People) -> None:
    """The same bytes as Bob's, his evidence by its id, his cell and his name all answer alike."""
    path = await people.opened("bob", "cai")
    theirs = await brought(people, "bob", b"what bob found")
    await attach(people, "bob", path, theirs, CELLS[0])
    await people.rate("bob", path, {CELLS[0]: 4})
    mine = await brought(people, "cai", b"what bob found")
    async with people("cai") as cai:
        same = (await cai.get("/v1/evidence")).json()["items"]
        foreign = await attach(people, "cai", path, theirs, CELLS[0])
        rated = await cai.get(f"{path}/ratings/bob/{CELLS[0]}")
        unrated = await cai.get(f"{path}/ratings/bob/{CELLS[1]}")
        trail = await cai.get(f"/v1/audit-trails/{theirs}/verification")
        unknown = await cai.get("/v1/audit-trails/evd_none/verification")
        removed = await cai.delete(f"/v1/evidence/{mine}", headers={"if-match": "*"})

    assert [each["id"] for each in same] == [mine]
    codes = (foreign, rated, unrated, trail, unknown, removed)
    assert [each.status_code for each in codes] == [404, 404, 404, 404, 404, 204]
    assert rated.json()["detail"].replace(CELLS[0], CELLS[1]) == unrated.json()["detail"]


async def test_only_leads_are_told_by_a_refusal_who_is_late(people: People) -> None:
    path = await people.opened("ann", "bob")
    await people.rate("ann", path, everything(2))
    await people.submit("ann", path)
    lead = await people.attempt("lea", f"{path}/open-consensus")
    other = await people.attempt("lou", f"{path}/open-consensus")

    assert lead.json()["detail"] == "Raters who have not submitted yet: bob."
    assert (other.status_code, "bob" in other.text) == (403, False)
