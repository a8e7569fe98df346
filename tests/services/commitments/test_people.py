"""People, positions and departments over HTTP: who holds what, at any instant."""

import asyncio
from typing import Any

import httpx

from tests.builders import incident_process
from tests.conftest import Provide

LI = {"name": "李娜", "addresses": [{"channel": "email", "address": "li@example.com"}]}
NETWORK = {"code": "Group 56", "name": {"zh": "网络组", "en": "Network"}, "aliases": ["Netzwerk"]}
LEAD = {"code": "network lead", "name": {"zh": "组长", "en": "Lead"}, "department": "Netzwerk"}


async def created(client: httpx.AsyncClient, path: str, body: Any) -> dict[str, Any]:
    answer = await client.post(path, json=body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def changed(client: httpx.AsyncClient, path: str, body: Any, method: str = "PATCH") -> Any:
    tag = (await client.get(path)).headers["etag"]
    answer = await client.request(method, path, json=body, headers={"if-match": tag})
    assert answer.status_code == 200, answer.text
    return answer.json()


def codes(answer: httpx.Response) -> set[tuple[str, str]]:
    return {(e.get("pointer", e.get("parameter", "")), e["code"]) for e in answer.json()["errors"]}


async def test_a_position_is_held_by_different_people_over_time(service: Provide) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        await created(client, "/v1/departments", NETWORK)
        position = await created(client, "/v1/positions", LEAD)
        assert position["department"] == "Group 56"
        li = (await created(client, "/v1/people", LI))["id"]
        wang = (await created(client, "/v1/people", {**LI, "name": "王伟"}))["id"]
        path = "/v1/positions/network lead"
        first = {"person": li, "since": "2026-01-01", "until": "2026-03-01"}
        await created(client, f"{path}/holders", first)
        held = await created(client, f"{path}/holders", {"person": wang, "since": "2026-03-01"})
        seen = {}
        for day in ("2025-12-31", "2026-01-01", "2026-02-28", "2026-03-01"):
            at = (await client.get(f"{path}/holder?at={day}")).json()
            seen[day] = [h["person"]["id"] for h in at["holders"]]
        again = await client.post(f"{path}/holders", json={"person": wang, "since": "2026-04-01"})
        end = {"until": "2026-05-01"}
        await client.post(f"{path}/holders/{held['id']}/end", json=end)
        later = (await client.get(f"{path}/holder?at=2026-05-01")).json()["holders"]
        history = (await client.get(f"{path}/history")).json()["items"]
    assert seen == {"2025-12-31": [], "2026-01-01": [li], "2026-02-28": [li], "2026-03-01": [wang]}
    assert again.status_code == 409
    assert later == []
    assert [h["operation"] for h in history] == [
        "add_position",
        "add_holder",
        "add_holder",
        "end_holder",
    ]
    assert {h["by"] for h in history} == {"tester@demo"}


async def test_a_deputy_acts_while_the_holder_is_away(service: Provide) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        wang = (await created(client, "/v1/people", {**LI, "name": "王伟"}))["id"]
        away = [{"first_day": "2026-02-16", "last_day": "2026-02-20"}]
        body = {**LI, "deputy": wang, "absences": away}
        li = (await created(client, "/v1/people", body))["id"]
        await created(client, "/v1/departments", {**NETWORK, "head_person": li})
        await created(client, "/v1/positions", LEAD)
        await created(
            client, "/v1/positions/network lead/holders", {"person": li, "since": "2026-01-01"}
        )
        path = "/v1/positions/network lead/holder?at="
        there = (await client.get(path + "2026-02-15")).json()["holders"][0]
        gone = (await client.get(path + "2026-02-17")).json()["holders"][0]
        head = (await client.get("/v1/departments/Netzwerk/head")).json()["holders"][0]
    assert (there["person"]["id"], there["acting"]["id"]) == (li, li)
    assert (gone["person"]["id"], gone["acting"]["id"]) == (li, wang)
    assert head["person"]["name"] == "李娜"


async def test_deputies_never_form_a_loop_even_when_two_are_named_at_once(
    service: Provide,
) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        ids = [(await created(client, "/v1/people", LI))["id"] for _ in range(3)]
        match = {"if-match": '"1"'}

        async def name(person: int, deputy: int) -> httpx.Response:
            body = {"deputy": ids[deputy]}
            path = f"/v1/people/{ids[person]}"
            answer: httpx.Response = await client.patch(path, json=body, headers=match)
            return answer

        answers = await asyncio.gather(name(0, 1), name(1, 2), name(2, 0))
        itself = await client.patch(
            f"/v1/people/{ids[0]}", json={"deputy": ids[0]}, headers={"if-match": "*"}
        )
    assert sorted(a.status_code for a in answers) == [200, 200, 422]
    (refused,) = [a for a in answers if a.status_code == 422]
    assert codes(refused) == codes(itself) == {("#/deputy", "deputy_loop")}


async def test_a_name_belongs_to_one_department_and_every_taken_one_is_listed(
    service: Provide,
) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        await created(client, "/v1/departments", NETWORK)
        other = {**NETWORK, "code": "Netzwerk", "aliases": ["Group 56", "free"]}
        taken = await client.post("/v1/departments", json=other)
        wrong = await client.post("/v1/departments", json={**NETWORK, "code": " a/b"})
        await created(client, "/v1/departments", {**NETWORK, "code": "free", "aliases": []})
        renamed = await changed(client, "/v1/departments/Group 56", {"aliases": ["Netz 2"]})
        known = [
            (await client.get(f"/v1/departments/{name}")).status_code
            for name in ("Group 56", "Netz 2", "Netzwerk")
        ]
    assert taken.status_code == 409
    assert codes(taken) == {("#/code", "taken"), ("#/aliases/0", "taken")}
    assert codes(wrong) == {("#/code", "string_pattern_mismatch")}
    assert renamed["aliases"] == ["Netz 2"]
    assert known == [200, 200, 404]


async def test_a_process_has_exactly_one_owner_a_senior_manager_outside_it(
    service: Provide,
) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        await incident_process(client)
        await created(client, "/v1/departments", NETWORK)
        chief = {**LI, "name": "陈总", "is_senior_manager": True}
        owner, next_owner = [(await created(client, "/v1/people", chief))["id"] for _ in range(2)]
        li = (await created(client, "/v1/people", LI))["id"]
        await changed(client, "/v1/governance-settings", {"planning_department": "Netzwerk"})
        path = "/v1/processes/incident/roles"
        body = {"owner": owner, "supervisor": li, "since": "2026-01-01"}
        unmatched = await client.put(path, json=body)
        wrong = await client.put(
            path, json={"owner": li, "supervisor": "per_x"}, headers={"if-match": '"0"'}
        )
        both = await client.put(
            path, json={"owner": owner, "supervisor": owner}, headers={"if-match": '"0"'}
        )
        await changed(client, path, body, "PUT")
        stale = await client.put(path, json=body, headers={"if-match": '"0"'})
        await changed(client, path, {**body, "owner": next_owner, "since": "2026-06-01"}, "PUT")
        at = [(await client.get(f"{path}?at=2026-0{m}-15")).json() for m in (5, 6)]
        early = {**body, "since": "2026-03-01"}
        backdated = await client.put(path, json=early, headers={"if-match": '"2"'})
        unknown = await client.get("/v1/processes/nowhere/roles")
        history = (await client.get(f"{path}/history")).json()["items"]
    assert (unmatched.status_code, stale.status_code, unknown.status_code) == (428, 412, 404)
    assert codes(wrong) == {("#/owner", "not_senior"), ("#/supervisor", "unknown_reference")}
    assert codes(both) == {("#/supervisor", "owner_inside")}
    assert [each["owner"]["person"]["id"] for each in at] == [owner, next_owner]
    assert at[0]["planning_department"] == "Group 56"
    assert codes(backdated) == {("#/since", "before_predecessor")}
    assert [h["body"]["owner"] for h in history] == [owner, next_owner]


async def test_only_administrators_change_and_only_process_owners_see_addresses(
    service: Provide,
) -> None:
    async with service("commitments") as commitments:
        async with commitments.client("demo", "viewer") as viewer:
            reads = [(await viewer.get(p)).status_code for p in ("/v1/people", "/v1/positions")]
        async with commitments.client("demo", "process_owner") as owner:
            writes = [
                (await owner.post("/v1/people", json=LI)).status_code,
                (await owner.get("/v1/people")).status_code,
            ]
    assert reads == [403, 200]
    assert writes == [403, 200]


async def test_every_fault_of_a_person_is_listed(service: Provide) -> None:
    wrong = {
        "name": "",
        "language": "de",
        "time_zone": "Mars/Base",
        "addresses": [{"channel": "E-Mail", "address": ""}],
        "absences": [{"first_day": "2026-02-20", "last_day": "2026-02-16"}],
        "nickname": "x",
    }
    async with service("commitments") as commitments, commitments.client() as client:
        answer = await client.post("/v1/people", json=wrong, headers={"accept-language": "zh"})
        rows = await commitments.rows("SELECT 1 FROM person")
    assert answer.status_code == 422
    assert {pointer for pointer, _ in codes(answer)} == {
        "#/name",
        "#/language",
        "#/time_zone",
        "#/addresses/0/channel",
        "#/addresses/0/address",
        "#/absences/0/last_day",
        "#/nickname",
    }
    assert rows == []


async def test_what_is_added_comes_with_the_etag_of_its_first_change(service: Provide) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        answers = []
        for path, body, key in (
            ("/v1/departments", NETWORK, "code"),
            ("/v1/positions", LEAD, "code"),
            ("/v1/people", LI, "id"),
        ):
            added = await client.post(path, json=body)
            tag = {"if-match": added.headers["etag"]}
            one = f"{path}/{added.json()[key]}"
            answers.append(await client.patch(one, json={"name": body["name"]}, headers=tag))
    assert [answer.status_code for answer in answers] == [200, 200, 200]
