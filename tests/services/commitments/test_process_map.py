"""The process map over HTTP: places, ratings, and which few processes matter."""

from typing import Any

import httpx

from tests.builders import incident_process
from tests.conftest import Provide


async def placed(client: httpx.AsyncClient, code: str, **change: Any) -> httpx.Response:
    path = f"/v1/processes/{code}/governance"
    tag = (await client.get(path)).headers["etag"]
    answer: httpx.Response = await client.patch(path, json=change, headers={"if-match": tag})
    return answer


async def process(client: httpx.AsyncClient, code: str) -> None:
    node = {"code": "do", "name": {"zh": "做", "en": "Do"}, "start": {"first": True}}
    body = {"code": code, "name": {"zh": code, "en": code}, "nodes": [node]}
    assert (await client.post("/v1/processes", json=body)).status_code == 201


async def test_the_map_shows_every_process_in_its_place_and_the_vital_few(
    service: Provide,
) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        await incident_process(client)
        for code in ("repair", "sales", "post", "audit"):
            await process(client, code)
        shares = {"repair": "0.5", "sales": "0.3", "post": "0.2"}
        for code, share in shares.items():
            await placed(client, code, level=1, rating={"cost_share": share})
        await placed(client, "incident", level=2, parent="repair")
        faults = [
            await placed(client, "audit", level=2, parent="incident"),
            await placed(client, "audit", level=2, parent="nowhere"),
            await placed(client, "audit", level=1, rating={"cost_share": "-1"}),
            await placed(client, "repair", level=2, parent="sales"),
            await placed(client, "sales", level=None, parent="repair"),
        ]
        shown = (await client.get("/v1/process-map")).json()
        pareto = (await client.get("/v1/process-map/pareto")).json()
        half = (await client.get("/v1/process-map/pareto?share=0.5")).json()
        wrong = await client.get("/v1/process-map/pareto?level=4")
        history = (await client.get("/v1/processes/incident/governance/history")).json()
        unmatched = await client.patch("/v1/processes/post/governance", json={"level": 1})
    assert [(f.status_code, f.json()["errors"][0]["pointer"]) for f in faults] == [
        (422, "#/parent"),
        (422, "#/parent"),
        (422, "#/rating/cost_share"),
        (422, "#/level"),
        (422, "#/level"),
    ]
    assert {each["process"]: len(each["children"]) for each in shown["items"]} == {
        "repair": 1,
        "sales": 0,
        "post": 0,
    }
    assert shown["unplaced"] == ["audit"]
    assert [(each["process"], each["is_core"]) for each in pareto["items"]] == [
        ("repair", True),
        ("sales", True),
        ("post", False),
    ]
    assert [each["is_core"] for each in half["items"]] == [True, False, False]
    assert (wrong.status_code, unmatched.status_code) == (422, 428)
    assert [each["body"]["parent"] for each in history["items"]] == ["repair"]
