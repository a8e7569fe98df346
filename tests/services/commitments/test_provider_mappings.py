"""Mappings: what each provider's own reads from a real payload, and what is refused of others."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from pydantic import ValidationError

from services.commitments.domain.events import TicketEvent
from services.commitments.operations.deliveries import fold_pending
from services.commitments.providers import PROVIDERS, delivery_key
from services.commitments.providers.mapping import EventMapping
from services.commitments.providers.paths import Delivered
from services.commitments.providers.reading import NotATicketEvent, OfNoConcern, event
from tests.builders import SECRET, Hook, incident_process, ticket
from tests.conftest import Provide
from tests.services.commitments.stories import encoded, sample
from tests.services.commitments.test_webhooks import NOW


def read(provider: str, payload: Any, headers: dict[str, str] | None = None) -> TicketEvent:
    tool = PROVIDERS[provider]
    body, headers = encoded(payload), headers or {}
    mapping = EventMapping.model_validate(tool.MAPPING)
    delivered = Delivered(tool.payload(headers, body), headers)
    return event(mapping, delivered, delivery_key(tool, headers, body))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


_RECORDED = "FabioRosado/test-project#1"

READ = {
    ("github", "issue_opened"): ("Codertocat/Hello-World#1", "2019-05-15T15:20:18Z", "open", None),
    ("gitlab", "incident_opened"): ("it/service-desk#23", "2025-03-03T01:00:00Z", "opened", "high"),
    ("gitlab", "issue_opened"): (_RECORDED, "2021-11-07T18:10:47.885Z", "opened", None),
    ("gitlab", "issue_closed"): (_RECORDED, "2021-11-07T20:20:06Z", "closed", None),
    ("gitlab", "documented_issue"): (
        "gitlabhq/gitlab-test#23",
        "2013-12-03T17:15:43Z",
        "opened",
        None,
    ),
    ("jira", "issue_updated"): ("HELP-41", "2025-03-03T07:00:00Z", "Done", "High"),
    ("zendesk", "status_changed"): ("5158", "2025-03-03T07:00:00.987654Z", "solved", "HIGH"),
    ("zendesk", "comment_added"): ("5158", "2025-03-03T02:00:00.500Z", "open", "HIGH"),
    ("zammad", "ticket_open"): ("10081", "2025-03-03T01:00:00.333Z", "open", "2 normal"),
    ("glpi", "ticket_solved"): ("187", "2025-03-03T07:00:00Z", "solved", "4"),
    ("pagerduty", "incident_resolved"): ("PGR0VU2", "2025-03-03T07:00:00.500Z", "resolved", "P1"),
    ("servicenow", "incident_deleted"): (
        "INC0010012",
        "2025-03-03T09:00:00Z",
        "New",
        "3 - Moderate",
    ),
    ("standard_webhooks", "ticket_opened"): ("T-1", "2025-03-03T01:00:00Z", "open", "high"),
    ("cloudevents", "structured"): ("T-1", "2025-03-03T01:00:00Z", "open", "high"),
}
DEPARTMENTS = {
    "zendesk": "8447320466430",
    "zammad": "Service Desk",
    "pagerduty": "Engineering",
    "servicenow": "Service Desk",
    "standard_webhooks": "Front desk",
    "cloudevents": "Front desk",
}


@pytest.mark.parametrize(("provider", "file"), READ)
def test_a_providers_own_mapping_reads_its_payloads(provider: str, file: str) -> None:
    told = read(provider, sample(provider, file))
    key, instant, state, priority = READ[provider, file]
    assert (told.case_key, told.at, told.state, told.priority) == (
        key,
        at(instant),
        state,
        priority,
    )
    assert told.department == DEPARTMENTS.get(provider)
    assert told.kind == ("void" if "deleted" in file else "ticket")


@pytest.mark.parametrize(
    ("status", "kind", "state"),
    [
        ("DELETED", "void", "DELETED"),
        ("SCRUBBED", "void", "SCRUBBED"),
        ("ARCHIVED", "ticket", "closed"),
        ("HOLD", "ticket", "hold"),
    ],
)
def test_every_status_that_zendesk_documents_is_read(status: str, kind: str, state: str) -> None:
    payload = sample("zendesk", "status_changed")
    payload["detail"]["status"] = payload["event"]["current"] = status
    told = read("zendesk", payload)
    assert (told.kind, told.state) == (kind, state)


def test_a_cloudevent_is_the_same_event_whichever_way_it_comes() -> None:
    structured = sample("cloudevents", "structured")
    data = structured.pop("data")
    headers = {f"ce-{name}": value for name, value in structured.items()}
    binary = read("cloudevents", data, headers)
    packed = {**structured, "data_base64": "eyJzdGF0ZSI6ICJvcGVuIn0="}
    assert binary == read("cloudevents", {**structured, "data": data})
    assert read("cloudevents", packed).state == "open"
    assert read("cloudevents", packed).event_id == binary.event_id
    with pytest.raises(NotATicketEvent):
        read("cloudevents", {**structured, "data_base64": "not base64"})


def test_a_hook_of_github_that_sends_forms_is_read_like_one_that_sends_json() -> None:
    tool, payload = PROVIDERS["github"], sample("github", "issue_opened")
    form = urlencode({"payload": encoded(payload).decode()}).encode()
    headers = {"content-type": "application/x-www-form-urlencoded"}
    assert tool.payload(headers, form) == tool.payload({}, encoded(payload)) == payload
    assert tool.payload(headers, b"other=1") is None
    assert tool.payload(headers, b"&".join([b"payload=1"] * 99)) is None


def test_the_same_record_has_one_key_however_its_members_are_ordered() -> None:
    tool = PROVIDERS["servicenow"]
    record = ticket("INC1", 1, "New", "01-03-2016 08:05")
    other = encoded(dict(reversed(record.items())))
    assert delivery_key(tool, {}, encoded(record)) == delivery_key(tool, {}, other)
    later = encoded({**record, "priority": "2 - High"})
    assert delivery_key(tool, {}, later) != delivery_key(tool, {}, other)


@pytest.mark.parametrize("path", ["", "a..b", ".a", "{a", "a}", "{}", "{a..b}", "a." * 30, "/a//b"])
def test_a_path_that_cannot_be_followed_is_refused(path: str) -> None:
    with pytest.raises(ValidationError):
        EventMapping.model_validate({"case_key": path, "at": "at", "state": "state"})


def test_paths_lead_through_members_lists_pointers_headers_and_templates() -> None:
    payload = {"a.b": {"c": [{"d": 7}, None]}, "t": True, "x": {"display_value": "X", "value": "1"}}
    delivered = Delivered(payload, {"x-event": "issue"})
    found = {
        path: delivered.at(path)
        for path in ("/a.b/c/0/d", "/a.b/c/9", "header:X-Event", "{/a.b/c/0/d}-{t}", "{x}/{no}")
    }
    assert list(found.values()) == [7, None, "issue", "7-true", None]


TIMES: dict[str, tuple[Any, str | None, str]] = {
    "unix seconds": (1740963600, None, "2025-03-03T01:00:00Z"),
    "unix milliseconds": (1740963600123, None, "2025-03-03T01:00:00.123Z"),
    "unix text": ("1740963600", "unix", "2025-03-03T01:00:00Z"),
    "unix milliseconds text": ("1740963600123", "unix_ms", "2025-03-03T01:00:00.123Z"),
    "without an offset": ("2025-03-03 09:00:00", None, "2025-03-03T01:00:00Z"),
    "with an offset": ("2025-03-03T02:00:00.000+0100", None, "2025-03-03T01:00:00Z"),
}


@pytest.mark.parametrize("form", TIMES)
def test_times_are_read_in_every_form_that_tools_send(form: str) -> None:
    value, given, expected = TIMES[form]
    plain = {"case_key": "k", "at": "at", "state": "s", "time_zone": "Asia/Shanghai"}
    mapping = EventMapping.model_validate({**plain, "time_format": given})
    told = event(mapping, Delivered({"k": 1, "at": value, "s": "New"}, {}), "key")
    assert told.at == at(expected)


@pytest.mark.parametrize("value", [1e300, float("nan"), -(10**18), True, "tomorrow", [1]])
def test_what_is_no_time_is_a_fault_and_not_an_error(value: Any) -> None:
    mapping = EventMapping.model_validate({"case_key": "k", "at": "at", "state": "s"})
    with pytest.raises((NotATicketEvent, ValueError)):
        event(mapping, Delivered({"k": 1, "at": value, "s": "New"}, {}), "key")


def test_a_payload_of_no_concern_says_by_which_field() -> None:
    with pytest.raises(OfNoConcern) as told:
        read("pagerduty", sample("pagerduty", "ping"))
    reason = told.value.reason
    assert (reason.field, reason.code, reason.value) == ("event.data.type", "not_asked_for", "ping")


WRONG: dict[str, Any] = {
    "states": {"open": "New", "closed": "Clsoed"},
    "nodes": {"accpet": {"finish": [{"action": ["taken"]}]}, "resolve": {"end": []}},
    "processes": {"from": "type", "values": {"change": "nowhere"}},
    "constants": {"segmnet": "internal"},
    "case_key": ["number", "a..b"],
    "time_zone": "Asia/Peking",
    "nonsense": 1,
}
FAULTS = {
    ("#/mapping/states/closed", "unknown_reference"),
    ("#/mapping/nodes/accpet", "unknown_reference"),
    ("#/mapping/nodes/resolve/end", "literal_error"),
    ("#/mapping/processes/values/change", "unknown_reference"),
    ("#/mapping/constants/segmnet", "literal_error"),
    ("#/mapping/case_key/1", "bad_path"),
    ("#/mapping/time_zone", "value_error"),
    ("#/mapping/nonsense", "extra_forbidden"),
}


async def test_a_mapping_is_refused_with_every_fault_listed(service: Provide) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        await client.post("/v1/processes", json=PLAIN_PROCESS)
        body = {"provider": "github", "process": "plain", "mapping": WRONG, "secrets": [SECRET]}
        answer = await client.post("/v1/integrations", json=body)
        chinese = await client.post(
            "/v1/integrations", json=body, headers={"accept-language": "zh"}
        )
        other = {**body, "process": "nowhere", "mapping": {"process": "elsewhere"}}
        contradicted = await client.post("/v1/integrations", json=other)
        none = await client.post("/v1/integrations", json={**other, "mapping": 7})
        unnamed = await client.post(
            "/v1/integrations", json={"provider": "jira", "mapping": {}, "secrets": [SECRET]}
        )
        rows = await commitments.rows("SELECT id FROM integration")
    assert answer.status_code == 422
    assert {(e["pointer"], e["code"]) for e in answer.json()["errors"]} >= FAULTS
    assert len(chinese.json()["errors"]) == len(answer.json()["errors"])
    found = {(e["pointer"], e["code"]) for e in contradicted.json()["errors"]}
    assert found == {
        ("#/mapping/process", "contradiction"),
        ("#/process", "unknown_reference"),
    }
    assert (none.status_code, none.json()["errors"][0]["pointer"]) == (422, "#/mapping")
    assert [e["pointer"] for e in unnamed.json()["errors"]] == ["#/process"]
    assert rows == []


PLAIN_PROCESS: dict[str, Any] = {
    "code": "plain",
    "name": {"zh": "普通", "en": "Plain"},
    "nodes": [
        {
            "code": "accept",
            "name": {"zh": "受理", "en": "Accept"},
            "start": {"state": "New"},
            "finish": {"state": {"in": ["Active", "Closed"]}},
        },
        {
            "code": "resolve",
            "name": {"zh": "解决", "en": "Resolve"},
            "start": {"state": "Active"},
            "finish": {"state": "Closed"},
        },
    ],
}


async def test_a_mapping_gives_states_conditions_and_processes_of_its_own(
    service: Provide,
) -> None:
    mapping = {
        "case_key": "number",
        "at": "at",
        "state": "status",
        "states": {"1": "New", "2": "Active", "3": "Closed"},
        "nodes": {"accept": {"finish": [{"note": ["answered*"]}]}},
        "processes": {"from": "kind", "values": {"incident": "incident"}},
    }
    told = [
        {"number": "T1", "at": "2025-03-03T01:00:00Z", "status": "1", "kind": "request"},
        {"number": "T1", "at": "2025-03-03T01:10:00Z", "status": "1", "note": "answered by phone"},
        {"number": "T1", "at": "2025-03-03T01:20:00Z", "status": "2"},
        {"number": "I1", "at": "2025-03-03T01:00:00Z", "status": "1", "kind": "incident"},
    ]
    async with service("commitments") as commitments, commitments.client() as client:
        await incident_process(client)
        await client.post("/v1/processes", json=PLAIN_PROCESS)
        body = {"provider": "servicenow", "process": "plain", "mapping": mapping}
        added = await client.post("/v1/integrations", json={**body, "secrets": [SECRET]})
        hook = Hook(added.json()["hook"])
        await hook.push_all(client, told)
        await fold_pending(commitments.store, 100, NOW, NOW)
        runs = (await client.get("/v1/node-runs")).json()["items"]
        cases = (await client.get("/v1/cases")).json()["items"]
    assert added.json()["mapping"]["nodes"] == mapping["nodes"]
    ends = {(r["process"], r["node"]): r["finished_at"] for r in runs}
    assert ends["plain", "accept"] == "2025-03-03T01:10:00Z"
    assert ends["plain", "resolve"] is None
    assert {(c["key"], c["process"], c["state"]) for c in cases} == {
        ("T1", "plain", "Active"),
        ("I1", "incident", "New"),
    }
