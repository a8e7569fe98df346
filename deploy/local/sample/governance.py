"""Who answers for the sample's process, and what was agreed with its users: a small governance."""

from typing import Any

from deploy.local.sample import incidents
from deploy.local.sample.client import Client, SampleFailed

DAY = 24 * incidents.HOUR

PEOPLE: dict[str, dict[str, Any]] = {
    "owner": {"name": "李薇 Li Wei", "subject": "li.wei", "is_senior_manager": True},
    "supervisor": {"name": "王芳 Wang Fang", "subject": "wang.fang"},
    "planner": {"name": "张敏 Zhang Min", "subject": "zhang.min"},
}
"""By what they are: the process owner, its supervisor, the head of the planning department."""

DEPARTMENTS: tuple[dict[str, Any], ...] = (
    {"code": "planning", "name": {"zh": "企划部", "en": "Planning department"}},
    {"code": "service-desk", "name": {"zh": "服务台", "en": "Service desk"}},
)

REQUIREMENT: dict[str, Any] = {
    "service": incidents.SERVICE["code"],
    "segment": incidents.SEGMENT,
    "statement": {
        "zh": "故障在十天内得到解决并关闭，最迟十五天。",
        "en": "An incident is resolved and closed within ten days, within fifteen at the latest.",
    },
    "asked_by": "Users' council",
    "process": "incident",
    "wanted_seconds": 10 * DAY,
    "bearable_seconds": 15 * DAY,
    "calendar": incidents.CALENDAR["code"],
}


def agreement(requirement: str, owner: str, participant: str) -> dict[str, Any]:
    """The SLA with the users, which answers what they asked for."""
    return {
        "code": "users-sla",
        "kind": "sla",
        "name": {"zh": "IT 支持服务级别协议", "en": "IT support agreement"},
        "party": {
            "kind": "customer",
            "name": REQUIREMENT["asked_by"],
            "segment": incidents.SEGMENT,
        },
        "service": incidents.SERVICE["code"],
        "owner": owner,
        "review": {"first_on": "2016-04-01", "every_months": 3, "participants": [participant]},
        **incidents.VALIDITY,
        "requirements": [requirement],
    }


def end_to_end() -> dict[str, Any]:
    """The promise for a whole incident; accepting, resolving and closing the lowest fit into it."""
    limits = (REQUIREMENT["wanted_seconds"], REQUIREMENT["bearable_seconds"])
    return incidents.promise("end-to-end", None, None, limits) | {"agreement": "users-sla"}


async def define_governance(client: Client) -> None:
    """Fill the offices, and put the agreement in force; what is there already stays."""
    people = {what: await _person(client, body) for what, body in PEOPLE.items()}
    for department in DEPARTMENTS:
        await client.create("/v1/departments", department)
    head = {"head_person": people["planner"]}
    await client.change("PATCH", "/v1/departments/planning", head)
    settings = {"planning_department": "planning", "administrator": people["planner"]}
    await client.change("PATCH", "/v1/governance-settings", settings)
    place = {"level": 1, "department": "service-desk"}
    await client.change("PATCH", "/v1/processes/incident/governance", place)
    roles = {"owner": people["owner"], "supervisor": people["supervisor"]}
    if (await client.get("/v1/processes/incident/roles"))["owner"] is None:
        await client.change("PUT", "/v1/processes/incident/roles", roles)
    await _agree(client, people)


async def _agree(client: Client, people: dict[str, str]) -> None:
    drafts = await client.every("/v1/agreements", code="users-sla")
    if not drafts:
        recorded = await client.every("/v1/service-level-requirements")
        asked = next(iter(recorded), None) or await client.create(
            "/v1/service-level-requirements", REQUIREMENT
        )
        if asked is None:
            raise SampleFailed("the requirement was refused")
        body = agreement(asked["id"], people["owner"], people["supervisor"])
        drafts = [row for row in [await client.create("/v1/agreements", body)] if row]
    for row in drafts:
        if row["status"] == "draft":
            await client.post(f"/v1/agreements/{row['id']}/publish")


async def _person(client: Client, body: dict[str, Any]) -> str:
    """The id of a person, who is added the first time."""
    for row in await client.every("/v1/people"):
        if row["subject"] == body["subject"]:
            return str(row["id"])
    made = await client.create("/v1/people", body)
    if made is None:
        raise SampleFailed(f"the person {body['subject']} was refused")
    return str(made["id"])
