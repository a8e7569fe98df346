"""Models that customers bring themselves: accepted whole, versioned by content, kept apart."""

import asyncio
import json
from collections.abc import AsyncIterator
from copy import deepcopy
from typing import Any

import httpx
import pytest
import yaml

from services.assessment.schemas.model_example import SMALL_MODEL
from tests.conftest import Provide, ServiceUnderTest
from tests.services.assessment.assessors import NEW

CODE = SMALL_MODEL["code"]
RATED = {"ratings": {"hours": 3, "answers": 2}}


@pytest.fixture
async def assessment(service: Provide) -> AsyncIterator[ServiceUnderTest]:
    async with service("assessment") as started:
        yield started


def changed(title: str, **more: Any) -> Any:
    return {**deepcopy(SMALL_MODEL), "title": {"zh": title, "en": title}, **more}


async def upload(client: httpx.AsyncClient, document: object) -> Any:
    answer = await client.post("/v1/models", json=document)
    assert answer.status_code in (200, 201), answer.text
    return answer.json()


async def test_a_model_may_come_as_the_file_of_a_form(assessment: ServiceUnderTest) -> None:
    client = assessment.client("demo", "lead_assessor")
    as_json, as_yaml = json.dumps(SMALL_MODEL).encode(), yaml.safe_dump(SMALL_MODEL).encode()

    answers = [
        await client.post("/v1/models", files={"file": file})
        for file in (
            ("desk.json", as_json),
            ("desk", as_json, "application/json"),
            ("desk.yaml", as_yaml, "application/octet-stream"),
        )
    ]
    other = await client.post("/v1/models", files={"model": ("desk.json", as_json)})
    broken = {"content-type": "multipart/form-data; boundary=x"}
    cut = await client.post("/v1/models", content=b"--x\r\nnonsense", headers=broken)

    assert [each.status_code for each in answers] == [201, 200, 200]
    assert {each.json()["code"] for each in answers} == {CODE}
    assert [(e["pointer"], e["code"]) for e in other.json()["errors"]] == [("#/file", "missing")]
    assert (other.status_code, cut.status_code) == (422, 422)


async def test_an_uploaded_model_is_listed_read_and_scored(assessment: ServiceUnderTest) -> None:
    client = assessment.client("demo", "lead_assessor")

    answer = await client.post("/v1/models", json=SMALL_MODEL)

    assert answer.status_code == 201
    assert answer.headers["location"] == f"/v1/models/{CODE}/versions/1"
    kept = answer.json()
    assert (kept["version"], kept["status"], kept["origin"]) == (1, "in_force", "uploaded")
    read = (await client.get(answer.headers["location"])).json()
    assert (read["hash"], read["root"]["children"][1]["weight"]) == (kept["hash"], 3)
    scored = (await client.post(f"/v1/models/{CODE}/scores", json=RATED)).json()
    assert scored["total"] == {
        "exact": "5/8",
        "value": 0.6,
        "points": 62.5,
        "index": 2.2,
        "attained": 2,
    }
    assert scored["model"] == {"code": CODE, "version": 1, "hash": kept["hash"]}
    listed = (await client.get("/v1/models")).json()["items"]
    assert kept in listed
    assert [each["code"] for each in listed] == sorted(each["code"] for each in listed)


async def test_yaml_and_json_of_one_content_are_one_version(assessment: ServiceUnderTest) -> None:
    client = assessment.client("demo", "lead_assessor")
    first = await upload(client, SMALL_MODEL)
    content = yaml.safe_dump(SMALL_MODEL, allow_unicode=True, sort_keys=True)

    again = await client.post(
        "/v1/models", content=content.encode(), headers={"content-type": "application/yaml"}
    )

    assert again.status_code == 200
    assert again.json() == first


async def test_other_content_under_a_code_is_the_next_version(
    assessment: ServiceUnderTest,
) -> None:
    client = assessment.client("demo", "lead_assessor")
    first = await upload(client, SMALL_MODEL)
    second = await upload(client, changed("second"))

    versions = (await client.get(f"/v1/models/{CODE}/versions")).json()["items"]
    old = await client.post(f"/v1/models/{CODE}/scores", json={**RATED, "version": 1})
    new = await client.post(f"/v1/models/{CODE}/scores", json=RATED)

    assert [(each["version"], each["status"]) for each in versions] == [
        (2, "in_force"),
        (1, "superseded"),
    ]
    assert second["hash"] != first["hash"]
    assert (await client.get(f"/v1/models/{CODE}/versions/1")).json()["hash"] == first["hash"]
    assert [each.json()["model"]["version"] for each in (old, new)] == [1, 2]
    assert (await upload(client, SMALL_MODEL))["version"] == 1


async def test_a_file_that_states_its_version_is_kept_under_it(
    assessment: ServiceUnderTest,
) -> None:
    client = assessment.client("demo", "lead_assessor")
    await upload(client, changed("first"))

    fifth = await client.post("/v1/models", json=changed("fifth", version=5))
    after = await upload(client, changed("after"))

    assert fifth.headers["location"] == f"/v1/models/{CODE}/versions/5"
    read = (await client.get(fifth.headers["location"])).json()
    assert (read["version"], read["hash"]) == (5, fifth.json()["hash"])
    assert after["version"] == 6
    assert (await upload(client, changed("fifth", version=5)))["version"] == 5


@pytest.mark.parametrize("stated", [1, 2])
async def test_other_content_takes_no_version_that_there_is_or_that_is_passed(
    assessment: ServiceUnderTest, stated: int
) -> None:
    client = assessment.client("demo", "lead_assessor")
    kept = await upload(client, changed("kept", version=2))

    refused = await client.post("/v1/models", json=changed("other", version=stated))

    assert refused.status_code == 409
    [error] = refused.json()["errors"]
    assert (error["pointer"], error["code"]) == ("#/version", "version_taken")
    assert (await client.get(f"/v1/models/{CODE}/versions")).json()["items"] == [kept]


@pytest.mark.parametrize("as_json", [True, False])
async def test_a_decimal_in_a_file_is_the_number_that_is_written(
    assessment: ServiceUnderTest, as_json: bool
) -> None:
    client = assessment.client("demo", "lead_assessor")
    document = changed("decimals")
    for item, weight in zip(document["root"]["items"], (0.1, 0.3), strict=True):
        item["weight"] = weight
    document["golden"][0]["expect"]["points"] = 62.5
    written = json.dumps(document) if as_json else yaml.safe_dump(document)
    kind = "application/json" if as_json else "application/yaml"

    kept = await client.post("/v1/models", content=written, headers={"content-type": kind})

    assert kept.status_code == 201, kept.text
    read = (await client.get(kept.headers["location"])).json()
    assert [item["weight"] for item in read["root"]["children"]] == [1, 3]


async def test_uploads_at_the_same_time_get_a_version_each(assessment: ServiceUnderTest) -> None:
    client = assessment.client("demo", "lead_assessor")

    answers = await asyncio.gather(
        *(upload(client, changed(f"title {number % 4}")) for number in range(8))
    )

    assert sorted({each["version"] for each in answers}) == [1, 2, 3, 4]
    assert len({each["hash"] for each in answers}) == 4


async def test_a_withdrawn_version_stays_readable_and_the_one_before_is_in_force(
    assessment: ServiceUnderTest,
) -> None:
    client = assessment.client("demo", "lead_assessor")
    await upload(client, SMALL_MODEL)
    await upload(client, changed("faulty"))
    withdraw = f"/v1/models/{CODE}/versions/2/withdraw"

    first = await client.post(withdraw, json={"reason": "weights"})
    again = await client.post(withdraw, json={"reason": "another reason"})

    assert first.status_code == 200
    assert first.json()["withdrawal"]["reason"] == "weights"
    assert again.json() == first.json()
    assert (await client.get(f"/v1/models/{CODE}")).json()["version"] == 1
    assert (await client.get(f"/v1/models/{CODE}/versions/2")).status_code == 200
    (listed,) = [
        each
        for each in (await client.get("/v1/models")).json()["items"]
        if each["origin"] == "uploaded"
    ]
    assert (listed["version"], listed["status"]) == (1, "in_force")


async def test_a_shipped_code_is_reserved_and_a_shipped_model_stays(
    assessment: ServiceUnderTest,
) -> None:
    client = assessment.client("demo", "lead_assessor")

    taken = await client.post("/v1/models", json=changed("mine", code="see-cmm"))
    withdrawn = await client.post(
        "/v1/models/see-cmm/versions/1/withdraw", json={"reason": "out of date"}
    )

    assert taken.status_code == 422
    assert [(e["pointer"], e["code"]) for e in taken.json()["errors"]] == [("#/code", "reserved")]
    assert withdrawn.status_code == 409


async def test_one_tenant_never_sees_the_models_of_another(assessment: ServiceUnderTest) -> None:
    await upload(assessment.client("demo", "lead_assessor"), SMALL_MODEL)
    rival = assessment.client("rival", "lead_assessor")

    assert (await rival.get(f"/v1/models/{CODE}")).status_code == 404
    assert (await rival.post(f"/v1/models/{CODE}/scores", json=RATED)).status_code == 404
    assert (await upload(rival, changed("theirs")))["version"] == 1


@pytest.mark.parametrize("role", ["viewer", "rater", "process_owner", "integration"])
async def test_only_a_lead_assessor_brings_or_withdraws_models(
    assessment: ServiceUnderTest, role: str
) -> None:
    client = assessment.client("demo", role)

    assert (await client.post("/v1/models", json=SMALL_MODEL)).status_code == 403
    withdrawn = await client.post(f"/v1/models/{CODE}/versions/1/withdraw", json={"reason": "x"})
    assert withdrawn.status_code == 403


async def test_every_fault_of_an_upload_is_listed_and_nothing_is_kept(
    assessment: ServiceUnderTest,
) -> None:
    client = assessment.client("demo", "lead_assessor")
    document: Any = changed("faulty")
    del document["title"]["zh"]
    document["root"]["items"][0]["weight"] = 0
    document["root"]["items"][1]["scale"] = "none"

    answer = await client.post("/v1/models", json=document)

    assert answer.status_code == 422
    assert {(each["pointer"], each["code"]) for each in answer.json()["errors"]} == {
        ("#/title/zh", "text_missing"),
        ("#/root/items/0/weight", "weight"),
        ("#/root/items/1/scale", "unknown_reference"),
    }
    assert (await client.get(f"/v1/models/{CODE}")).status_code == 404


async def test_golden_examples_that_do_not_reproduce_are_refused(
    assessment: ServiceUnderTest,
) -> None:
    document: Any = changed("golden")
    document["golden"][0]["expect"]["total"] = "1/2"

    answer = await assessment.client("demo", "lead_assessor").post("/v1/models", json=document)

    assert answer.status_code == 422
    assert [(each["pointer"], each["code"]) for each in answer.json()["errors"]] == [
        ("#/golden/0/expect/total", "golden_differs")
    ]


@pytest.mark.parametrize(
    ("content", "media_type", "status", "code"),
    [
        (b"{", "application/json", 400, "not_json"),
        (b'{"code": 1, "code": 2}', "application/json", 400, "not_json"),
        (b"[" * 100_000, "application/json", 422, "too_deep"),
        (b"\xff\xfe", "application/json", 400, "not_json"),
        (b"a: [1", "application/yaml", 400, "not_yaml"),
        (b"a: &x [1]\nb: [*x, *x]", "text/yaml", 422, "alias"),
        (b"[" * 100_000, "application/x-yaml", 422, "too_deep"),
        (b"a: !!python/object/apply:os.getcwd []", "application/yaml", 400, "not_yaml"),
        (b"a: 1", "text/plain", 415, "not_a_model_file"),
        (b'{"code": "a\\u0000"}', "application/json", 422, "wrong_value"),
        (b"", "application/json", 400, "not_json"),
    ],
)
async def test_a_hostile_upload_is_refused_by_name(
    assessment: ServiceUnderTest, content: bytes, media_type: str, status: int, code: str
) -> None:
    answer = await assessment.client("demo", "lead_assessor").post(
        "/v1/models", content=content, headers={"content-type": media_type}
    )

    assert answer.status_code == status, answer.text
    assert code in {each["code"] for each in answer.json()["errors"]}


async def test_an_upload_repeated_with_its_key_is_answered_the_same(
    assessment: ServiceUnderTest,
) -> None:
    client = assessment.client("demo", "lead_assessor")
    headers = {"idempotency-key": "k1", "content-type": "application/json"}
    content = json.dumps(SMALL_MODEL).encode()

    first, again = [
        await client.post("/v1/models", content=content, headers=headers) for _ in range(2)
    ]

    assert (again.status_code, again.content) == (201, first.content)


async def test_models_are_listed_page_by_page(assessment: ServiceUnderTest) -> None:
    client = assessment.client("demo", "lead_assessor")
    for code in ("a-first", "z-last"):
        await upload(client, changed(code, code=code))
    whole = [each["code"] for each in (await client.get("/v1/models")).json()["items"]]

    seen: list[str] = []
    cursor = ""
    while cursor is not None:
        query = {"limit": "1", **({"cursor": cursor} if cursor else {})}
        page = (await client.get("/v1/models", params=query)).json()
        seen += [each["code"] for each in page["items"]]
        cursor = page["next_cursor"]

    assert seen == whole
    assert {"a-first", "see-cmm", "z-last"} <= set(seen)


async def test_a_models_file_comes_back_as_the_same_content(assessment: ServiceUnderTest) -> None:
    client = assessment.client("demo", "lead_assessor")
    kept = await upload(client, SMALL_MODEL)
    headers = {"content-type": "application/yaml"}

    own = await client.get(f"/v1/models/{CODE}/versions/1/file")
    again = await client.post("/v1/models", content=own.content, headers=headers)
    shipped = (await client.get("/v1/models/see-cmm/versions/1/file")).text
    derived = await client.post(
        "/v1/models",
        content=shipped.replace("code: see-cmm\n", "code: our-cmm\n").encode(),
        headers=headers,
    )

    assert own.headers["content-type"].startswith("application/yaml")
    assert (again.status_code, again.json()) == (200, kept)
    assert (derived.status_code, derived.json()["code"]) == (201, "our-cmm")
    assert (await client.get(f"/v1/models/{CODE}/versions/9/file")).status_code == 404


async def test_nothing_new_is_rated_against_a_withdrawn_version(
    assessment: ServiceUnderTest,
) -> None:
    client = assessment.client("demo", "lead_assessor")
    await upload(client, SMALL_MODEL)
    model = {"code": CODE, "version": 1}
    before = await client.post("/v1/assessments", json={**NEW, "model": model})
    await client.post(f"/v1/models/{CODE}/versions/1/withdraw", json={"reason": "never agreed"})

    after = await client.post("/v1/assessments", json={**NEW, "model": model})

    assert before.status_code == 201
    assert after.status_code == 409
    assert "never agreed" in after.json()["detail"]
    begun = await client.get(f"/v1/assessments/{before.json()['id']}")
    assert begun.json()["model"]["version"] == 1
