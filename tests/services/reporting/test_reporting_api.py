"""The reporting service over HTTP, and the copies it keeps from events."""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from itertools import permutations

import httpx
import jsonschema
import pytest

from deploy.local.children import Child
from services.reporting.operations import making
from shared.bus import Bus
from shared.ids import new_id
from tests.builders import until
from tests.conftest import ServiceUnderTest
from tests.services.reporting.published import (
    ANY,
    ASKED,
    arrives,
    claimed,
    ended,
    events_of,
    history,
    made,
    measured,
    publish,
    requested,
    tenant_named,
)


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_a_report_is_asked_for_made_and_fetched(
    reporting: ServiceUnderTest, bus: Bus, workers: list[Child], language: str
) -> None:
    # The stream outlives a test: a tenant of its own keeps other tests' events out.
    tenant = f"reports-{language}"
    workers.append(reporting.worker())
    for event in history(tenant):
        await publish(bus, tenant, event)
    client = reporting.client(tenant, "viewer")
    await until(lambda: _knows(client, len(history())), "every event is kept")

    asked = await client.post("/v1/reports", json={**ASKED, "language": language})
    report = await ended(client, asked.json()["id"])

    assert asked.status_code == 202
    assert asked.headers["location"] == f"/v1/reports/{report['id']}"
    assert (report["status"], report["error"]) == ("finished", None)
    assert {name: report[name] for name in ASKED} == {**ASKED, "language": language}
    fetched = {f["format"]: (f, await client.get(f["path"])) for f in report["files"]}
    assert {name: body.content[:5] for name, (_, body) in fetched.items()} == {
        "pdf": b"%PDF-",
        "html": b"<!doc",
        "json": b'{"as_',
    }
    for told, answer in fetched.values():
        assert answer.headers["content-type"] == told["media_type"]
        assert len(answer.content) == told["bytes"]
        assert hashlib.sha256(answer.content).hexdigest() == told["sha256"]
        assert answer.headers["etag"] == f'"{told["sha256"]}"'
    assert fetched["json"][0]["sha256"] == report["document_hash"]
    (event,) = await events_of(reporting, report["id"])
    assert (event["status"], event["document_hash"]) == ("finished", report["document_hash"])


async def test_the_document_follows_its_schema_and_says_what_was_published(
    informed: ServiceUnderTest,
) -> None:
    client = informed.client("demo", "viewer")
    schema = (await client.get("/v1/report-documents/attainment/schema")).json()

    report = await made(informed)
    document = (await client.get(f"/v1/reports/{report['id']}/files/json")).json()

    jsonschema.Draft202012Validator(schema).validate(document)
    assert document["organisation"] == "Demo Company"
    assert document["process"] == {"code": "incident", "name": "Incident management"}
    assert [(row["name"], row["attainment"]) for row in document["nodes"]["rows"]] == [
        ("Resolve", {"part": 30, "whole": 100}),
        ("Accept", {"part": 90, "whole": 100}),
    ]
    (section,) = document["departments"]
    assert [row["name"] for row in section["rows"]] == ["Group 70", None]
    assert [(i["code"], i["period"], i["value"]) for i in document["indicators"]] == [
        ("resolve-on-time", "2016-05", "30.00")
    ]
    assert [(row["covered"], row["total"]) for row in document["sources"]] == [
        *((4, 5), (1, 1), (1, 2), (2, 3))
    ]


async def test_a_caller_who_has_the_file_is_not_sent_it_again(informed: ServiceUnderTest) -> None:
    report = await made(informed, language="zh")
    client = informed.client("demo", "viewer")
    path = f"/v1/reports/{report['id']}/files/pdf"
    tag = (await client.get(path)).headers["etag"]

    answers = {
        held: await client.get(path, headers={"if-none-match": held})
        for held in (tag, f'"other", W/{tag}', "*", '"other"')
    }

    assert [answer.status_code for answer in answers.values()] == [304, 304, 304, 200]
    assert answers[tag].content == b""
    assert answers[tag].headers["etag"] == tag


@pytest.mark.parametrize(
    ("language", "disposition"),
    [
        ("en", 'attachment; filename="attainment-incident-2016-02-2016-06-en.pdf"'),
        (
            "zh",
            (
                'attachment; filename="attainment-incident-2016-02-2016-06-zh.pdf"; '
                "filename*=UTF-8''%E6%89%BF%E8%AF%BA%E8%BE%BE%E6%88%90%E6%8A%A5%E5%91%8A"
                "-incident-2016-02%E8%87%B32016-06.pdf"
            ),
        ),
    ],
)
async def test_a_file_has_a_name_that_every_client_can_read(
    informed: ServiceUnderTest, language: str, disposition: str
) -> None:
    report = await requested(informed, language=language)
    await making.finish_report(informed.store, await claimed(informed), ANY)

    answer = await informed.client("demo").get(f"/v1/reports/{report['id']}/files/pdf")

    assert answer.headers["content-disposition"] == disposition


async def test_a_report_that_has_ended_cannot_be_cancelled(informed: ServiceUnderTest) -> None:
    report = await requested(informed)
    await making.finish_report(informed.store, await claimed(informed), ANY)

    answer = await informed.client("demo").post(f"/v1/reports/{report['id']}/cancel")

    assert answer.status_code == 409
    assert answer.json()["type"] == "urn:see-platform:problem:conflict"


async def test_there_are_no_files_before_the_report_is_finished(informed: ServiceUnderTest) -> None:
    report = await requested(informed)
    client = informed.client("demo", "viewer", language="zh")

    early = await client.get(f"/v1/reports/{report['id']}/files/pdf")
    odd = await client.get(f"/v1/reports/{report['id']}/files/docx")
    unknown = await client.get("/v1/reports/rep_none/files/pdf")

    assert (early.status_code, early.json()["detail"]) == (409, "报告尚无文件（queued）。")
    assert (odd.status_code, unknown.status_code) == (404, 404)


@pytest.mark.parametrize(
    ("change", "faults"),
    [
        ({"process": "unheard"}, {"#/process": "unknown_reference"}),
        ({"from": "2016-13"}, {"#/from": "string_pattern_mismatch"}),
        ({"to": "2016-6"}, {"#/to": "string_pattern_mismatch"}),
        ({"to": "2016-01", "process": "unheard"}, {"#/to": "before_from", "#/process": None}),
        ({"to": "2026-02"}, {"#/to": "period_too_long"}),
        ({"kind": "horoscope"}, {"#/kind": "literal_error"}),
        ({"language": "fr"}, {"#/language": "literal_error"}),
        ({"first_month": "2016-02"}, {"#/first_month": "extra_forbidden"}),
    ],
)
async def test_a_report_that_cannot_be_meant_is_refused_field_by_field(
    informed: ServiceUnderTest, change: dict[str, str], faults: dict[str, str | None]
) -> None:
    answer = await informed.client("demo", "viewer").post("/v1/reports", json={**ASKED, **change})

    assert answer.status_code == 422
    found = {each["pointer"]: each["code"] for each in answer.json()["errors"]}
    assert found == {pointer: code or "unknown_reference" for pointer, code in faults.items()}
    assert await informed.rows("SELECT * FROM report") == []


async def test_ten_years_are_the_longest_period(informed: ServiceUnderTest) -> None:
    answer = await informed.client("demo").post("/v1/reports", json={**ASKED, "to": "2026-01"})

    assert answer.status_code == 202


async def test_a_request_repeated_under_its_key_is_one_report(informed: ServiceUnderTest) -> None:
    client, key = informed.client("demo", "viewer"), {"idempotency-key": "once"}

    answers = [await client.post("/v1/reports", json=ASKED, headers=key) for _ in range(2)]

    assert answers[0].json() == answers[1].json()
    assert answers[0].headers["location"] == answers[1].headers["location"]
    assert len(await informed.rows("SELECT * FROM report")) == 1


async def test_reports_are_listed_newest_first_page_by_page(informed: ServiceUnderTest) -> None:
    asked = [(await requested(informed))["id"] for _ in range(3)]
    client = informed.client("demo", "viewer")

    first = (await client.get("/v1/reports", params={"limit": 2})).json()
    last = (await client.get("/v1/reports", params={"cursor": first["next_cursor"]})).json()

    assert [item["id"] for item in first["items"]] == [asked[2], asked[1]]
    assert [item["id"] for item in last["items"]] == [asked[0]]
    assert last["next_cursor"] is None


async def test_one_tenant_never_sees_the_reports_of_another(informed: ServiceUnderTest) -> None:
    report = await made(informed)
    rival = informed.client("rival")

    answers = [
        await rival.get(f"/v1/reports/{report['id']}"),
        await rival.get(f"/v1/reports/{report['id']}/files/pdf"),
        await rival.post(f"/v1/reports/{report['id']}/cancel"),
    ]

    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert (await rival.get("/v1/reports")).json()["items"] == []
    asked = await rival.post("/v1/reports", json=ASKED)
    assert [each["pointer"] for each in asked.json()["errors"]] == ["#/process"]


async def test_only_people_of_a_tenant_ask_for_and_read_reports(
    informed: ServiceUnderTest,
) -> None:
    tool = informed.client("demo", "integration")
    nobody = informed.client("demo", "viewer")
    del nobody.headers["authorization"]
    paths = ("/v1/reports", "/v1/report-sources", "/v1/report-documents/attainment/schema")

    assert [(await tool.get(path)).status_code for path in paths] == [403, 403, 403]
    assert [(await nobody.get(path)).status_code for path in paths] == [401, 401, 401]
    assert (await tool.post("/v1/reports", json=ASKED)).status_code == 403
    assert (await informed.client("demo", "viewer").post("/v1/reports", json=ASKED)).is_success


@pytest.mark.parametrize("order", list(permutations((1, 2, 3))), ids=str)
async def test_the_newest_revision_is_kept_in_whatever_order_they_arrive(
    reporting: ServiceUnderTest, order: tuple[int, ...]
) -> None:
    for revision in order:
        await arrives(reporting, measured("run", "resolve", "2016-03", (revision, 0, 0), revision))
        await arrives(reporting, tenant_named("demo", f"v{revision}", revision))

    (copy,) = await reporting.rows("SELECT revision, completed_normal FROM attainment_copy")
    (tenant,) = await reporting.rows("SELECT name FROM tenant_copy")
    assert tuple(copy) == (3, 3)
    assert json.loads(tenant["name"]) == {"zh": "v3", "en": "v3"}


async def test_an_event_that_arrives_twice_or_contradicts_its_revision_changes_nothing(
    informed: ServiceUnderTest,
) -> None:
    before = await informed.rows("SELECT * FROM attainment_copy ORDER BY node, level, month")
    event_id = new_id("evt")

    for _ in range(2):
        await arrives(informed, measured("run", "accept", "2016-03", (7, 7, 7)), event_id)

    after = await informed.rows("SELECT * FROM attainment_copy ORDER BY node, level, month")
    assert after == before


async def test_sources_tell_how_much_is_known_and_how_old_it_is(
    reporting: ServiceUnderTest,
) -> None:
    client = reporting.client("demo", "viewer")
    empty = (await client.get("/v1/report-sources")).json()["items"]
    heard = datetime.now(UTC) - timedelta(hours=1)
    await arrives(reporting, measured("run", "accept", "2016-03", (1, 1, 1)), heard_at=heard)

    sources = {
        each["code"]: each for each in (await client.get("/v1/report-sources")).json()["items"]
    }

    assert [(each["records"], each["age_seconds"]) for each in empty] == [(0, None)] * 4
    assert datetime.fromisoformat(sources["attainment"]["newest_event_at"]) == heard
    assert 3600 <= sources["attainment"]["age_seconds"] < 3700
    assert sources["attainment"]["service"] == "commitments"
    assert sources["organisation"]["newest_event_at"] is None


async def _knows(client: httpx.AsyncClient, records: int) -> bool:
    sources = (await client.get("/v1/report-sources")).json()["items"]
    return bool(sum(each["records"] for each in sources) == records)
