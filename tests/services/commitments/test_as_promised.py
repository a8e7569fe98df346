"""No new version of a promise, calendar or process changes what has started."""

from typing import Any

import httpx

from deploy.local.sample import incidents
from services.commitments.operations.deliveries import fold_pending
from services.commitments.operations.folding import refold_cases
from tests.builders import incident_process, integration, published, ticket
from tests.conftest import Provide, ServiceUnderTest
from tests.domain.commitments.opening_hours import WORKWEEK, weekly
from tests.services.commitments.sample import NOW, fold_rows

CASES = 40
AS_OF = "2025-01-01T00:00:00Z"
LISTS = (
    "/v1/node-runs?limit=500&sort=started_at",
    "/v1/cases?limit=500",
    "/v1/attainment?group_by=node,priority",
    "/v1/attainment?group_by=department",
)


def rows() -> list[dict[str, str]]:
    """The events of the first cases of the log."""
    found = incidents.events()
    numbers = set(sorted({row["number"] for row in found})[:CASES])
    return [row for row in found if row["number"] in numbers]


async def shown(client: httpx.AsyncClient) -> dict[str, bytes]:
    """What the lists say, byte by byte."""
    answers = {path: await client.get(path, params={"as_of": AS_OF}) for path in LISTS}
    assert all(answer.status_code == 200 for answer in answers.values())
    return {path: answer.content for path, answer in answers.items()}


async def change_everything(client: httpx.AsyncClient) -> list[dict[str, Any]]:
    """Stricter promises, shorter hours, fewer nodes, all asked to begin before the first run."""
    begin = {"valid_from": "2016-01-01T00:00:00Z"}
    stricter = {
        **begin,
        "commitment_seconds": 60,
        "tolerance_seconds": 120,
        "below_floor_reason": "To be seen whether anything changes.",
    }
    versions = [
        await published(client, {**promise, **stricter}) for promise in incidents.promises()
    ]
    hours = {
        **{key: incidents.CALENDAR[key] for key in ("name", "time_zone")},
        "weekly": weekly(WORKWEEK, ("09:00", "10:00")),
    }
    process = incidents.process()
    nodes = {"name": process["name"], "nodes": process["nodes"][:2]}
    for path, body in (("calendars/always", hours), ("processes/incident", nodes)):
        answer = await client.post(
            f"/v1/{path}/versions", json={**body, **begin}, headers={"if-match": '"1"'}
        )
        assert answer.status_code == 201, answer.text
        versions.append(answer.json())
    return versions


async def refold_everything(commitments: ServiceUnderTest) -> None:
    """As a late event of every case, or a worker that mends them, would."""
    found = await commitments.rows("SELECT id FROM service_case ORDER BY id")
    async with commitments.store.transaction("demo") as session:
        await refold_cases(session, "incident", [row[0] for row in found], NOW)


async def test_new_versions_leave_what_has_started_byte_by_byte_as_it_was(
    service: Provide,
) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        await incident_process(client)
        await fold_rows(commitments, rows())
        before = await shown(client)
        versions = await change_everything(client)
        unfolded = await shown(client)
        await refold_everything(commitments)
        after = await shown(client)
        hook = await integration(client)
        opened = {"opened_at": "05-03-2018 08:00"}
        for count, (state, at) in enumerate(
            (("New", "05-03-2018 08:00"), ("Active", "05-03-2018 09:30"))
        ):
            await hook.push(client, ticket("NEW1", count, state, at, **opened))
        while await fold_pending(commitments.store, 10, NOW, NOW):
            pass
        (case,) = (await client.get("/v1/cases?key=NEW1")).json()["items"]
        fresh = (await client.get(f"/v1/node-runs?case_id={case['id']}")).json()["items"]
    assert before == unfolded == after
    assert all(version["version"] == 2 for version in versions)
    runs = {run["node"]: run for run in fresh}
    bound = {node: (r["promise"]["version"], r["promise"]["calendar"]) for node, r in runs.items()}
    assert bound == {"accept": (2, "always@2"), "resolve": (2, "always@2")}
    # Half an hour of the new opening hours, from nine to half past.
    assert runs["accept"]["running_seconds"] == 1800
    assert runs["accept"]["state"] == "completed_warning"


async def test_a_late_event_of_an_old_case_is_judged_by_the_old_versions(
    service: Provide,
) -> None:
    known = rows()
    late = next(row for row in known if row["incident_state"] == "Resolved")
    async with service("commitments") as commitments, commitments.client() as client:
        await incident_process(client)
        await fold_rows(commitments, known)
        expected = await shown(client)
        async with commitments.client("other") as other:
            await incident_process(other)
            await fold_rows(commitments, [row for row in known if row is not late], "other")
            await change_everything(other)
            await fold_rows(commitments, [late], "other")
            found = await shown(other)
    attainment = [path for path in LISTS if "attainment" in path]
    assert {path: found[path] for path in attainment} == {
        path: expected[path] for path in attainment
    }
