"""The status table names every run's state, and lists leave as sheets that nothing runs in."""

import csv
import io
from collections import Counter
from datetime import datetime

import httpx
import openpyxl
import pytest

from deploy.local.sample import incidents
from services.commitments.domain.states import NAMES, State
from tests.builders import every_item, incident_process
from tests.conftest import Provide
from tests.domain.commitments.incident_log import LOG
from tests.domain.commitments.incident_periods import read, standings
from tests.services.commitments.sample import fold_rows, load_sample

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MARCH = {
    "from": "2016-03-01T00:00:00Z",
    "to": "2016-04-01T00:00:00Z",
    "as_of": "2016-03-09T12:00:00Z",
}


async def test_the_status_table_has_every_run_of_the_period_with_its_state(
    service: Provide,
) -> None:
    """Against a recount of the log's rows; one load serves the sheets as well."""
    async with service("commitments") as commitments, commitments.client() as client:
        await load_sample(commitments)
        rows = await every_item(client, "/v1/status-table", **MARCH, sort="case_key")
        late = await every_item(client, "/v1/status-table", **MARCH, state="running_warning")
        due = await every_item(client, "/v1/status-table", **MARCH, sort="-due_at", node="close")
        whole = await every_item(client, "/v1/status-table", **MARCH, level="case")
        comma = await client.get("/v1/status-table", params={**MARCH, "format": "csv"})
        book = await client.get("/v1/status-table", params=MARCH, headers={"accept": XLSX})
        page = await client.get("/v1/status-table?limit=1", headers={"accept": "text/html, */*"})
        counted = await client.get("/v1/status-table", params={**MARCH, "limit": 1})
    days = [datetime.fromisoformat(MARCH[name][:-1]) for name in ("from", "to", "as_of")]
    found = standings(read(LOG), days[0], days[1], days[2])
    expected = Counter((one.node, one.state) for one in found if one.level == "run")
    assert Counter((row["node"], row["state"]) for row in rows) == expected
    states = Counter(row["state"] for row in rows)
    assert counted.json()["counts"] == {state.value: states[state] for state in State}
    assert counted.json()["unjudged"] == 0
    assert [row["case_key"] for row in rows] == sorted(row["case_key"] for row in rows)
    assert {row["state"] for row in late} == {"running_warning"}
    assert len(late) == sum(n for (_, state), n in expected.items() if state == "running_warning")
    dues = [row["commitment_due_at"] for row in due]
    assert dues == sorted(dues, reverse=True)
    assert len(whole) == sum(one.level == "case" for one in found)
    assert page.headers["content-type"] == "application/json"
    for row in rows:
        name = NAMES[State(row["state"])]
        assert row["state_name"] == {"zh": name.zh, "en": name.en}
    table = list(csv.reader(io.StringIO(comma.text.removeprefix("\ufeff"))))
    assert len(table) == len(rows) + 1
    sheet = openpyxl.load_workbook(io.BytesIO(book.content), read_only=True).worksheets[0]
    cells = [[_same(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]
    assert cells == [[_same(cell) for cell in row] for row in table]


def _same(cell: object) -> str:
    """Sheets hold numbers as numbers, lines of text as text."""
    said = "" if cell is None else str(cell)
    try:
        return str(float(said))
    except ValueError:
        return said


@pytest.mark.parametrize(
    ("language", "header", "state"),
    [("zh-CN", "工单", "进行中警告"), ("en", "Case", "In progress, warning")],
)
async def test_sheets_speak_the_callers_language_and_no_cell_starts_a_formula(
    service: Provide, language: str, header: str, state: str
) -> None:
    evil = '=HYPERLINK("http://evil.example","x")'
    row = {**incidents.events()[0], "number": evil, "incident_state": "New"}
    async with service("commitments") as commitments:
        async with commitments.client() as client:
            await incident_process(client)
        await fold_rows(commitments, [row])
        async with commitments.client(language=language) as client:
            sheets = {
                path: (await client.get(path, headers={"accept": "text/csv"})).text
                for path in ("/v1/status-table", "/v1/cases", "/v1/node-runs", "/v1/alerts")
            }
            book = await client.get("/v1/status-table?format=xlsx")
    for path, text in sheets.items():
        rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
        assert header in rows[0], path
        if path != "/v1/alerts":
            assert f"'{evil}" in rows[1], path
            assert evil not in rows[1], path
    assert state in sheets["/v1/status-table"]
    cells = openpyxl.load_workbook(io.BytesIO(book.content)).worksheets[0]
    assert cells["A2"].value == f"'{evil}"
    assert cells["A2"].data_type == "s"


async def test_wrong_questions_about_the_status_table_are_refused(service: Provide) -> None:
    wrong = {
        "from=2016-03-02&to=2016-03-01": "to",
        "format=pdf": "format",
        "state=late": "state",
        "sort=colour": "sort",
        "basis=yesterday": "basis",
        "cursor=x": "cursor",
    }
    async with service("commitments") as commitments, commitments.client() as client:
        await _are_refused(client, wrong)


async def _are_refused(client: httpx.AsyncClient, wrong: dict[str, str]) -> None:
    for query, parameter in wrong.items():
        answer = await client.get(f"/v1/status-table?{query}")
        assert answer.status_code == 422, (query, answer.text)
        assert answer.json()["errors"][0]["parameter"] == parameter
