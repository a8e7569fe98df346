"""Imports: the same as webhooks, row by row, whatever the file looks like."""

import gzip
import json
from datetime import timedelta
from typing import Any

import httpx

from deploy.local.sample import incidents
from services.commitments.operations.deliveries import fold_pending
from tests.builders import Hook, incident_process, integration, ticket
from tests.conftest import Provide, ServiceUnderTest
from tests.services.commitments.test_webhooks import NOW

CSV = {"content-type": "text/csv"}
NDJSON = {"content-type": "application/x-ndjson"}
STORY = [
    ticket("INC1", 0, "New", "01-03-2016 08:05", assignment_group="服务台"),
    ticket("INC1", 1, "Active", "01-03-2016 09:00", assignment_group="服务台"),
    ticket("INC2", 0, "New", "01-03-2016 08:05"),
]


def as_csv(rows: list[dict[str, str]], delimiter: str = ",", end: str = "\r\n") -> str:
    lines = [list(rows[0]), *(list(row.values()) for row in rows)]
    return "".join(delimiter.join(f'"{cell}"' for cell in line) + end for line in lines)


def as_ndjson(rows: list[dict[str, str]]) -> bytes:
    return b"\n".join(json.dumps(row).encode() for row in rows)


async def fold(commitments: ServiceUnderTest) -> None:
    while await fold_pending(commitments.store, 300, NOW, NOW - timedelta(hours=1)):
        pass


async def imported(
    client: httpx.AsyncClient, hook: Hook, content: bytes, headers: dict[str, str], **query: str
) -> httpx.Response:
    asked = {"integration_id": hook.path.rpartition("/")[2], **query}
    return await client.post("/v1/imports", params=asked, content=content, headers=headers)


TOLD = (
    """SELECT case_id, id, valid_from, valid_until, level, node, visit, leg, department, priority,
       promise_code, started_at, paused_at, finished_at, cancelled_at, consumed,
       commitment_due_at, tolerance_due_at, pauses FROM clock_version ORDER BY id, valid_from""",
    "SELECT case_id, event_id, at, sequence, body FROM ticket_event ORDER BY case_id, event_id",
    "SELECT case_id, valid_from, valid_until, state FROM case_version ORDER BY case_id, valid_from",
)


async def told(commitments: ServiceUnderTest) -> list[list[tuple[Any, ...]]]:
    return [[tuple(row) for row in await commitments.rows(query)] for query in TOLD]


async def test_importing_the_sample_gives_exactly_what_its_webhooks_give(
    service: Provide,
) -> None:
    # A few cases, the five with two events under one count among them, each whole.
    odd = {f"INC0000{number}" for number in (130, 134, 135, 137, 164)}
    rows = [r for r in incidents.events() if r["number"] in odd or r["number"].endswith("57")]
    async with service("commitments") as pushed, pushed.client() as client:
        hook = await incident_process(client)
        await hook.push_all(client, rows)
        await fold(pushed)
        by_webhook = await told(pushed)
    async with service("commitments") as filed, filed.client() as client:
        hook = await incident_process(client)
        answer = await imported(client, hook, as_csv(rows[::-1]).encode(), CSV)
        begun = answer.json()
        await fold(filed)
        done = (await client.get(f"/v1/imports/{begun['id']}")).json()
        by_file = await told(filed)
        again = await imported(client, hook, as_ndjson(rows), NDJSON)
        await hook.push_all(client, rows[:20])
        await fold(filed)
        by_both = await told(filed)
        alerts = (await client.get("/v1/alerts")).json()["items"]
    assert len(rows) > 50
    assert by_file[1] == by_webhook[1]
    assert by_file == by_webhook == by_both
    assert (begun["status"], begun["progress"], begun["counts"]["pending"]) == (
        "processing",
        0,
        len(rows),
    )
    assert (done["status"], done["progress"], done["counts"]["processed"]) == (
        "finished",
        1,
        len(rows),
    )
    assert (again.json()["duplicates"], again.json()["rows"]) == (len(rows), len(rows))
    assert [alert for alert in alerts if not alert.get("historic", True)] == []


FILES: dict[str, tuple[bytes, str]] = {
    "utf-8": (as_csv(STORY).encode(), "utf-8"),
    "utf-8 with a mark": (as_csv(STORY).encode("utf-8-sig"), "utf-8-sig"),
    "gb18030": (as_csv(STORY).encode("gb18030"), "gb18030"),
    "utf-16": (as_csv(STORY).encode("utf-16"), "utf-16"),
    "semicolons": (as_csv(STORY, ";").encode(), "utf-8"),
    "tabs and bare line ends": (as_csv(STORY, "\t", "\n").encode(), "utf-8"),
    "blank lines": (as_csv(STORY).replace("\r\n", "\r\n\r\n").encode(), "utf-8"),
}


async def test_a_file_is_read_in_the_form_that_offices_save_it_in(service: Provide) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        first = await incident_process(client)
        for kind, (content, encoding) in FILES.items():
            hook = first if kind == "utf-8" else await integration(client)
            answer = await imported(client, hook, content, CSV)
            assert answer.status_code == 201, (kind, answer.text)
            told = answer.json()
            assert (told["encoding"], told["rows"], told["duplicates"]) == (encoding, 3, 0), kind
        await fold(commitments)
        cases = (await client.get("/v1/cases")).json()["items"]
        events = await commitments.rows("SELECT event_id FROM ticket_event")
    assert {(case["key"], case["state"], case["department"]) for case in cases} == {
        ("INC1", "Active", "服务台"),
        ("INC2", "New", "Group 1"),
    }
    # The same rows through another integration are the same events of the same cases.
    assert len(events) == 3


async def test_a_form_with_a_file_is_an_import_too(service: Provide) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        hook = await incident_process(client)
        named = {"integration_id": hook.path.rpartition("/")[2]}
        files = {"file": ("history.ndjson", as_ndjson(STORY), "application/octet-stream")}
        answer = await client.post("/v1/imports", data=named, files=files)
        without = await client.post("/v1/imports", data=named, files={"other": b"x"})
        broken = await client.post(
            "/v1/imports",
            content=b"--x\r\n",
            headers={"content-type": "multipart/form-data; boundary=y"},
        )
        listed = (await client.get("/v1/imports")).json()["items"]
    assert (answer.status_code, answer.json()["format"]) == (201, "ndjson")
    assert (without.status_code, without.json()["errors"][0]["parameter"]) == (422, "file")
    assert broken.status_code in (400, 422)
    assert [each["id"] for each in listed] == [answer.json()["id"]]


async def test_a_row_that_cannot_be_read_is_quarantined_and_the_others_count(
    service: Provide,
) -> None:
    lines = as_csv(STORY).splitlines()
    lines[2] = lines[2].replace("01-03-2016 09:00", "yesterday")
    lines.append('"INC3","New"')
    ndjson = as_ndjson(STORY[2:]) + b'\n{"half": \n[1]\n'
    async with service("commitments") as commitments, commitments.client() as client:
        hook = await incident_process(client)
        first = await imported(client, hook, "\n".join(lines).encode(), CSV)
        second = await imported(client, hook, ndjson, NDJSON)
        await fold(commitments)
        counts = [
            (await client.get(f"/v1/imports/{each.json()['id']}")).json()["counts"]
            for each in (first, second)
        ]
        query = {"status": "quarantined", "import_id": first.json()["id"]}
        kept = (await client.get("/v1/deliveries", params=query)).json()["items"]
    assert [(c["processed"], c["quarantined"]) for c in counts] == [(2, 2), (0, 2)]
    assert second.json()["duplicates"] == 1
    assert {(each["import_row"], each["faults"][0]["code"]) for each in kept} == {
        (3, "not_a_time"),
        (5, "not_a_json_object"),
    }


NEEDED = b"number,incident_state,sys_updated_at"
REFUSED: dict[str, tuple[bytes, dict[str, str], dict[str, str], int, str]] = {
    "a workbook": (b"PK\x03\x04rest", CSV, {}, 415, "not_tabular"),
    "a packed file": (gzip.compress(b"a,b\n1,2\n"), CSV, {"format": "csv"}, 415, "not_tabular"),
    "no type": (b"a,b\n1,2\n", {"content-type": "text/plain"}, {}, 415, "not_tabular"),
    "nothing": (b"", CSV, {}, 422, "no_header"),
    "only a header": (NEEDED + b"\n", CSV, {}, 422, "no_rows"),
    "blank lines": (b"\n\n", NDJSON, {}, 422, "no_rows"),
    "two columns of one name": (NEEDED + b",a,a\n", CSV, {}, 422, "faulty_column"),
    "a column without a name": (NEEDED + b",,c\n", CSV, {}, 422, "faulty_column"),
    "too many columns": (
        b",".join(b"c%d" % n for n in range(501)),
        CSV,
        {},
        422,
        "too_many_columns",
    ),
    "no encoding": (b"a,b\n\xff\xff,\x81\n", CSV, {}, 422, "undecodable"),
    "another encoding": (
        "a\n服\n".encode("gb18030"),
        CSV,
        {"encoding": "utf-8"},
        422,
        "undecodable",
    ),
    "an endless cell": (NEEDED + b'\n"' + b"x" * 200_000, CSV, {}, 422, "malformed_csv"),
    "an endless line": (NEEDED + b"\n" + b"x," * 600_000, CSV, {}, 422, "long_line"),
    "an endless line of JSON": (b'{"a": "' + b"x" * 1_100_000, NDJSON, {}, 422, "long_line"),
    "an unknown integration": (b"a\n1\n", CSV, {"integration_id": "int_nowhere"}, 404, ""),
}


async def test_what_is_no_readable_file_is_refused_as_a_whole(service: Provide) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        hook = await incident_process(client)
        for kind, (content, headers, query, status, code) in REFUSED.items():
            answer = await imported(client, hook, content, headers, **query)
            assert answer.status_code == status, (kind, answer.text)
            codes = [e["code"] for e in answer.json().get("errors", [])]
            assert codes == ([code] if code else []), kind
        kept = await commitments.rows("SELECT id FROM delivery UNION SELECT id FROM history_import")
    assert kept == []


async def test_a_bomb_and_an_oversized_file_are_refused_before_they_are_read(
    service: Provide,
) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        hook = await incident_process(client)
        bomb = gzip.compress(b"a,b\n" + b"1,2\n" * 8_000_000)
        unfolded = await imported(client, hook, bomb, {**CSV, "content-encoding": "gzip"})
        small = gzip.compress(as_csv(STORY).encode())
        accepted = await imported(client, hook, small, {**CSV, "content-encoding": "gzip"})
        async with commitments.client("demo", "viewer") as viewer:
            refused = await imported(viewer, hook, as_csv(STORY).encode(), CSV)
    assert (unfolded.status_code, accepted.status_code, refused.status_code) == (413, 201, 403)
