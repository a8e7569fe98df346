"""Evidence at cells: blind until consensus, facts for warnings, claims against the data."""

import pytest

from tests.services.assessment.assessors import People, everything
from tests.services.assessment.bringing import DESCRIBED, attach, brought, upload
from tests.services.assessment.test_claims_api import CLAIM, PRINTED, arrives

TREND = "customer_channel_experience.trend"
SCOPE = "customer_channel_experience.scope"


async def seen(people: People, subject: str, path: str) -> list[str]:
    """The evidence that this subject sees attached, after every other place was looked into."""
    async with people(subject) as caller:
        listed = (await caller.get(f"{path}/evidence")).json()["items"]
        for each in listed:
            assert (await caller.get(f"/v1/evidence/{each['evidence']['id']}")).status_code == 200
        return [each["evidence"]["id"] for each in listed]


async def test_what_a_rater_attaches_is_the_raters_until_consensus(people: People) -> None:
    path = await people.opened("ann", "bob")
    secret = await brought(people, "ann", b"secret")
    assert (await attach(people, "ann", path, secret, TREND)).status_code == 201

    for other in ("bob", "lea", "rex", "adam", "vic"):
        assert await seen(people, other, path) == []
        async with people(other) as caller:
            for place in ("", "/content", "/claim"):
                answer = await caller.get(f"/v1/evidence/{secret}{place}")
                assert answer.status_code == 404
            assert (await caller.get("/v1/evidence")).json()["items"] == []
            assert (await caller.get(f"{path}/evidence-facts")).json()["items"] == []
            assert secret not in (await caller.get(f"{path}/audit")).text
            assert (await attach(people, "bob", path, secret, TREND)).status_code == 404
            gone = await caller.delete(f"{path}/evidence/{secret}/{TREND}")
            assert gone.status_code in (403, 404)
    assert await seen(people, "ann", path) == [secret]

    for rater in ("ann", "bob"):
        await people.rate(rater, path, everything(2))
        await people.submit(rater, path)
    await people.step("lea", f"{path}/open-consensus")

    assert await seen(people, "bob", path) == [secret]
    async with people("vic") as vic:
        assert (await vic.get(f"/v1/evidence/{secret}/content")).content == b"secret"


async def test_common_evidence_is_seen_from_the_start_and_only_a_lead_brings_it(
    people: People,
) -> None:
    path = await people.opened("ann", "bob")
    common, own = await brought(people, "lea"), await brought(people, "ann")
    assert (await attach(people, "lea", path, common, TREND, common=True)).status_code == 201

    refused = await attach(people, "ann", path, own, TREND, common=True)

    assert refused.status_code == 403
    assert await seen(people, "bob", path) == [common]


async def test_evidence_is_attached_once_to_a_cell_by_those_who_take_part(people: People) -> None:
    path = await people.opened("ann")
    own, others = await brought(people, "ann"), await brought(people, "dee")
    await attach(people, "ann", path, own, TREND)

    again = await attach(people, "ann", path, own, TREND)
    outsider = await attach(people, "dee", path, others, TREND)
    nowhere = await attach(people, "ann", path, own, "customer_channel_experience")
    linked = await attach(
        people,
        "ann",
        path,
        own,
        "business_impact.cause",
        enablers=["leadership", "results", "none"],
    )

    assert (again.status_code, outsider.status_code) == (409, 403)
    assert [e["pointer"] for e in nowhere.json()["errors"]] == ["#/cell"]
    assert [e["pointer"] for e in linked.json()["errors"]] == ["#/enablers/1", "#/enablers/2"]


async def test_what_one_attached_one_detaches_and_then_deletes(people: People) -> None:
    path = await people.opened("ann")
    own = await brought(people, "ann")
    await attach(people, "ann", path, own, TREND)
    async with people("ann") as ann:
        tag = {"if-match": '"1"'}
        held = await ann.delete(f"/v1/evidence/{own}", headers=tag)
        detached = await ann.delete(f"{path}/evidence/{own}/{TREND}")
        again = await ann.delete(f"{path}/evidence/{own}/{TREND}")
        deleted = await ann.delete(f"/v1/evidence/{own}", headers=tag)
        trail = (await ann.get(f"{path}/audit")).json()["items"]

    codes = [each.status_code for each in (held, detached, again, deleted)]
    assert codes == [409, 204, 404, 204]
    actions = [each["action"] for each in trail]
    assert actions[-2:] == ["attach_evidence", "detach_evidence"]


async def test_unexpired_evidence_proves_facts_and_expired_evidence_proves_none(
    people: People,
) -> None:
    path = await people.opened("ann")
    for period in ("2024", "2025", "2026"):
        yearly = await brought(people, "ann", period.encode(), periods=period)
        await attach(people, "ann", path, yearly, TREND)
    old = await brought(
        people, "ann", b"old", periods="2019", dated_on="2019-01-01", expires_on="2020-01-01"
    )
    await attach(people, "ann", path, old, TREND)
    cause = "business_impact.cause"
    await attach(people, "ann", path, yearly, cause, enablers=["leadership", "enablers"])
    async with people("ann") as ann:
        facts = (await ann.get(f"{path}/evidence-facts")).json()["items"]
        listed = (await ann.get(f"{path}/evidence", params={"cell": TREND})).json()["items"]

    told = {each["cell"]: each for each in facts}
    assert (told[TREND]["pieces"], told[TREND]["periods"]) == (3, 3)
    assert told[cause]["linked_enablers"] == 2
    assert [each["evidence"]["expired"] for each in listed] == [False, False, False, True]


async def test_a_claim_on_a_print_of_uncertain_order_is_checked_in_both_readings(
    people: People,
) -> None:
    path = await people.opened("ann")
    own = await brought(people, "ann")
    claim = {**CLAIM, "comparators": [{"name": "industry", "value": "80"}]}
    async with people("ann") as ann:
        body = {"claim": claim, "printed": PRINTED, "order": "uncertain"}
        put = await ann.put(f"/v1/evidence/{own}/claim", json=body, headers={"if-match": '"1"'})
        stale = await ann.put(f"/v1/evidence/{own}/claim", json=body, headers={"if-match": '"1"'})
        read = (await ann.get(f"/v1/evidence/{own}/claim")).json()
        await attach(people, "ann", path, own, TREND)
        (listed,) = (await ann.get(f"{path}/evidence")).json()["items"]
        (facts,) = (await ann.get(f"{path}/evidence-facts")).json()["items"]

    assert (put.status_code, stale.status_code) == (200, 412)
    assert read["check"] == listed["check"]
    assert listed["check"]["certain_warnings"] == ["target_missed"]
    assert listed["check"]["possible_warnings"] == ["trend_broken"]
    assert (facts["periods"], facts["external_comparators"]) == (3, 1)


async def test_a_live_series_is_checked_anew_as_events_arrive(people: People) -> None:
    path = await people.opened("ann")
    body = {
        "title": "Satisfaction",
        "dated_on": "2026-02-01",
        "series": {"source": "kpi", "series": "satisfaction"},
        "claim": {"trend": "rises", "target": "87"},
    }
    async with people("ann") as ann:
        added = await ann.post("/v1/evidence/series", json=body)
        series = added.json()["id"]
        await attach(people, "ann", path, series, TREND)
        before = (await ann.get(f"/v1/evidence/{series}/claim")).json()["check"]
        for period, value in (("2025-12", "80.26"), ("2026-01", "84.57"), ("2026-02", "87.00")):
            await arrives(people.service, period, value)
        after = (await ann.get(f"/v1/evidence/{series}/claim")).json()["check"]
        (facts,) = (await ann.get(f"{path}/evidence-facts")).json()["items"]

    assert added.status_code == 201
    assert before["certain_warnings"] == ["nothing_measured"]
    assert after["holds"] is True
    assert facts["periods"] == 3


@pytest.mark.parametrize("place", ["", "/evidence", "/evidence-facts"])
async def test_the_evidence_of_an_unknown_assessment_is_not_found(
    people: People, place: str
) -> None:
    async with people("ann") as ann:
        assert (await ann.get(f"/v1/assessments/asm_none{place}")).status_code == 404


async def test_a_person_who_was_assessed_keeps_their_evidence_from_others(people: People) -> None:
    unit = {"kind": "person", "code": "pat"}
    path = await people.opened("ann", unit=unit, model={"code": "see-cmm-sp-staff"})
    common = await brought(people, "lea")
    await attach(people, "lea", path, common, "excellent_service", common=True)

    assert await seen(people, "ann", path) == [common]
    async with people("adam") as adam, people("bob") as bob:
        for other in (adam, bob):
            assert (await other.get(f"{path}/evidence")).status_code == 404
            assert (await other.get(f"/v1/evidence/{common}")).status_code == 404
        assert (await upload(bob, b"x")).status_code == 201


async def test_two_raters_attach_the_same_evidence_and_neither_learns_of_the_other(
    people: People,
) -> None:
    path = await people.opened("ann", "bob")
    async with people("lea") as lead:
        linked = {**DESCRIBED, "link": "https://survey.example.com/2026"}
        common = (await lead.post("/v1/evidence", data=linked)).json()["id"]
    await attach(people, "lea", path, common, TREND, common=True)
    for rater in ("bob", "ann"):
        assert (await attach(people, rater, path, common, SCOPE)).status_code == 201
        assert (await attach(people, rater, path, common, SCOPE)).status_code == 409
        assert await seen(people, rater, path) == [common, common]
        await people.rate(rater, path, everything(2))
        await people.submit(rater, path)
    async with people("ann") as ann:
        assert (await ann.delete(f"{path}/evidence/{common}/{SCOPE}")).status_code == 204
        assert (await ann.delete(f"{path}/evidence/{common}/{SCOPE}")).status_code == 404
    await attach(people, "ann", path, common, SCOPE)
    await people.step("lea", f"{path}/open-consensus")
    assert await seen(people, "lea", path) == [common] * 3

    await people.decided(path, everything(2))
    await people.step("lea", f"{path}/open-review")
    await people.step("rex", f"{path}/confirm")
    await people.step("lea", f"{path}/seal")
    async with people("lea") as lead:
        sealed = (await lead.post(f"{path}/seal/verify")).json()
        async with people("adam") as administrator:
            erasure = {"person": "bob", "reason": "Bob asked for it."}
            erased = await administrator.post("/v1/erasures", json=erasure)
        verified = (await lead.post(f"{path}/seal/verify")).json()

    assert erased.status_code == 204, erased.text
    assert (sealed["valid"], verified["valid"]) == (True, True)
    assert verified["recomputed"] == sealed["recomputed"]
