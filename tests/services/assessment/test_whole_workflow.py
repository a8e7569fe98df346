"""From an invitation to a certificate in one run, every number recomputed from what was rated."""

import json
from datetime import datetime
from fractions import Fraction
from io import BytesIO
from itertools import combinations
from typing import Any

import krippendorff
import numpy as np
from openpyxl import load_workbook

from services.assessment.operations.reminders import remind_raters
from tests.services.assessment.assessors import CELLS, ENABLERS, RESULTS, People, everything
from tests.services.assessment.bringing import attach, brought
from tests.services.assessment.test_awards import CLEAR, GRANTED, SCORE, TORN, VALID, act
from tests.services.assessment.test_rating_sheets import downloaded, filled, uploaded

DISPUTED, ABSENT, RAISED = (
    *("leadership.deployed", "business_impact.comparison"),
    "customer_channel_experience.trend",
)
NONE = {"na": "nobody to compare with"}
SHEETS: dict[str, dict[str, Any]] = {
    "ann": {**everything(2), DISPUTED: 1},
    "fay": {**everything(2), "policy_strategy.deployed": 3},
    "cai": {**everything(3), DISPUTED: 2, ABSENT: NONE},
    "dee": {**everything(3), RAISED: 2},
    "eva": {**everything(2), DISPUTED: 4, "business_impact.cause": 1},
}
DECIDED: dict[str, Any] = {**everything(2), DISPUTED: 3, ABSENT: NONE, RAISED: 4}
DEADLINE = "2190-06-30T18:00:00+00:00"


async def test_an_invitation_becomes_a_certificate(people: People) -> None:
    """Five raters: one off line, one a delegate, one who finds a cell not applicable, one late."""
    campaign, path = await invited(people)
    await rated(people, campaign, path)
    await deadline_passes(people, campaign, path)
    await agreed(people, path)
    await decided(people, path)
    await sealed(people, path, DECIDED)
    corrected = await unsealed(people, path)
    await certified(people, corrected, total_of({**DECIDED, DISPUTED: 2}))


async def invited(people: People) -> tuple[str, str]:
    """The campaign, and the assessment of its unit, pinned to the model as it is read."""
    unit = {"kind": "organisation_unit", "code": "desk", "raters": ["ann", "bob", "cai"]}
    body = {
        "title": "2026",
        "model": {"code": "see-cmm"},
        "period": "2026",
        "deadline": DEADLINE,
        "raters": ["dee", "eva"],
        "reviewer": "rex",
        "units": [unit],
    }
    async with people("lea") as lea:
        model = (await lea.get("/v1/models/see-cmm")).json()
        created = await lea.post("/v1/campaigns", json=body)
        campaign = f"/v1/campaigns/{created.json()['id']}"
        (row,) = (await lea.get(f"{campaign}/progress")).json()["items"]
        path = f"/v1/assessments/{row['assessment']}"
        drafted = (await lea.get(path)).json()

    assert created.status_code == 201, created.text
    assert drafted["model"]["hash"] == model["hash"]
    assert (drafted["status"], drafted["lead"], row["status"]) == ("rating", "lea", "rating")
    assert [each["subject"] for each in row["raters"]] == ["ann", "bob", "cai", "dee", "eva"]
    return campaign, path


async def rated(people: People, campaign: str, path: str) -> None:
    """Bob passes his invitation on to Fay, Ann rates in Excel, and all but Eva submit."""
    async with people("bob") as bob:
        tag = (await bob.get(path)).headers["etag"]
        place = f"{campaign}{path.removeprefix('/v1')}/raters/bob/delegate"
        passed = await bob.post(place, json={"to": "fay"}, headers={"if-match": tag})
    assert passed.status_code == 204, passed.text

    def fill(book: Any) -> None:
        for row, cell in enumerate(CELLS, start=2):
            book["Ratings"][f"D{row}"] = SHEETS["ann"][cell]

    workbook = filled(await downloaded(people, path), fill)
    assert load_workbook(BytesIO(workbook))["Ratings"]["D3"].value == SHEETS["ann"][CELLS[1]]
    sheet = (await uploaded(people, path, workbook)).json()
    assert {each["cell"]: each["rating"] for each in sheet["ratings"]} == SHEETS["ann"]
    for rater in ("fay", "cai", "dee"):
        await people.rate(rater, path, SHEETS[rater])
    for rater in ("ann", "fay", "cai", "dee"):
        await people.submit(rater, path)


async def deadline_passes(people: People, campaign: str, path: str) -> None:
    """Eva alone is reminded and waited for; the lead sees no rating and gives her a week."""
    while await remind_raters(people.service.store, datetime.fromisoformat(DEADLINE)):
        pass
    rows = await people.service.rows(
        "SELECT body FROM outbox WHERE subject LIKE '%raters_reminded%'"
    )
    assert {json.loads(row["body"])["raters"][0] for row in rows} == {"eva"}
    async with people("lea") as lea:
        (unit,) = (await lea.get(f"{campaign}/progress")).json()["items"]
        ratings = (await lea.get(f"{path}/ratings")).json()["items"]
        waits = await people.attempt("lea", f"{path}/open-consensus")
        later = {"deadline": "2190-07-07T18:00:00+00:00"}
        moved = await lea.patch(campaign, json=later, headers={"if-match": '"1"'})
    late = [each["subject"] for each in unit["raters"] if not each["submitted"]]
    assert (late, ratings, moved.status_code) == (["eva"], [], 200)
    assert (waits.status_code, "eva" in waits.json()["detail"]) == (409, True)
    await people.rate("eva", path, SHEETS["eva"])
    await people.submit("eva", path)
    assert (await people.step("lea", f"{path}/open-consensus"))["status"] == "consensus"


async def agreed(people: People, path: str) -> None:
    """Agreement before consensus, against a second implementation of Krippendorff's alpha."""
    table = [
        [value if isinstance(value := told[c], int) else None for c in CELLS]
        for told in (SHEETS[rater] for rater in sorted(SHEETS))
    ]
    async with people("vic") as vic:
        told = (await vic.get(f"{path}/agreement", params={"seed": 7})).json()
    known = np.array(table, dtype=float)
    alpha = krippendorff.alpha(reliability_data=known, level_of_measurement="ordinal")
    pairs = [
        first == second
        for column in zip(*table, strict=True)
        for first, second in combinations([each for each in column if each is not None], 2)
    ]

    assert told["alpha"] == round(alpha, 4)
    assert told["percent_agreement"]["exact"] == str(Fraction(sum(pairs), len(pairs)))
    assert told["interval"]["low"] <= told["alpha"] <= told["interval"]["high"]
    assert (told["interval"]["confidence"], told["interval"]["seed"]) == (0.95, 7)


async def decided(people: People, path: str) -> None:
    """What is disputed is discussed, N/A approved; a level nobody gave rests on new evidence."""
    async with people("lea") as lea:
        cells = (await lea.get(f"{path}/decisions")).json()["items"]
        disputes = {c for c in CELLS if disputed([SHEETS[rater][c] for rater in SHEETS])}
        assert {each["cell"] for each in cells if each["must_be_discussed"]} == disputes
        early = [await people.decide(path, cell, DECIDED[cell]) for cell in (DISPUTED, RAISED)]
        for cell in disputes:
            said = await lea.post(f"{path}/decisions/{cell}/notes", json={"text": "we looked"})
            assert said.status_code == 201, said.text
    unapproved = await people.decide(path, ABSENT, NONE)
    ruled = await people.rule(path, "cai", ABSENT)
    evidence = await brought(people, "dee", b"the survey of June")
    await attach(people, "dee", path, evidence, RAISED)
    raised = await people.decide(path, RAISED, 4, evidence=[evidence])
    await people.decided(path, {cell: DECIDED[cell] for cell in CELLS if cell != RAISED})

    assert [each.status_code for each in (*early, unapproved)] == [409, 409, 409]
    assert (ruled.json()["na_ruling"], ruled.json()["na_ruled_by"]) == ("approved", "lea")
    assert raised.json()["decision"]["evidence"] == [evidence]


async def sealed(people: People, path: str, decisions: dict[str, Any]) -> str:
    """Reviewed, sealed and verified; the score is what the decisions come to. Returns the hash."""
    await people.step("lea", f"{path}/open-review")
    await people.step("rex", f"{path}/confirm")
    await people.step("lea", f"{path}/seal")
    async with people("vic") as vic:
        score = (await vic.get(f"{path}/score")).json()
        seal = (await vic.get(f"{path}/seal")).json()
        verified = (await vic.post(f"{path}/seal/verify")).json()
        about = path.rpartition("/")[2]
        trail = (await vic.get(f"/v1/audit-trails/{about}/verification")).json()
    total = total_of(decisions)

    assert score["total"] == {
        "exact": str(total),
        "value": float(round(total, 4)),
        "points": float(round(1000 * total, 4)),
        "index": float(round(1 + 3 * total, 4)),
        "attained": min(level for level in decisions.values() if isinstance(level, int)),
    }
    assert len(seal["commitments"]) == 2 + 5 * len(CELLS) + len(CELLS)
    assert (verified["valid"], verified["recomputed"], trail["valid"]) == (True, seal["hash"], True)
    return str(seal["hash"])


async def unsealed(people: People, path: str) -> str:
    """The path of a corrected version; the first stays sealed as it was."""
    async with people("vic") as vic:
        before = (await vic.get(f"{path}/seal")).json()["hash"]
    new = await people.step("lea", f"{path}/unseal", {"reason": "one branch was counted twice"})
    corrected = f"/v1/assessments/{new['id']}"
    assert (await people.decide(corrected, DISPUTED, 2)).status_code == 200
    after = await sealed(people, corrected, {**DECIDED, DISPUTED: 2})
    async with people("vic") as vic:
        old = (await vic.post(f"{path}/seal/verify")).json()

    assert (new["version"], new["previous"]) == (2, path.rpartition("/")[2])
    assert (old["valid"], old["hash"] == before, after == before) == (True, True, False)
    return corrected


async def certified(people: People, path: str, total: Fraction) -> None:
    """Kim examines, Max has a conflict, Jo runs the award and had no part in the assessment."""
    about = path.rpartition("/")[2]
    body = {"assessment": about, "programme": "excellence-2026", "statement": "We apply."}
    async with people("lea") as lea:
        award = f"/v1/awards/{(await lea.post('/v1/awards', json=body)).json()['id']}"
    own = await act(people, "lea", f"{award}/examiners", {"subject": "kim"})
    for examiner, said in (("kim", CLEAR), ("max", TORN)):
        assert (await act(people, "jo", f"{award}/examiners", {"subject": examiner})).is_success
        assert (await act(people, examiner, f"{award}/declaration", said, "PUT")).is_success
    assert (await act(people, "jo", f"{award}/open-examination")).is_success
    torn = await act(people, "max", f"{award}/score", SCORE, "PUT")
    assert (await act(people, "kim", f"{award}/score", SCORE, "PUT")).is_success
    granted = await act(people, "jo", f"{award}/decision", GRANTED)
    issued = (await act(people, "jo", f"{award}/certificate", VALID)).json()
    async with people("vic") as vic:
        shown = (await vic.get(f"/v1/certificates/{issued['number']}")).json()
        seal = (await vic.get(f"{path}/seal")).json()

    assert (own.status_code, torn.status_code) == (403, 403)
    assert (granted.json()["status"], granted.json()["points"]) == ("granted", SCORE["points"])
    assert (shown["status"], shown["verified"]) == ("valid", True)
    assert (shown["content"]["total"], shown["content"]["seal"]) == (str(total), seal["hash"])


def total_of(decisions: dict[str, Any]) -> Fraction:
    """(E + R) / 2 of means of means; a cell that is not applicable leaves its criterion's mean."""

    def mean(values: list[Fraction]) -> Fraction:
        return sum(values, Fraction(0)) / len(values)

    def criterion(name: str) -> Fraction:
        levels = [told for cell, told in decisions.items() if cell.startswith(f"{name}.")]
        return mean([Fraction(level - 1, 3) for level in levels if isinstance(level, int)])

    return mean([mean([criterion(name) for name in block]) for block in (ENABLERS, RESULTS)])


def disputed(ratings: list[Any]) -> bool:
    """Two levels apart or more, or not applicable to some of the raters only."""
    levels = [each for each in ratings if isinstance(each, int)]
    return 0 < len(levels) < len(ratings) or max(levels) - min(levels) >= 2
