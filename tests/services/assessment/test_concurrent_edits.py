"""Edits at the same moment: one of two that rest on the same state wins, and nothing is lost."""

import asyncio
from typing import Any

import httpx

from services.assessment.schemas.model_example import SMALL_MODEL
from tests.services.assessment.assessors import CELLS, People, everything
from tests.services.assessment.test_leads import GRID

ROUNDS = 6
CELL = "leadership.deployed"


async def at_once(*requests: Any) -> list[httpx.Response]:
    return list(await asyncio.gather(*requests))


def codes(answers: list[httpx.Response]) -> list[int]:
    return sorted(answer.status_code for answer in answers)


async def test_a_rater_on_two_devices_loses_no_rating(people: People) -> None:
    path = await people.opened("ann")
    async with people("ann") as ann:
        for turn in range(ROUNDS):
            tag = (await ann.get(f"{path}/sheet")).headers["etag"]
            cells = (CELLS[2 * turn], CELLS[2 * turn + 1])
            answers = await at_once(
                *(
                    ann.patch(
                        f"{path}/sheet",
                        json={"ratings": {cell: {"rating": 3}}},
                        headers={"if-match": tag},
                    )
                    for cell in cells
                )
            )
            kept = {each["cell"] for each in (await ann.get(f"{path}/sheet")).json()["ratings"]}
            won = [c for c, each in zip(cells, answers, strict=True) if each.status_code == 200]
            assert codes(answers) == [200, 412]
            assert kept & set(cells) == set(won)


async def test_raters_do_not_wait_for_one_anothers_etag(people: People) -> None:
    raters = ("ann", "bob", "cai", "dee", "eva")
    path = await people.opened(*raters)

    await at_once(*(people.rate(rater, path, everything(2)) for rater in raters))
    await at_once(*(people.submit(rater, path) for rater in raters))
    await people.step("lea", f"{path}/open-consensus")

    async with people("vic") as viewer:
        cell = (await viewer.get(f"{path}/decisions/{CELL}")).json()
    assert [each["rater"] for each in cell["ratings"]] == list(raters)


async def test_two_leads_do_not_overwrite_each_other(people: People) -> None:
    path = await people.drafted(co_leads=["lou"])
    async with people("lea") as lea, people("lou") as lou:
        for turn in range(ROUNDS):
            tag = (await lea.get(path)).headers["etag"]
            answers = await at_once(
                *(
                    lead.patch(path, json={"title": f"{turn} {n}"}, headers={"if-match": tag})
                    for n, lead in enumerate((lea, lou))
                )
            )
            (won,) = [each.json()["title"] for each in answers if each.status_code == 200]
            assert codes(answers) == [200, 412]
            assert (await lou.get(path)).json()["title"] == won


async def test_of_two_decisions_on_a_cell_one_is_made(people: People) -> None:
    path = await people.in_consensus({"ann": everything(2), "bob": everything(3)}, co_leads=["lou"])
    async with people("lea") as lea, people("lou") as lou:
        for cell in CELLS[:ROUNDS]:
            here = f"{path}/decisions/{cell}"
            answers = await at_once(
                *(
                    lead.put(
                        here,
                        json={"rating": level, "rationale": "why"},
                        headers={"if-match": '"0"'},
                    )
                    for lead, level in ((lea, 2), (lou, 3))
                )
            )
            (won,) = [each.json()["decision"] for each in answers if each.status_code == 200]
            assert codes(answers) == [200, 412]
            assert (await lea.get(here)).json()["decision"] == won


async def test_a_decision_is_in_the_review_or_refused(people: People) -> None:
    """The reviewer, the decision and the seal race; what is sealed is what verifies."""
    path = await people.in_consensus({"ann": everything(2), "bob": everything(3)})
    await people.decided(path, everything(2))
    async with people("lea") as lea, people("rex") as rex:
        tag = (await lea.get(path)).headers["etag"]
        change = {"rating": 3, "rationale": "on second thoughts"}
        opened, decided = await at_once(
            lea.post(f"{path}/open-review", headers={"if-match": tag}),
            lea.put(f"{path}/decisions/{CELL}", json=change, headers={"if-match": '"1"'}),
        )
        kept = (await lea.get(f"{path}/decisions/{CELL}")).json()["decision"]["rating"]
        await people.step("rex", f"{path}/confirm")
        tag = (await lea.get(path)).headers["etag"]
        ends = await at_once(
            lea.post(f"{path}/seal", headers={"if-match": tag}),
            rex.post(f"{path}/return", json={"reason": "no"}, headers={"if-match": tag}),
            lea.put(f"{path}/decisions/{CELL}", json=change, headers={"if-match": "*"}),
        )
        status = (await lea.get(path)).json()["status"]
        if status == "consensus":
            await people.step("lea", f"{path}/open-review")
            await people.step("rex", f"{path}/confirm")
            await people.step("lea", f"{path}/seal")
        verified = (await lea.post(f"{path}/seal/verify")).json()

    assert opened.status_code == 200
    assert (decided.status_code, kept) in ((200, 3), (409, 2))
    assert sorted(each.status_code for each in ends[:2]) == [200, 412]
    assert ends[2].status_code == (200 if status == "consensus" else 409) or status == "consensus"
    assert verified["valid"]


async def test_what_is_submitted_does_not_change_at_the_same_moment(people: People) -> None:
    path = await people.opened("ann")
    await people.rate("ann", path, everything(2))
    async with people("ann") as ann:
        tag = (await ann.get(f"{path}/sheet")).headers["etag"]
        change = {"ratings": {CELL: None}}
        answers = await at_once(
            ann.post(f"{path}/sheet/submit", headers={"if-match": tag}),
            ann.patch(f"{path}/sheet", json=change, headers={"if-match": tag}),
        )
        sheet = (await ann.get(f"{path}/sheet")).json()

    assert codes(answers) == [200, 412]
    assert sheet["submitted"] == (sheet["unrated"] == [])


async def test_a_sealed_assessment_gets_one_new_version(people: People) -> None:
    path = await people.sealed(everything(2))

    answers = await at_once(
        *(people.attempt("lea", f"{path}/unseal", {"reason": "wrong"}) for _ in range(3))
    )

    assert codes(answers) == [201, 409, 409]


async def test_of_two_rulings_and_of_two_edits_of_a_campaign_one_is_made(people: People) -> None:
    sheet = {"hours": 2, "answers": {"na": "no hotline"}}
    async with people("lea") as lea:
        await lea.post("/v1/models", json=SMALL_MODEL)
        path = await people.in_consensus({"ann": sheet}, model={"code": SMALL_MODEL["code"]})
        here = f"{path}/ratings/ann/answers"
        tag = {"if-match": (await lea.get(here)).headers["etag"]}
        rulings = await at_once(
            *(
                lea.post(f"{here}/ruling", json={"approved": told}, headers=tag)
                for told in (True, False)
            )
        )
        campaign = f"/v1/campaigns/{(await lea.post('/v1/campaigns', json=GRID)).json()['id']}"
        edits = await at_once(
            *(
                lea.patch(campaign, json={"title": title}, headers={"if-match": '"1"'})
                for title in ("a", "b")
            )
        )
        kept = (
            (await lea.get(here)).json()["na_ruling"],
            (await lea.get(campaign)).json()["title"],
        )

    assert codes(rulings) == codes(edits) == [200, 412]
    won = [each.json() for each in (*rulings, *edits) if each.status_code == 200]
    assert kept == (won[0]["na_ruling"], won[1]["title"])
