"""Awards through the API: application, declared conflicts, scores, decision, certificate."""

import asyncio
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from services.assessment.domain.canonical import digest
from tests.services.assessment.assessors import ENABLERS, RESULTS, People, everything

SCORE = {"points": 600, "recommendation": "grant", "remarks": "strong"}
VALID = {"valid_from": "2020-01-01T00:00:00+08:00", "valid_until": "2199-01-01T00:00:00+08:00"}
GRANTED = {"decision": "granted", "rationale": "they recommend it"}
CLEAR, TORN = {"conflicted": False}, {"conflicted": True, "conflict": "I advised them"}


async def act(
    people: People, subject: str, path: str, body: Any = None, method: str = "POST"
) -> httpx.Response:
    """Act on an award, or on a certificate, with its current ETag."""
    async with people(subject, "lead_assessor" if subject in ("jo", "lea") else "rater") as caller:
        home = "/".join(path.split("/")[:4])
        tag = (await caller.get(home)).headers.get("etag", '"0"')
        return await caller.request(method, path, json=body, headers={"if-match": tag})


async def applied(
    people: People, level: int = 3, programme: str = "excellence-2026"
) -> tuple[str, str]:
    """The paths of a sealed assessment and of its application."""
    path = await people.sealed(everything(level))
    body = {
        "assessment": path.rpartition("/")[2],
        "programme": programme,
        "statement": "We apply.",
    }
    async with people("lea") as lead:
        answer = await lead.post("/v1/awards", json=body)
    assert answer.status_code == 201, answer.text
    return path, f"/v1/awards/{answer.json()['id']}"


async def examined(people: People, programme: str = "excellence-2026", **declared: Any) -> str:
    """The path of an award whose examiners have declared themselves and may score."""
    _, award = await applied(people, programme=programme)
    for subject, said in declared.items():
        assert (await act(people, "jo", f"{award}/examiners", {"subject": subject})).is_success
        assert (await act(people, subject, f"{award}/declaration", said, "PUT")).is_success
    opened = await act(people, "jo", f"{award}/open-examination")
    assert opened.status_code == 200, opened.text
    return award


async def test_a_sealed_assessment_is_awarded_and_certified(people: People) -> None:
    award = await examined(people, kim=CLEAR, lou=CLEAR, max=TORN)
    first = await act(people, "kim", f"{award}/score", SCORE, "PUT")
    early = await act(people, "jo", f"{award}/decision", GRANTED)
    async with people("lou") as lou:
        seen = {each["subject"]: each for each in (await lou.get(award)).json()["examiners"]}
    await act(people, "lou", f"{award}/score", {**SCORE, "points": 701}, "PUT")
    decided = await act(people, "jo", f"{award}/decision", GRANTED)
    issued = await act(people, "jo", f"{award}/certificate", VALID)
    number = issued.json()["number"]
    async with people("vic") as viewer:
        certificate = (await viewer.get(f"/v1/certificates/{number}")).json()
        kept = (await viewer.get(award)).json()

    assert first.json()["examiners"][0]["points"] == 600
    assert early.json()["detail"] == "Not scored yet: lou."
    assert seen["kim"]["points"] is None
    assert (decided.json()["status"], decided.json()["points"]) == ("granted", 650.5)
    assert (kept["status"], kept["certificate"]) == ("certified", number)
    assert (certificate["status"], certificate["verified"]) == ("valid", True)
    assert certificate["content"]["total"] == "2/3"
    assert certificate["hash"] == digest(certificate["content"])
    (event,) = await people.service.rows(
        "SELECT body FROM outbox WHERE subject LIKE '%certificate_issued%'"
    )
    assert number in event["body"]


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "zh",
            ("<title>证书 SEE-", "组织单元 service-desk", "666.6667 / 1000", "3.0000", "● 有效",
             "达到的水平</th><td>3 客户为上", "自2020年1月1日起，至2199年1月1日前"),
        ),
        ("en", ("<title>Certificate SEE-", "from 2020-01-01 to before 2199-01-01", "● Valid",
                "Attained level</th><td>3 Customer first")),
    ],
)  # fmt: skip
async def test_a_certificate_is_a_page_to_print(
    people: People, language: str, said: tuple[str, ...]
) -> None:
    """What people wrote into it is text, whatever it looks like; once withdrawn, it says so."""
    award = await examined(people, programme="<b>卓越</b> & more", kim=CLEAR)
    await act(people, "kim", f"{award}/score", SCORE, "PUT")
    await act(people, "jo", f"{award}/decision", GRANTED)
    number = (await act(people, "jo", f"{award}/certificate", VALID)).json()["number"]
    path, asked = f"/v1/certificates/{number}", {"language": language}
    async with people("vic") as viewer:
        page = await viewer.get(f"{path}/page", params=asked)
        await act(people, "jo", f"{path}/withdraw", {"reason": "<i>wrong</i> figures"})
        after = await viewer.get(f"{path}/page", params=asked)

    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert all(each in page.text for each in (*said, number, "&lt;b&gt;卓越&lt;/b&gt; &amp; more"))
    assert "<b>" not in page.text
    assert "&lt;i&gt;wrong&lt;/i&gt; figures" in after.text
    assert "✕" in after.text


async def test_a_conflicted_examiner_can_neither_score_nor_decide(people: People) -> None:
    award = await examined(people, kim=CLEAR, jo=TORN)
    await act(people, "kim", f"{award}/score", SCORE, "PUT")

    scored = await act(people, "jo", f"{award}/score", SCORE, "PUT")
    decided = await act(people, "jo", f"{award}/decision", GRANTED)
    led = await act(people, "lea", f"{award}/decision", GRANTED)
    late = await act(people, "kim", f"{award}/declaration", TORN, "PUT")

    assert {scored.status_code, decided.status_code, led.status_code} == {403}
    assert late.json()["examiners"][1]["points"] is None
    with pytest.raises(DBAPIError, match="check"):
        async with people.service.store.transaction("demo") as session:
            await session.execute(text("UPDATE award_examiner SET points = 1 WHERE conflicted"))


async def test_examination_waits_for_declarations_and_for_someone_without_a_conflict(
    people: People,
) -> None:
    _, award = await applied(people)
    await act(people, "jo", f"{award}/examiners", {"subject": "kim"})
    rater = await act(people, "jo", f"{award}/examiners", {"subject": "ann"})
    silent = await act(people, "jo", f"{award}/open-examination")
    bare = await act(people, "kim", f"{award}/declaration", {"conflicted": True}, "PUT")
    await act(people, "kim", f"{award}/declaration", TORN, "PUT")
    nobody = await act(people, "jo", f"{award}/open-examination")

    assert [each["code"] for each in rater.json()["errors"]] == ["took_part"]
    assert silent.json()["detail"] == "Not declared themselves yet: kim."
    assert bare.status_code == 422
    assert nobody.status_code == 409


async def test_only_what_is_sealed_and_rests_on_evidence_applies_and_only_once(
    people: People,
) -> None:
    path, _ = await applied(people)
    open_one = await people.drafted()
    opinion = await people.sealed(dict.fromkeys([*ENABLERS, *RESULTS], 2), mode="quick")
    codes = {}
    async with people("lea") as lead:
        for name, applicant in (("again", path), ("open", open_one), ("quick", opinion)):
            body = {"assessment": applicant.rpartition("/")[2], "programme": "excellence-2026"}
            answer = await lead.post("/v1/awards", json={**body, "statement": "x"})
            codes[name] = answer.status_code
        body = {"assessment": "asm_none", "programme": "p", "statement": "x"}
        unknown = await lead.post("/v1/awards", json=body)

    assert codes == {"again": 409, "open": 409, "quick": 422}
    assert [each["pointer"] for each in unknown.json()["errors"]] == ["#/assessment"]


async def test_a_certificate_is_withdrawn_once_and_never_changed(people: People) -> None:
    award = await examined(people, kim=CLEAR)
    await act(people, "kim", f"{award}/score", SCORE, "PUT")
    await act(people, "jo", f"{award}/decision", GRANTED)
    issues = await asyncio.gather(
        *(act(people, "jo", f"{award}/certificate", VALID) for _ in range(2))
    )
    number = next(each.json()["number"] for each in issues if each.status_code == 201)
    here = f"/v1/certificates/{number}"
    with pytest.raises(DBAPIError, match="kept as it was"):
        async with people.service.store.transaction("demo") as session:
            await session.execute(text("UPDATE certificate SET valid_until = now()"))
    first = await act(people, "jo", f"{here}/withdraw", {"reason": "corrected"})
    again = await act(people, "jo", f"{here}/withdraw", {"reason": "corrected"})

    assert sum(each.status_code == 201 for each in issues) == 1
    assert (first.json()["status"], first.json()["withdrawal_reason"]) == ("withdrawn", "corrected")
    assert again.status_code == 409
