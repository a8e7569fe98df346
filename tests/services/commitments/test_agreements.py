"""The service catalogue, agreements version by version, and requirements traced to them."""

from typing import Any

import httpx

from deploy.local.sample import incidents
from tests.builders import incident_process, published
from tests.conftest import Provide
from tests.services.commitments.test_promises import COMPLETE, PAST, faults

SERVICE = {
    "code": "repair",
    "name": {"zh": "维修", "en": "Repair"},
    "segments": ["retail"],
    "provider": "Workshop",
}
AGREEMENT: dict[str, Any] = {
    "code": "retail-sla",
    "kind": "sla",
    "name": {"zh": "零售协议", "en": "Retail agreement"},
    "party": {"kind": "customer", "name": "Retail council"},
    "service": "repair",
    "owner": "li.wei",
    "review": {"first_on": "2020-01-31", "every_months": 1},
    "valid_from": "2030-01-01T00:00:00Z",
    "valid_until": "2031-01-01T00:00:00Z",
}
REQUIREMENT = {
    "service": "repair",
    "segment": "retail",
    "statement": {"zh": "两小时内上门", "en": "On site within two hours"},
    "asked_by": "Retail council",
    "wanted_seconds": 7200,
    "bearable_seconds": 14400,
}


async def created(client: httpx.AsyncClient, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = await client.post(path, json=body)
    assert answer.status_code == 201, answer.text
    row: dict[str, Any] = answer.json()
    return row


async def test_a_service_says_what_is_offered_to_whom_and_by_whom(service: Provide) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        answer = await client.post("/v1/services", json=SERVICE)
        taken = await client.post("/v1/services", json=SERVICE)
        etag = {"if-match": answer.headers["etag"]}
        change = {"segments": ["retail", "business"], "owner": "li.wei"}
        changed = await client.patch("/v1/services/repair", json=change, headers=etag)
        stale = await client.patch("/v1/services/repair", json=change, headers=etag)
        withdrawn = await client.patch(
            "/v1/services/repair",
            json={"status": "withdrawn"},
            headers={"if-match": changed.headers["etag"]},
        )
        offered = (await client.get("/v1/services?status=offered")).json()["items"]
        one = (await client.get("/v1/services/repair")).json()
    assert (taken.status_code, stale.status_code) == (409, 412)
    assert one == withdrawn.json() == {**changed.json(), "status": "withdrawn", "revision": 3}
    assert (one["segments"], one["owner"]) == (["retail", "business"], "li.wei")
    assert offered == []


async def test_a_requirement_is_recorded_before_its_agreement_and_traced_to_it(
    service: Provide,
) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        await created(client, "/v1/services", SERVICE)
        asked = await created(client, "/v1/service-level-requirements", REQUIREMENT)
        body = {**AGREEMENT, "requirements": [asked["id"]]}
        drafted = await created(client, "/v1/agreements", body)
        open_still = (await client.get(f"/v1/service-level-requirements/{asked['id']}")).json()
        in_force = (await client.post(f"/v1/agreements/{drafted['id']}/publish")).json()
        again = (await client.post(f"/v1/agreements/{drafted['id']}/publish")).json()
        path = f"/v1/service-level-requirements/{asked['id']}"
        agreed = await client.get(path)
        declined = await client.patch(
            path,
            json={"status": "declined", "reason": "No"},
            headers={"if-match": agreed.headers["etag"]},
        )
    assert asked["status"] == open_still["status"] == "open"
    assert agreed.json()["status"] == "agreed"
    assert agreed.json()["agreements"] == ["retail-sla@1"]
    assert in_force["requirements"] == [asked["id"]]
    assert (in_force["status"], again) == ("published", in_force)
    assert declined.status_code == 409


async def test_an_agreement_is_reviewed_on_the_last_day_of_a_shorter_month(
    service: Provide,
) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        await created(client, "/v1/services", SERVICE)
        review = {"first_on": "2099-01-31", "every_months": 1}
        far = await created(client, "/v1/agreements", {**AGREEMENT, "review": review})
        near = await created(client, "/v1/agreements", {**AGREEMENT, "code": "other"})
    assert far["next_review_on"] == "2099-01-31"
    assert near["next_review_on"][8:] in ("28", "29", "30", "31")


async def test_the_next_version_of_an_agreement_ends_the_one_before(service: Provide) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        await created(client, "/v1/services", SERVICE)
        first = await created(client, "/v1/agreements", AGREEMENT)
        open_draft = await client.post("/v1/agreements", json=AGREEMENT)
        await client.post(f"/v1/agreements/{first['id']}/publish")
        later = {**AGREEMENT, "valid_from": "2030-06-01T00:00:00Z", "owner": "wang.fang"}
        second = await created(client, "/v1/agreements", later)
        await client.post(f"/v1/agreements/{second['id']}/publish")
        ended = (await client.get(f"/v1/agreements/{first['id']}")).json()
        listed = (await client.get("/v1/agreements?code=retail-sla")).json()["items"]
        third = await created(client, "/v1/agreements", later)
        withdrawn = await client.post(f"/v1/agreements/{third['id']}/withdraw")
        too_late = await client.post(f"/v1/agreements/{third['id']}/publish")
        fourth = await created(client, "/v1/agreements", later)
    assert open_draft.status_code == 409
    assert (withdrawn.json()["status"], too_late.status_code) == ("withdrawn", 409)
    assert fourth["version"] == 4
    assert ended["valid_until"] == later["valid_from"]
    assert [(row["version"], row["owner"]) for row in listed] == [(1, "li.wei"), (2, "wang.fang")]


async def test_an_agreement_is_refused_where_a_node_promise_no_longer_fits(
    service: Provide,
) -> None:
    agreement = {**AGREEMENT, "code": "employees-sla", "service": "it-support"}
    whole = {
        **COMPLETE,
        **PAST,
        "code": "whole",
        "node": None,
        "priority": "1 - Critical",
        "agreement": "employees-sla",
        "commitment_seconds": 15 * 60 + 124 * 3600,
        "tolerance_seconds": 10**7,
    }
    async with service("commitments") as commitments, commitments.client() as client:
        await incident_process(client)
        drafted = await created(client, "/v1/agreements", agreement)
        await published(client, whole)
        slower = next(p for p in incidents.promises() if p["code"] == "resolve-critical")
        later = {"commitment_seconds": 4 * 3600 + 60, "valid_from": "2020-01-01T00:00:00Z"}
        await published(client, {**slower, **later})
        refused = await client.post(f"/v1/agreements/{drafted['id']}/publish")
        after = (await client.get(f"/v1/agreements/{drafted['id']}")).json()
    (misfit,) = refused.json()["critical_path"]
    assert faults(refused) == [("#/promises/whole/commitment_seconds", "critical_path_too_long")]
    assert misfit["nodes"] == ["accept", "resolve", "close"]
    assert (misfit["at"], misfit["excess_seconds"]) == ("2020-01-01T00:00:00+00:00", 60.0)
    assert (after["status"], after["promises"]) == ("draft", ["whole"])


async def test_every_fault_of_an_agreement_is_listed(service: Provide) -> None:
    wrong = {
        **AGREEMENT,
        "kind": "uc",
        "service": "nothing",
        "valid_until": "2029-01-01T00:00:00Z",
        "requirements": ["slr_none"],
    }
    async with service("commitments") as commitments, commitments.client() as client:
        answer = await client.post("/v1/agreements", json=wrong)
    assert faults(answer) == [
        ("#/service", "unknown_reference"),
        ("#/party/kind", "wrong_party"),
        ("#/valid_until", "validity_backwards"),
        ("#/requirements/0", "unknown_reference"),
    ]
