"""Imports read a file while it arrives: whole or not at all, once, in bounded memory."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from services.commitments.operations.deliveries import fold_pending
from tests.builders import Hook, incident_process, integration, ticket
from tests.conftest import Provide
from tests.services.commitments.test_imports import CSV, NDJSON, as_csv, as_ndjson, fold, imported
from tests.services.commitments.test_webhooks import NOW

WAITING = "SELECT key FROM import_row UNION ALL SELECT key FROM delivery"
EVERYTHING = f"{WAITING} UNION ALL SELECT id FROM history_import"


def history(count: int) -> list[dict[str, str]]:
    return [ticket(f"INC{n}", 0, "New", "01-03-2016 08:05", note="one\ntwo") for n in range(count)]


async def pieces(body: bytes, size: int = 1000) -> AsyncIterator[bytes]:
    for start in range(0, len(body), size):
        yield body[start : start + size]


async def sent(
    client: httpx.AsyncClient, hook: Hook, body: Any, headers: dict[str, str]
) -> httpx.Response:
    asked = {"integration_id": hook.path.rpartition("/")[2]}
    return await client.post("/v1/imports", params=asked, content=body, headers=headers)


async def test_a_file_in_pieces_is_the_file_in_one(service: Provide) -> None:
    rows = history(4_500)  # more than two batches, with line breaks within the cells
    body = as_csv(rows).encode("utf-8-sig")
    async with service("commitments") as commitments, commitments.client() as client:
        hook = await incident_process(client)
        answer = await sent(client, hook, pieces(body, 1013), CSV)
        packed = gzip.compress(body[: len(body) // 2]) + gzip.compress(body[len(body) // 2 :])
        again = await sent(client, hook, pieces(packed), {**CSV, "content-encoding": "gzip"})
        waiting = await commitments.rows(WAITING)
    told = answer.json()
    assert (told["rows"], told["duplicates"], told["bytes"]) == (4_500, 0, len(body))
    assert (told["counts"]["pending"], told["encoding"]) == (4_500, "utf-8-sig")
    # Packed in two parts, one behind the other, and nothing in it is new.
    assert (again.json()["rows"], again.json()["duplicates"]) == (4_500, 4_500)
    assert again.json()["progress"] == 1
    assert len(waiting) == 4_500


@pytest.mark.parametrize("spoil", ["bad line", "torn character", "cut gzip", "bomb at the end"])
async def test_a_file_that_fails_late_leaves_nothing_behind(service: Provide, spoil: str) -> None:
    rows = history(3_000)
    rows[0]["assignment_group"] = "服务台"
    body, headers = as_csv(rows).encode(), CSV
    if spoil == "bad line":
        body += b'"' + b"x" * 200_000
    if spoil == "torn character":
        body += "服".encode()[:2] + b"\n"
    if spoil in ("cut gzip", "bomb at the end"):
        bomb = gzip.compress(b"0" * 60_000_000) if spoil == "bomb at the end" else b""
        packed = gzip.compress(body)
        body, headers = (packed + bomb or packed), {**CSV, "content-encoding": "gzip"}
        body = body if bomb else body[:-20]
    async with service("commitments") as commitments, commitments.client() as client:
        hook = await incident_process(client)
        answer = await sent(client, hook, pieces(body, 4096), headers)
        left = await commitments.rows(EVERYTHING)
    expected = {"bad line": 422, "torn character": 422, "cut gzip": 400, "bomb at the end": 413}
    assert answer.status_code == expected[spoil], answer.text
    if answer.status_code == 422:
        detail = answer.json()["errors"][0]["detail"]
        assert "6002" in detail  # the header, and 3,000 rows of two lines each
    assert left == []


async def test_every_fault_of_the_columns_is_listed_in_both_languages(service: Provide) -> None:
    body = b"number,number,,state_now,b,b\n1,2,3,4,5,6\n"
    async with service("commitments") as commitments:
        async with commitments.client() as client:
            hook = await incident_process(client)
            answer = await sent(client, hook, body, CSV)
        async with commitments.client(language="zh") as client:
            chinese = await sent(client, hook, body, CSV)
        left = await commitments.rows(EVERYTHING)
    told = [(each["code"], each["detail"].rpartition(": ")[2]) for each in answer.json()["errors"]]
    assert told == [
        ("faulty_column", "number."),
        ("faulty_column", "3."),
        ("faulty_column", "b."),
        ("missing_column", "sys_updated_at."),
        ("missing_column", "incident_state."),
    ]
    assert [each["code"] for each in chinese.json()["errors"]] == [code for code, _ in told]
    assert "列" in chinese.json()["errors"][0]["detail"]
    assert left == []


async def test_the_faults_of_rows_are_told_with_their_lines(service: Provide) -> None:
    rows = history(60)
    for number in range(50):
        rows[number]["sys_updated_at"] = f"{number} o'clock"
        rows[number]["incident_state"] = ""
    rows[55]["sys_mod_count"] = "9" * 30
    async with service("commitments") as commitments, commitments.client() as client:
        hook = await incident_process(client)
        begun = (await sent(client, hook, as_ndjson(rows), NDJSON)).json()
        await fold(commitments)
        done = (await client.get(f"/v1/imports/{begun['id']}")).json()
        listed = (await client.get("/v1/imports")).json()["items"][0]
    faults = done["faults"]
    assert done["counts"] == {"pending": 0, "processed": 9, "ignored": 0, "quarantined": 51}
    assert len(faults) == 100  # of 101
    assert {fault["code"] for fault in faults} == {"not_a_time", "missing"}
    assert [fault["row"] for fault in faults] == sorted([*range(1, 51), *range(1, 51)])
    assert faults[0]["value"] == "0 o'clock"
    assert listed["faults"] is None


async def test_an_import_under_one_key_happens_once(service: Provide) -> None:
    body = as_csv(history(300)).encode()
    key = {**CSV, "idempotency-key": "history-1"}
    async with service("commitments") as commitments, commitments.client() as client:
        hook = await incident_process(client)
        both = await asyncio.gather(
            *(sent(client, hook, pieces(body, size), key) for size in (333, 5_000))
        )
        other = await sent(client, hook, pieces(body + b"x,y\r\n"), key)
        broken = await sent(client, hook, b"a,b\n", {**CSV, "idempotency-key": "history-2"})
        mended = await sent(client, hook, body, {**CSV, "idempotency-key": "history-2"})
        count = await commitments.rows("SELECT count(*) FROM history_import")
    assert [each.status_code for each in both] == [201, 201]
    assert both[0].json() == both[1].json()
    assert sum("idempotency-replayed" in each.headers for each in both) == 1
    assert (other.status_code, other.json()["errors"][0]["code"]) == (422, "reused")
    assert (broken.status_code, mended.status_code) == (422, 201)
    assert count[0][0] == 2


async def test_a_client_that_leaves_leaves_nothing_behind(service: Provide) -> None:
    begun = {"type": "http.request", "body": as_csv(history(3_000)).encode(), "more_body": True}
    gone: dict[str, Any] = {"type": "http.disconnect"}
    messages = iter([begun, gone, gone])

    async def receive() -> dict[str, Any]:
        return next(messages)

    async def send(_: Any) -> None:
        """Nobody listens."""

    async with service("commitments") as commitments, commitments.client() as client:
        hook = await incident_process(client)
        headers = {"authorization": client.headers["authorization"], **CSV}
        scope = {
            "type": "http",
            "method": "POST",
            "path": "/v1/imports",
            "query_string": f"integration_id={hook.path.rpartition('/')[2]}".encode(),
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        }
        await commitments.app(scope, receive, send)
        left = await commitments.rows(EVERYTHING)
        answer = await sent(client, hook, as_csv(history(3)).encode(), CSV)
    assert left == []
    assert answer.status_code == 201


async def test_webhooks_go_before_the_rows_that_wait(service: Provide) -> None:
    rows = history(900)
    async with service("commitments") as commitments, commitments.client() as client:
        hook = await incident_process(client)
        begun = (await sent(client, hook, as_ndjson(rows), NDJSON)).json()
        assert await fold_pending(commitments.store, 300, NOW, NOW) == 300  # rows admitted
        live = [ticket("LIVE", 0, "New", "01-03-2016 09:00"), rows[450]]
        await hook.push_all(client, live)
        assert await fold_pending(commitments.store, 302, NOW, NOW) == 302
        early = (await client.get("/v1/cases", params={"key": "LIVE"})).json()["items"]
        before = (await client.get(f"/v1/imports/{begun['id']}")).json()
        await fold(commitments)
        after = (await client.get(f"/v1/imports/{begun['id']}")).json()
        stored = await commitments.rows("SELECT count(*) FROM delivery")
    assert "LIVE" in [case["key"] for case in early]
    assert (before["counts"]["pending"], before["counts"]["processed"]) == (600, 300)
    # One row was told by a webhook while it waited: it counts once.
    assert (after["duplicates"], after["counts"]["processed"], after["progress"]) == (1, 899, 1)
    assert stored[0][0] == 901


async def test_two_imports_of_one_integration_at_once_keep_every_row_once(
    service: Provide,
) -> None:
    rows = history(2_500)
    async with service("commitments") as commitments, commitments.client() as client:
        hook = await incident_process(client)
        other = await integration(client)
        answers = await asyncio.gather(
            sent(client, hook, pieces(as_ndjson(rows), 9_000), NDJSON),
            sent(client, hook, pieces(as_ndjson(rows[::-1]), 9_000), NDJSON),
            sent(client, other, pieces(as_ndjson(rows[:9])), NDJSON),
        )
        waiting = await commitments.rows("SELECT count(*) FROM import_row")
    assert [each.status_code for each in answers] == [201] * 3
    assert sorted(each.json()["duplicates"] for each in answers) == [0, 0, 2_500]
    assert waiting[0][0] == 2_509


async def test_a_form_has_the_usual_size_and_a_file_its_own(service: Provide) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        hook = await incident_process(client)
        large = b'{"note": "%b"}\n' % (b"x" * 900_000) * 13
        named = {"integration_id": hook.path.rpartition("/")[2]}
        form = await client.post("/v1/imports", data=named, files={"file": ("h.ndjson", large)})
        body = await sent(client, hook, pieces(large, 100_000), NDJSON)
        declared = {**NDJSON, "content-length": str(commitments.settings.max_import_bytes + 1)}
        too_large = await sent(client, hook, b"{}", declared)
        paths = (await client.get("/openapi.json")).json()["paths"]
    assert (form.status_code, body.status_code, too_large.status_code) == (413, 201, 413)
    said = paths["/v1/imports"]["post"]
    assert said["x-max-body-bytes"] == commitments.settings.max_import_bytes
    assert said["x-max-seconds"] > 30
    assert "x-max-body-bytes" not in paths["/v1/imports"]["get"]


async def test_what_is_not_utf_8_is_recognised_or_named(service: Provide) -> None:
    rows = [{**history(1)[0], "assignment_group": "服务台"}]
    late = as_csv([*history(30_000), *rows]).encode("gb18030")
    async with service("commitments") as commitments, commitments.client() as client:
        hook = await incident_process(client)
        early = await imported(client, hook, as_csv(rows).encode("gb18030"), CSV)
        # The first Chinese character stands far behind what is looked at to find the encoding.
        unnamed = await imported(client, hook, late, CSV)
        named = await imported(client, hook, late, CSV, encoding="gb18030")
    assert (early.status_code, early.json()["encoding"]) == (201, "gb18030")
    assert (unnamed.status_code, unnamed.json()["errors"][0]["code"]) == (422, "undecodable")
    assert "`encoding`" in unnamed.json()["errors"][0]["detail"]
    assert (named.status_code, named.json()["rows"], named.json()["duplicates"]) == (
        201,
        30_001,
        1,
    )


async def test_only_so_many_files_arrive_at_once(service: Provide) -> None:
    async with service("commitments") as commitments, commitments.client() as client:
        hook = await incident_process(client)
        goes_on = asyncio.Event()
        begun = asyncio.Semaphore(0)

        async def slow() -> AsyncIterator[bytes]:
            begun.release()
            yield json.dumps(history(1)[0]).encode() + b"\n"
            await goes_on.wait()

        hooks = [hook, await integration(client), await integration(client)]
        arriving = [asyncio.create_task(sent(client, each, slow(), NDJSON)) for each in hooks]
        for _ in hooks:
            await begun.acquire()
        refused = await sent(client, hook, b"{}", NDJSON)
        webhook = await hook.push(client, history(1)[0])
        goes_on.set()
        answers = await asyncio.gather(*arriving)
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
    assert webhook.status_code == 202
    assert [each.status_code for each in answers] == [201] * 3
