"""Lists answer the questions that a reader asks: several states, one case, latest due first."""

from collections.abc import Mapping
from typing import Any

import httpx

from services.commitments.operations.deliveries import fold_pending
from tests.builders import every_item, incident_process, ticket
from tests.conftest import Provide, ServiceUnderTest
from tests.services.commitments.sample import NOW

HISTORY = [
    ticket("INC1", 0, "New", "01-03-2016 08:00"),
    ticket("INC1", 1, "Active", "01-03-2016 09:00"),
    ticket("INC2", 0, "New", "01-03-2016 08:00"),
    ticket("INC2", 1, "Active", "01-03-2016 11:00", priority="9 - Unpromised"),
    ticket("INC3", 0, "New", "02-03-2016 08:00"),
]
AS_OF = {"as_of": "2016-03-03T00:00:00Z"}


async def _load(commitments: ServiceUnderTest, client: httpx.AsyncClient) -> None:
    hook = await incident_process(client)
    await hook.push_all(client, HISTORY)
    await fold_pending(commitments.store, 100, NOW, NOW)


async def _page_by_page(
    client: httpx.AsyncClient, path: str, query: Mapping[str, str]
) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        page = (await client.get(path, params={**query, **cursor})).json()
        rows += page["items"]
        if page["next_cursor"] is None:
            return rows
        cursor = {"cursor": page["next_cursor"]}


async def test_runs_are_listed_in_any_of_several_states_and_of_one_case(service: Provide) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        await _load(commitments, client)
        found = {}
        for path in ("/v1/node-runs", "/v1/status-table"):
            states = ["completed_normal", "running_warning"]
            answer = await client.get(path, params={**AS_OF, "state": states})
            found[path] = sorted((r["case_key"], r["node"]) for r in answer.json()["items"])
        of_one = await every_item(client, "/v1/node-runs", case_key="INC1", **AS_OF)
        of_nobody = await every_item(client, "/v1/node-runs", position="desk", **AS_OF)
        wrong = await client.get("/v1/node-runs?state=completed_normal&state=late")
    expected = [("INC1", "accept"), ("INC3", "accept")]
    assert found == {"/v1/node-runs": expected, "/v1/status-table": expected}
    assert [run["node"] for run in of_one] == ["resolve", "accept"]
    assert of_nobody == []
    assert wrong.status_code == 422
    assert wrong.json()["errors"][0]["parameter"] == "state"


async def test_a_run_that_is_never_due_stands_last_in_either_order(service: Provide) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        await _load(commitments, client)
        dues = {}
        for path in ("/v1/node-runs", "/v1/status-table"):
            for sort in ("due_at", "-due_at"):
                query = {**AS_OF, "sort": sort, "limit": "2"}
                pages = await _page_by_page(client, path, query)
                dues[path, sort] = [row["commitment_due_at"] for row in pages]
    for (_, sort), listed in dues.items():
        assert listed[-1] is None
        assert len(listed) == 5
        assert listed[:-1] == sorted(listed[:-1], reverse=sort.startswith("-"))


async def test_groups_are_named_in_one_parameter_or_in_several(service: Provide) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        await _load(commitments, client)
        once = await client.get("/v1/attainment", params={"group_by": "node,priority"})
        again = await client.get("/v1/attainment?group_by=node&group_by=priority")
        twice = await client.get("/v1/attainment?group_by=node&group_by=node")
    assert {*once.json()["items"][0]["group"]} == {"node", "priority"}
    assert again.json()["items"] == once.json()["items"]
    assert twice.json()["errors"][0]["parameter"] == "group_by"


async def test_a_character_that_cannot_be_stored_is_refused_by_its_parameter(
    service: Provide,
) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        answer = await client.get("/v1/node-runs", params={"process": "a\0b", "node": "accept"})
    assert answer.status_code == 422
    assert [error["parameter"] for error in answer.json()["errors"]] == ["process"]
