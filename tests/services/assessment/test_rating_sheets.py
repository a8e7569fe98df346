"""Rating off line: what goes out, and what comes back."""

import re
from collections.abc import Callable
from io import BytesIO
from secrets import token_hex
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import httpx
import pytest
from openpyxl import load_workbook

from tests.services.assessment.assessors import CELLS, People, everything

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CELL = "leadership.planned_approach"


async def downloaded(people: People, path: str, language: str = "en") -> bytes:
    async with people("ann") as ann:
        answer = await ann.get(f"{path}/rating-sheet", params={"language": language})
    assert answer.status_code == 200, answer.text
    return answer.content


def filled(content: bytes, fill: Callable[[Any], None]) -> bytes:
    """The workbook after somebody has worked on it."""
    book = load_workbook(BytesIO(content))
    fill(book)
    file = BytesIO()
    book.save(file)
    return file.getvalue()


def all_rated(book: Any) -> None:
    for row in range(2, 32):
        book["Ratings"][f"D{row}"] = 2 + row % 3


async def uploaded(
    people: People, path: str, content: bytes, subject: str = "ann", **headers: str
) -> httpx.Response:
    async with people(subject) as caller:
        files = {"file": ("sheet.xlsx", content, XLSX)}
        return await caller.put(f"{path}/rating-sheet", files=files, headers=headers)


async def test_a_sheet_that_comes_back_untouched_says_what_was_rated(people: People) -> None:
    path = await people.opened("ann")
    told = {
        **everything(2),
        CELL: {"rating": {"na": "none"}, "comment": "=1+1", "confidence": "high"},
    }
    await people.rate("ann", path, told)
    async with people("ann") as ann:
        before = (await ann.get(f"{path}/sheet")).json()["ratings"]
        for language in ("zh", "en"):
            answer = await uploaded(people, path, await downloaded(people, path, language))
            assert answer.status_code == 200, answer.text
        after = (await ann.get(f"{path}/sheet")).json()["ratings"]

    assert [_said(each) for each in after] == [_said(each) for each in before]


async def test_a_sheet_offers_levels_with_their_descriptors_and_locks_the_rest(
    people: People,
) -> None:
    path = await people.opened("ann")
    book = load_workbook(BytesIO(await downloaded(people, path, "zh")))
    sheet = book["Ratings"]

    assert [sheet[f"A{row}"].value for row in range(2, 32)] == CELLS
    assert (sheet["B2"].value, sheet["C2"].value) == ("领导力", "已被规划的方法")
    note = sheet["D2"].comment.text
    assert note.startswith("领导者如何发展")
    assert "被动响应" in note
    assert sheet.protection.sheet
    assert [sheet[f"{letter}2"].protection.locked for letter in "ABCDEFG"] == [True] * 3 + [
        False
    ] * 4
    offered = [str(each.sqref).split() for each in sheet.data_validations.dataValidation]
    assert sorted(offered) == [[f"{letter}{row}" for row in range(2, 32)] for letter in "DG"]
    assert [cell.value for cell in book["_lists"]["B"]] == [1, 2, 3, 4, "不适用"]
    assert {book[name].sheet_state for name in ("_lists", "_sheet")} == {"veryHidden"}


async def test_what_is_filled_in_off_line_is_rated_as_by_the_api(people: People) -> None:
    path = await people.opened("ann")
    blank = await downloaded(people, path)

    answer = await uploaded(people, path, filled(blank, all_rated))
    stale = await uploaded(people, path, filled(blank, all_rated))

    assert answer.status_code == 200, answer.text
    rated = {each["cell"]: each["rating"] for each in answer.json()["ratings"]}
    assert rated == {cell: 2 + row % 3 for row, cell in enumerate(CELLS, start=2)}
    assert answer.json()["unrated"] == []
    assert stale.status_code == 412
    async with people("ann") as ann:
        trail = (await ann.get(f"{path}/audit")).json()["items"]
    assert [each["action"] for each in trail].count("rate_cell") == 30


async def test_every_faulty_cell_is_named_and_nothing_is_rated(people: People) -> None:
    path = await people.opened("ann")

    def spoil(book: Any) -> None:
        all_rated(book)
        sheet = book["Ratings"]
        sheet["D2"], sheet["D3"], sheet["D4"], sheet["D5"] = 5, "=1+1", "NA", 2.5
        sheet["A6"], sheet["G7"], sheet["F8"] = "no.such", "very", "x" * 4001
        sheet["D9"], sheet["F9"] = None, "why"

    answer = await uploaded(people, path, filled(await downloaded(people, path), spoil))

    assert answer.status_code == 422
    assert {(e["pointer"], e["code"]) for e in answer.json()["errors"]} == {
        ("#/cells/D2", "outside_scale"),
        ("#/cells/D3", "formula"),
        ("#/cells/D3", "outside_scale"),
        ("#/cells/E4", "reason_missing"),
        ("#/cells/D5", "outside_scale"),
        ("#/cells/A6", "not_a_cell"),
        ("#/cells/G7", "unknown_confidence"),
        ("#/cells/F8", "too_long"),
        ("#/cells/D9", "rating_missing"),
        ("#/cells", "rows_missing"),
    }
    assert await people.service.rows("SELECT 1 FROM rating") == []


def rebound(row: int, value: str) -> Callable[[Any], None]:
    def rebind(book: Any) -> None:
        book["_sheet"].cell(row, 1).value = value

    return rebind


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (rebound(1, "asm_other"), "other_assessment"),
        (rebound(2, "bob"), "other_rater"),
        (rebound(3, "sha256:" + "0" * 64), "other_model_version"),
        (rebound(4, "first"), "not_a_rating_sheet"),
        (lambda book: book.remove(book["_sheet"]), "not_a_rating_sheet"),
    ],
)
async def test_a_sheet_of_anything_else_is_refused(
    people: People, spoil: Callable[[Any], None], code: str
) -> None:
    path = await people.opened("ann")
    answer = await uploaded(people, path, filled(await downloaded(people, path), spoil))

    assert answer.status_code == 422
    assert [each["code"] for each in answer.json()["errors"]] == [code]


def respelt(content: bytes, respell: Callable[[bytes], bytes]) -> bytes:
    """The workbook with the XML of its first sheet written anew."""
    file = BytesIO()
    with ZipFile(BytesIO(content)) as before, ZipFile(file, "w", ZIP_DEFLATED) as after:
        for part in before.namelist():
            said = before.read(part)
            after.writestr(part, respell(said) if part.endswith("/sheet1.xml") else said)
    return file.getvalue()


def at_the_far_end(content: bytes) -> bytes:
    row = b'<row r="1048576"><c r="A1048576"><v>1</v></c></row></sheetData>'
    return respelt(content, lambda said: said.replace(b"</sheetData>", row))


def padded(content: bytes) -> bytes:
    """With more than the sheet of thirty rows may unfold to, by no suspicious ratio."""
    padding = token_hex(2**13).encode() * 150
    return respelt(content, lambda said: said + b"<!--" + padding + b"-->")


@pytest.mark.parametrize(
    ("spoil", "code"), [(at_the_far_end, "too_many_rows"), (padded, "too_large")]
)
async def test_a_sheet_that_would_take_long_to_read_is_refused_before(
    people: People, spoil: Callable[[bytes], bytes], code: str
) -> None:
    path = await people.opened("ann")
    answer = await uploaded(people, path, spoil(await downloaded(people, path)))

    assert answer.status_code == 422
    assert [each["code"] for each in answer.json()["errors"]] == [code]


@pytest.mark.parametrize("number", [b"1e999", b"-1e999"])
async def test_a_rating_without_end_is_a_fault_of_its_cell(people: People, number: bytes) -> None:
    path = await people.opened("ann")
    content = respelt(
        filled(await downloaded(people, path), all_rated),
        lambda said: re.sub(rb'(<c r="D2"[^>]*><v>)\d', rb"\g<1>" + number, said),
    )

    answer = await uploaded(people, path, content)

    assert answer.status_code == 422
    assert [each["pointer"] for each in answer.json()["errors"]] == ["#/cells/D2"]


@pytest.mark.parametrize("content", [b"", b"nothing", b"PK\x03\x04" + b"\0" * 50])
async def test_what_is_no_workbook_is_refused(people: People, content: bytes) -> None:
    path = await people.opened("ann")

    assert (await uploaded(people, path, content)).status_code == 422


async def test_only_a_rater_gets_and_returns_a_sheet(people: People) -> None:
    path = await people.opened("ann")
    content = await downloaded(people, path)
    async with people("bob") as bob:
        assert (await bob.get(f"{path}/rating-sheet")).status_code == 403
    assert (await uploaded(people, path, content, "bob")).status_code == 403


def _said(rating: Any) -> Any:
    return {name: value for name, value in rating.items() if name != "rated_at"}
