"""Quick mode: eight direct ratings by managers, labelled as an opinion."""

from tests.services.assessment.assessors import ENABLERS, RESULTS, People

QUICK = {**dict.fromkeys(ENABLERS, 3), **dict.fromkeys(RESULTS, 2)}


async def test_eight_ratings_make_a_score_that_is_labelled_an_opinion(people: People) -> None:
    path = await people.opened("ann", mode="quick")
    sheet = (await people.rate("ann", path, QUICK)).json()
    async with people("ann") as ann, people("vic") as viewer:
        own = (await ann.get(f"{path}/score")).json()
        others = await viewer.get(f"{path}/score")

    assert (sheet["cells"], sheet["unrated"]) == ([*ENABLERS, *RESULTS], [])
    assert (own["basis"], own["mode"], own["total"]["exact"]) == ("own_ratings", "quick", "1/2")
    assert own["label"]["en"].startswith("Quick assessment: an opinion")
    assert others.status_code == 403


async def test_an_opinion_is_sealed_without_evidence(people: People) -> None:
    path = await people.in_consensus({"ann": QUICK}, mode="quick")
    decided = await people.decide(path, "leadership", 4)
    await people.finished(path, {item: QUICK[item] for item in QUICK if item != "leadership"})

    async with people("vic") as viewer:
        score = (await viewer.get(f"{path}/score")).json()
        verified = (await viewer.post(f"{path}/seal/verify")).json()
    assert decided.status_code == 200
    assert (score["basis"], score["coverage"]["rated"]) == ("decisions", 30)
    assert verified["valid"]


async def test_a_cell_below_is_not_rated_in_quick_mode(people: People) -> None:
    path = await people.opened("ann", mode="quick")
    async with people("ann") as ann:
        answer = await ann.patch(
            f"{path}/sheet",
            json={"ratings": {"leadership.deployed": {"rating": 2}}},
            headers={"if-match": "*"},
        )

    assert [each["code"] for each in answer.json()["errors"]] == ["not_a_cell"]
