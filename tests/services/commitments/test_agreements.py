"""The service catalogue, agreements version by version, and requirements traced to them."""

import json
from typing import Any

import httpx

from deploy.local.sample import incidents
from tests.builders import every_item, incident_process, published
from tests.conftest import Provide
from tests.services.commitments.sample import fold_rows
from tests.services.commitments.test_promises import faults

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


async def served(client: httpx.AsyncClient) -> dict[str, str]:
    """The service, and the people who may own its agreements; their ids by subject."""
    await created(client, "/v1/services", SERVICE)
    return await known_people(client)


async def known_people(client: httpx.AsyncClient) -> dict[str, str]:
    found = {}
    for subject in ("li.wei", "wang.fang"):
        person = await created(client, "/v1/people", {"name": subject.title(), "subject": subject})
        found[subject] = str(person["id"])
    return found


async def created(client: httpx.AsyncClient, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = await client.post(path, json=body)
    assert answer.status_code == 201, answer.text
    row: dict[str, Any] = answer.json()
    return row


async def asked(client: httpx.AsyncClient, **other: Any) -> str:
    """A requirement as an SLA needs it; its id."""
    body = {**REQUIREMENT, **other}
    return str((await created(client, "/v1/service-level-requirements", body))["id"])


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
        await served(client)
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
        await served(client)
        review = {"first_on": "2099-01-31", "every_months": 1}
        far = await created(client, "/v1/agreements", {**AGREEMENT, "review": review})
        near = await created(client, "/v1/agreements", {**AGREEMENT, "code": "other"})
    assert far["next_review_on"] == "2099-01-31"
    assert near["next_review_on"][8:] in ("28", "29", "30", "31")


async def test_the_next_version_of_an_agreement_ends_the_one_before(service: Provide) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        people = await served(client)
        traced = {**AGREEMENT, "requirements": [await asked(client)]}
        first = await created(client, "/v1/agreements", traced)
        open_draft = await client.post("/v1/agreements", json=AGREEMENT)
        await client.post(f"/v1/agreements/{first['id']}/publish")
        later = {**traced, "valid_from": "2030-06-01T00:00:00Z", "owner": "wang.fang"}
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
    owners = [(1, people["li.wei"]), (2, people["wang.fang"])]
    assert [(row["version"], row["owner"]) for row in listed] == owners


async def test_every_fault_of_an_agreement_is_listed(service: Provide) -> None:
    wrong = {
        **AGREEMENT,
        "kind": "uc",
        "service": "nothing",
        "valid_until": "2029-01-01T00:00:00Z",
        "requirements": ["slr_none"],
        "owner": "nobody",
        "review": {**AGREEMENT["review"], "participants": ["Li.Wei", "Zhang San"]},
    }
    async with service("commitments") as commitments, commitments.client() as client:
        await known_people(client)
        answer = await client.post("/v1/agreements", json=wrong)
    assert faults(answer) == [
        ("#/service", "unknown_reference"),
        ("#/party/kind", "wrong_party"),
        ("#/valid_until", "validity_backwards"),
        ("#/owner", "unknown_reference"),
        ("#/review/participants/1", "unknown_reference"),
        ("#/requirements/0", "unknown_reference"),
    ]


async def test_an_sla_without_a_traced_requirement_is_refused_with_its_other_faults(
    service: Provide,
) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        await served(client)
        wanted = await asked(client)
        body = {**AGREEMENT, "requirements": [wanted]}
        first = await created(client, "/v1/agreements", body)
        await client.post(f"/v1/agreements/{first['id']}/publish")
        untraced = {**AGREEMENT, "valid_from": "2029-01-01T00:00:00Z"}
        second = await created(client, "/v1/agreements", untraced)
        path = f"/v1/agreements/{second['id']}"
        refused = await client.post(f"{path}/publish")
        after = (await client.get(path)).json()
        late = await asked(client)
        mended = await client.put(
            path,
            json={**body, "valid_from": "2030-02-01T00:00:00Z", "requirements": [late]},
            headers={"if-match": "*"},
        )
        declined = await client.patch(
            f"/v1/service-level-requirements/{late}",
            json={"status": "declined", "reason": "Nobody asks any more"},
            headers={"if-match": "*"},
        )
        given_up = await client.post(f"{path}/publish")
        ola = {**AGREEMENT, "code": "desk-ola", "kind": "ola"}
        ola["party"] = {"kind": "department", "name": "Workshop"}
        internal = await created(client, "/v1/agreements", ola)
        untracked = await client.post(f"/v1/agreements/{internal['id']}/publish")
    assert faults(refused) == [
        ("#/valid_from", "before_older_version"),
        ("#/requirements", "requirement_missing"),
    ]
    assert (after["status"], after["requirements"]) == ("draft", [])
    assert (mended.status_code, declined.status_code) == (200, 200)
    assert faults(given_up) == [("#/requirements/0", "declined")]
    assert untracked.json()["status"] == "published"


async def test_what_an_ended_agreement_promised_binds_no_later_run_and_rewrites_no_earlier_one(
    service: Provide,
) -> None:
    end = {"valid_until": "2016-03-01T12:00:00Z", "reason": "Notice was given"}
    agreement = {**AGREEMENT, "service": "it-support", "kind": "ola", "valid_until": None}
    agreement |= {"valid_from": "2016-01-01T00:00:00Z"}
    agreement["party"] = {"kind": "department", "name": "Desk"}
    async with service("commitments") as commitments, commitments.client() as client:
        await known_people(client)
        await incident_process(client)
        drafted = await created(client, "/v1/agreements", agreement)
        await client.post(f"/v1/agreements/{drafted['id']}/publish")
        promise = next(p for p in incidents.promises() if p["code"] == "close")
        named = {**promise, "code": "named", "priority": "3 - Moderate", "agreement": "retail-sla"}
        await published(client, named)
        before, late = ticket("INC1", 10), ticket("INC2", 20)
        await fold_rows(commitments, [*before, *late[:1]])
        path = f"/v1/agreements/{drafted['id']}/end"
        ended = await client.post(path, json=end, headers={"if-match": "*"})
        await fold_rows(commitments, [*before, *late])
        runs = await every_item(client, "/v1/node-runs", node="close")
        (shown,) = await every_item(client, "/v1/promises", code="named")
    assert ended.status_code == 200, ended.text
    bound = {run["case_key"]: run["promise"]["code"] for run in runs}
    assert bound == {"INC1": "named", "INC2": "close"}
    assert shown["valid_until"] == end["valid_until"]


def ticket(number: str, hour: int) -> list[dict[str, str]]:
    """A ticket of 1 March 2016 that waits for being closed from an hour on."""
    said = {**incidents.events()[0], "number": number, "priority": "3 - Moderate"}
    states = {"New": hour - 2, "Resolved": hour}
    return [
        {
            **said,
            "incident_state": state,
            "opened_at": f"01-03-2016 {hour - 2:02}:00",
            "sys_updated_at": f"01-03-2016 {at:02}:00",
            "sys_mod_count": str(at),
        }
        for state, at in states.items()
    ]


async def test_an_agreement_ends_early_with_a_reason_and_says_where_nothing_was_agreed(
    service: Provide,
) -> None:
    end = {"valid_until": "2030-03-01T00:00:00Z", "reason": "Notice was given"}
    async with service("commitments") as commitments, commitments.client() as client:
        await served(client)
        body = {**AGREEMENT, "requirements": [await asked(client)]}
        first = await created(client, "/v1/agreements", body)
        path = f"/v1/agreements/{first['id']}"
        a_draft = await client.post(f"{path}/end", json=end, headers={"if-match": "*"})
        in_force = await client.post(f"{path}/publish")
        etag = {"if-match": in_force.headers["etag"]}
        unmatched = await client.post(f"{path}/end", json=end)
        wrong = [
            await client.post(f"{path}/end", json={**end, "valid_until": day}, headers=etag)
            for day in ("2029-12-31T00:00:00Z", "2031-01-01T00:00:00Z")
        ]
        ended = await client.post(f"{path}/end", json=end, headers=etag)
        stale = await client.post(f"{path}/end", json=end, headers=etag)
        later = {**body, "valid_from": "2030-06-01T00:00:00Z"}
        second = await created(client, "/v1/agreements", later)
        await client.post(f"/v1/agreements/{second['id']}/publish")
        rows = (await client.get("/v1/agreements?code=retail-sla")).json()["items"]
        told = await commitments.rows(
            "SELECT subject, body FROM outbox WHERE subject LIKE '%.agreement_%' ORDER BY id"
        )
    assert (a_draft.status_code, unmatched.status_code, stale.status_code) == (409, 428, 412)
    assert [faults(each) for each in wrong] == [
        [("#/valid_until", "validity_backwards")],
        [("#/valid_until", "not_earlier")],
    ]
    assert (ended.json()["valid_until"], ended.json()["end_reason"]) == (
        end["valid_until"],
        end["reason"],
    )
    assert [(row["version"], row["valid_until"], row["gap_since"]) for row in rows] == [
        (1, end["valid_until"], None),
        (2, AGREEMENT["valid_until"], end["valid_until"]),
    ]
    assert [row["subject"].split(".")[3] for row in told] == [
        "agreement_published",
        "agreement_ended",
        "agreement_published",
    ]
    assert json.loads(told[0]["body"])["requirements"] == body["requirements"]


async def test_a_requirement_says_which_promises_keep_it(service: Provide) -> None:
    """Two hours of the office are kept by one hour there, and by no hour around the clock."""
    office = {**incidents.CALENDAR, "code": "office"}
    office["weekly"] = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
    about = {"service": "it-support", "segment": incidents.SEGMENT}
    of_accept = {**about, "process": "incident", "node": "accept"}
    async with service("commitments") as commitments, commitments.client() as client:
        await incident_process(client)
        await created(client, "/v1/calendars", office)
        limits = {"wanted_seconds": 4 * 3600, "bearable_seconds": 8 * 3600}
        every = await asked(client, **of_accept, **limits)
        critical = await asked(
            client, **of_accept, priority="1 - Critical", wanted_seconds=900, bearable_seconds=900
        )
        by_day = await asked(client, **of_accept, **limits, calendar="office")
        whole = await asked(client, **about)
        unmeasured = await asked(client, **about, wanted_seconds=None, bearable_seconds=None)
        wrong = await client.post(
            "/v1/service-level-requirements", json={**REQUIREMENT, **about, "node": "accept"}
        )
        listed = (await client.get("/v1/service-level-requirements?limit=10")).json()["items"]
    shown = {row["id"]: row for row in listed}
    kept = {
        one: [(a["promise"], a["commitment_kept"], a["tolerance_kept"]) for a in row["answers"]]
        for one, row in shown.items()
    }
    names = ("critical", "high", "low", "moderate")
    assert kept[every] == [(f"accept-{name}", True, True) for name in names]
    assert kept[critical] == [("accept-critical", True, False)]
    # What is asked by the office's clock is due later than by the clock on the wall.
    assert kept[by_day] == kept[every]
    assert (kept[whole], kept[unmeasured]) == ([], [])
    assert [shown[one]["is_met"] for one in (every, critical, by_day, whole, unmeasured)] == [
        *(True, False, True, False, None)
    ]
    assert faults(wrong) == [("#/process", "missing")]
