"""Files and links as evidence: what is kept, how it comes back, and what is refused."""

import hashlib
from typing import Any

import pytest

from tests.domain.assessment.files import document, jpeg, pdf, png, workbook
from tests.services.assessment.assessors import People
from tests.services.assessment.bringing import DESCRIBED, upload

LARGE = pdf(b"/Note (" + b"x" * 700_000 + b")")


@pytest.mark.parametrize(
    ("name", "content", "declared"),
    [
        ("report.pdf", LARGE, "application/pdf"),
        ("照片.png", png(), "image/png"),
        ("photo.jpg", jpeg(), "image/jpeg"),
        ("numbers.xlsx", workbook(), "application/octet-stream"),
        ("minutes.docx", document(), "application/octet-stream"),
    ],
)
async def test_a_file_comes_back_as_it_was_brought(
    people: People, name: str, content: bytes, declared: str
) -> None:
    async with people("ann") as ann:
        answer = await upload(ann, content, name, declared)
        assert answer.status_code == 201, answer.text
        told = answer.json()
        read = await ann.get(f"/v1/evidence/{told['id']}/content")

    assert told["file"]["name"] == name
    assert told["file"]["sha256"] == hashlib.sha256(content).hexdigest()
    assert (told["file"]["bytes"], told["expired"]) == (len(content), False)
    assert read.content == content
    assert read.headers["content-disposition"].startswith("attachment; filename*=UTF-8''")
    assert read.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in read.headers["content-security-policy"]


async def test_the_same_content_is_kept_once_and_each_evidence_stays_its_own(
    people: People,
) -> None:
    for subject in ("ann", "bob"):
        async with people(subject) as caller:
            assert (await upload(caller, LARGE, "a.pdf", "application/pdf")).status_code == 201
            listed = (await caller.get("/v1/evidence")).json()["items"]
        assert [each["uploaded_by"] for each in listed] == [subject]

    chunks = await people.service.rows("SELECT number FROM evidence_chunk ORDER BY number")
    assert [row["number"] for row in chunks] == [0, 1, 2]


@pytest.mark.parametrize(
    ("name", "content", "declared", "code"),
    [
        ("run.exe", b"MZ\x90\0", "application/octet-stream", "type_not_allowed"),
        ("run.pdf", b"MZ\x90\0", "application/pdf", "executable"),
        ("a.svg", b"<svg/>", "image/svg+xml", "type_not_allowed"),
        ("a.txt", b"<script>1</script>", "text/plain", "active_content"),
        ("a.png", png() + workbook(), "image/png", "hidden_content"),
        ("a.png", pdf(), "image/png", "content_mismatch"),
        ("a.png", png(), "application/pdf", "type_mismatch"),
        ("a.docx", document(x_DOT_xml=b"\0" * 20_000_000), "", "unfolds_too_far"),
        ("a.docx", document(word__vbaProject_DOT_bin=b"x"), "", "active_content"),
    ],
)
async def test_a_dangerous_file_is_refused_and_nothing_is_kept(
    people: People, name: str, content: bytes, declared: str, code: str
) -> None:
    async with people("ann") as ann:
        answer = await upload(ann, content, name, declared)

    assert answer.status_code == 422
    assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [("#/file", code)]
    assert await people.service.rows("SELECT 1 FROM evidence_content") == []


async def test_a_file_above_the_limit_is_refused_before_it_is_read(people: People) -> None:
    async with people("ann") as ann:
        answer = await upload(ann, b"x" * (8 * 1024 * 1024 + 1))
        larger = await upload(ann, b"x" * (9 * 1024 * 1024))

    assert (answer.status_code, larger.status_code) == (413, 413)
    assert larger.json()["type"] == "urn:see-platform:problem:payload-too-large"


async def test_a_name_can_neither_leave_its_folder_nor_forge_a_header(people: People) -> None:
    async with people("ann") as ann:
        told = (await upload(ann, b"86.05", '../../etc/a"\r\nSet-Cookie: x;.txt')).json()
        read = await ann.get(f"/v1/evidence/{told['id']}/content")

    assert "/" not in told["file"]["name"]
    assert "set-cookie" not in read.headers
    assert read.headers["content-disposition"].count('"') == 0


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({}, "file_or_link"),
        ({"link": "http://example.com/a"}, "url_scheme"),
        ({"link": "javascript:alert(1)"}, "url_scheme"),
        ({"link": "https://ann:secret@example.com"}, "link_with_password"),
        ({"link": "https://"}, "url_parsing"),
        ({"link": "https://example.com", "expires_on": "2026-06-29"}, "expires_before_date"),
        ({"link": "https://example.com", "dated_on": "yesterday"}, "date_from_datetime_parsing"),
        ({"link": "https://example.com", "periods": "06"}, "string_pattern_mismatch"),
        ({"link": "https://example.com", "unknown": "x"}, "extra_forbidden"),
        ({"link": "https://example.com", "title": "a\0b"}, "nul_character"),
    ],
)
async def test_evidence_that_says_nothing_sound_is_refused(
    people: People, said: dict[str, Any], code: str
) -> None:
    async with people("ann") as ann:
        answer = await ann.post("/v1/evidence", data={**DESCRIBED, **said})

    assert answer.status_code == 422
    assert [each["code"] for each in answer.json()["errors"]] == [code]


async def test_a_link_expires_at_the_end_of_its_last_day(people: People) -> None:
    said = {"link": "https://example.com/satisfaction", "periods": ["2025", "2026"]}
    async with people("ann") as ann:
        old = {**said, "dated_on": "2019-01-01", "expires_on": "2020-01-01"}
        expired = await ann.post("/v1/evidence", data={**DESCRIBED, **old})
        valid = await ann.post(
            "/v1/evidence", data={**DESCRIBED, **said, "expires_on": "2199-01-01"}
        )

    assert (expired.json()["expired"], valid.json()["expired"]) == (True, False)
    assert valid.json()["link"] == "https://example.com/satisfaction"
    assert valid.json()["periods"] == ["2025", "2026"]


async def test_evidence_changes_under_its_etag_and_by_its_bringer_alone(people: People) -> None:
    async with people("ann") as ann, people("bob") as bob:
        told = await upload(ann, b"86.05")
        path = f"/v1/evidence/{told.json()['id']}"
        tag = {"if-match": told.headers["etag"]}
        change = {"note": "audited", "expires_on": "2030-01-01"}

        assert (await ann.patch(path, json=change)).status_code == 428
        changed = await ann.patch(path, json=change, headers=tag)
        assert (await ann.patch(path, json=change, headers=tag)).status_code == 412
        assert (await bob.patch(path, json=change, headers=tag)).status_code == 404
        backwards = {"expires_on": "2000-01-01"}
        tag = {"if-match": changed.headers["etag"]}
        assert (await ann.patch(path, json=backwards, headers=tag)).status_code == 422
        assert (await ann.delete(path, headers=tag)).status_code == 204
        assert (await ann.get(path)).status_code == 404

    assert changed.json()["note"] == "audited"
    assert changed.json()["revision"] == 2


async def test_a_repeated_upload_under_one_key_happens_once(people: People) -> None:
    key = {"idempotency-key": "k1"}
    async with people("ann") as ann:
        ann.headers.update(key)
        first, again = await upload(ann, b"86.05"), await upload(ann, b"86.05")
        other = await upload(ann, b"80.26")

    assert first.json() == again.json()
    assert (again.status_code, other.status_code) == (201, 422)


async def test_a_viewer_brings_nothing_and_another_tenant_sees_nothing(people: People) -> None:
    async with people("ann") as ann, people("vic") as vic:
        told = (await upload(ann, b"86.05")).json()
        assert (await upload(vic, b"86.05")).status_code == 403
        assert (await vic.get(f"/v1/evidence/{told['id']}/content")).status_code == 404
    async with People(people.service, "rival")("ann") as rival:
        assert (await rival.get(f"/v1/evidence/{told['id']}")).status_code == 404


async def test_a_broken_form_is_a_malformed_body(people: People) -> None:
    async with people("ann") as ann:
        told = {"content-type": "multipart/form-data; boundary=x"}
        answer = await ann.post("/v1/evidence", content=b"--x\r\nnonsense", headers=told)
        json = await ann.post("/v1/evidence", json=DESCRIBED)

    assert answer.status_code in (400, 422)
    assert json.status_code == 415
    assert [each["code"] for each in json.json()["errors"]] == ["not_a_form"]
