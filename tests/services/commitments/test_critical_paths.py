"""Whatever changes later, node promises still fit into those made end to end, or it is told."""

import asyncio
import json
from typing import Any

from deploy.local.sample import incidents
from tests.builders import every_item, incident_process, published
from tests.conftest import Provide
from tests.services.commitments.test_agreements import AGREEMENT, asked, created, known_people
from tests.services.commitments.test_promises import COMPLETE, PAST, faults

HOUR = 3600
FITTING = 15 * 60 + 124 * HOUR
"""What the nodes are promised together, for critical incidents."""
WHOLE: dict[str, Any] = {
    **COMPLETE,
    **PAST,
    "code": "whole",
    "node": None,
    "priority": "1 - Critical",
    "commitment_seconds": FITTING,
    "tolerance_seconds": 10**7,
}
RESOLVE = next(p for p in incidents.promises() if p["code"] == "resolve-critical")
SLOWER = {**RESOLVE, "commitment_seconds": 4 * HOUR + 60, "valid_from": "2020-01-01T00:00:00Z"}
OFFICE = {
    **incidents.CALENDAR,
    "code": "office",
    "weekly": {
        day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    },
}


async def test_a_node_promise_that_breaks_a_promise_end_to_end_is_refused_naming_the_nodes(
    service: Provide,
) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        await incident_process(client)
        await published(client, WHOLE)
        slower = await created(client, "/v1/promises", SLOWER)
        path = f"/v1/promises/{slower['id']}"
        refused = await client.post(f"{path}/publish")
        after = (await client.get(path)).json()
        unsound = {**SLOWER, "no_objective_reason": None}
        await client.put(path, json=unsound, headers={"if-match": "*"})
        twice = await client.post(f"{path}/publish")
        quicker = {**SLOWER, "commitment_seconds": 3 * HOUR}
        await client.put(path, json=quicker, headers={"if-match": "*"})
        accepted = await client.post(f"{path}/publish")
        other = await published(client, {**RESOLVE, "priority": "2 - High", "code": "another"})
    (misfit,) = refused.json()["critical_path"]
    assert faults(refused) == [("#/commitment_seconds", "critical_path_too_long")]
    assert (misfit["promise"], misfit["nodes"]) == ("whole", ["accept", "resolve", "close"])
    assert (misfit["at"], misfit["excess_seconds"]) == ("2020-01-01T00:00:00+00:00", 60.0)
    assert after["status"] == "draft"
    assert faults(twice) == [
        ("#/objective", "relevant_objective_missing"),
        ("#/commitment_seconds", "critical_path_too_long"),
    ]
    assert (accepted.status_code, other["status"]) == (200, "published")


async def test_a_general_node_promise_breaks_only_the_priorities_that_fall_back_to_it(
    service: Provide,
) -> None:
    general = {**COMPLETE, **PAST, "code": "resolve-any", "node": "resolve"}
    low = {**WHOLE, "code": "whole-low", "priority": "9 - Whenever"}
    async with service("commitments") as commitments, commitments.client() as client:
        await incident_process(client)
        await published(client, WHOLE)
        limits = {"commitment_seconds": 900 * HOUR, "tolerance_seconds": 900 * HOUR}
        covered = await published(client, {**general, **limits})
        beside = await created(client, "/v1/promises", low)
        refused = await client.post(f"/v1/promises/{beside['id']}/publish")
    assert covered["status"] == "published"
    assert {m["priority"] for m in refused.json()["critical_path"]} == {"9 - Whenever"}
    assert refused.json()["critical_path"][0]["node_promises"] == ["resolve-any", "close"]


async def test_of_two_node_promises_published_at_once_that_fit_one_by_one_one_is_refused(
    service: Provide,
) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        await incident_process(client)
        await published(client, {**WHOLE, "commitment_seconds": FITTING + HOUR})
        close = next(p for p in incidents.promises() if p["code"] == "close")
        later = {"valid_from": "2020-01-01T00:00:00Z"}
        drafts = [
            await created(client, "/v1/promises", {**each, **later, "commitment_seconds": seconds})
            for each, seconds in ((RESOLVE, 5 * HOUR), (close, 121 * HOUR))
        ]
        paths = [f"/v1/promises/{each['id']}/publish" for each in drafts]
        answers = await asyncio.gather(*(client.post(path) for path in paths))
    assert sorted(answer.status_code for answer in answers) == [200, 422]


def repair(*order: tuple[str, list[str]]) -> dict[str, Any]:
    """A process whose nodes come after those named."""
    starts = {"accept": "New", "fix": "Active", "inform": "Told"}
    nodes = [
        {
            "code": code,
            "name": {"zh": code, "en": code},
            "start": {"state": starts[code]},
            "after": after,
        }
        for code, after in order
    ]
    return {"name": {"zh": "维修", "en": "Repair"}, "nodes": nodes}


BESIDE = repair(("accept", []), ("fix", ["accept"]), ("inform", ["accept"]))
BEHIND = repair(("accept", []), ("fix", ["accept"]), ("inform", ["fix"]))
RING = repair(("accept", []), ("fix", ["inform"]), ("inform", ["fix"]))


async def test_a_process_version_that_puts_nodes_behind_each_other_is_refused_naming_them(
    service: Provide,
) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        await incident_process(client)
        await created(client, "/v1/processes", {**BESIDE, "code": "repair"})
        about = {**COMPLETE, **PAST, "process": "repair"}
        for hours, node in enumerate(("accept", "fix", "inform"), 1):
            limits = {"commitment_seconds": hours * HOUR, "tolerance_seconds": hours * HOUR}
            await published(client, {**about, "node": node, "code": node, **limits})
        limits = {"commitment_seconds": 4 * HOUR, "tolerance_seconds": 6 * HOUR}
        await published(client, {**about, "node": None, "code": "whole", **limits})
        path, match = "/v1/processes/repair/versions", {"if-match": "*"}
        ring = await client.post(path, json=RING, headers=match)
        refused = await client.post(path, json=BEHIND, headers=match)
        versions = await every_item(client, path)
        renamed = await client.post(path, json=BESIDE, headers=match)
    assert ring.status_code == 422
    assert {error["code"] for error in ring.json()["errors"]} == {"cycle"}
    assert faults(refused) == [("#/nodes", "critical_path_too_long")]
    assert "accept → fix → inform is 2:00:00 longer" in refused.json()["errors"][0]["detail"]
    assert refused.json()["critical_path"][0]["nodes"] == ["accept", "fix", "inform"]
    assert (len(versions), renamed.status_code) == (1, 201)


async def test_a_changed_calendar_changes_and_the_broken_promises_are_listed_and_told(
    service: Provide,
) -> None:
    hours = {"weekly": {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}}
    always = {name: OFFICE[name] for name in ("name", "time_zone", "weekly")}
    agreement = {**AGREEMENT, "service": "it-support", "code": "users-sla"}
    async with service("commitments") as commitments, commitments.client() as client:
        await incident_process(client)
        await created(client, "/v1/calendars", OFFICE)
        await published(client, {**SLOWER, "commitment_seconds": 4 * HOUR, "calendar": "office"})
        lasting = {"valid_until": "2030-01-01T00:00:00Z", "agreement": "users-sla"}
        await known_people(client)
        wanted = await asked(client, service="it-support", segment="employees")
        draft = {**agreement, "requirements": [wanted]}
        agreed = await created(client, "/v1/agreements", draft)
        await published(client, {**WHOLE, **lasting})
        before = await every_item(client, "/v1/critical-paths")
        changed = await client.post(
            "/v1/calendars/office/versions", json={**always, **hours}, headers={"if-match": "*"}
        )
        broken = await every_item(client, "/v1/critical-paths", fits="false")
        fitting = await every_item(client, "/v1/critical-paths", fits="true")
        refused = await client.post(f"/v1/agreements/{agreed['id']}/publish")
        unmatched = await client.post("/v1/calendars/office/versions", json={**always, **hours})
        told = await commitments.rows(
            "SELECT body FROM outbox WHERE subject LIKE '%.critical_path_broken.%' ORDER BY id"
        )
    assert [row["fits"] for row in before] == [True]
    assert (changed.status_code, unmatched.status_code) == (201, 428)
    (row,) = broken
    assert (row["promise"], row["fits"], fitting) == ("whole", False, [])
    assert {tuple(m["nodes"]) for m in row["misfits"]} == {("accept", "resolve", "close")}
    assert {m["limit"] for m in row["misfits"]} == {"commitment"}
    (event,) = [json.loads(each["body"]) for each in told]
    assert (event["promise"], event["calendar"], event["limit"]) == (
        "whole",
        "office",
        "commitment",
    )
    assert event["excess_seconds"] == row["misfits"][0]["excess_seconds"]
    assert ("#/promises/whole/commitment_seconds", "critical_path_too_long") in faults(refused)
