"""What evidence does to a result: it warns, it opens the raters' range, it is bound by the seal."""

from typing import Any

from tests.services.assessment.assessors import People, everything
from tests.services.assessment.bringing import attach, brought
from tests.services.assessment.test_claims_api import PRINTED, arrives

TREND = "customer_channel_experience.trend"
COMPARISON = "customer_channel_experience.comparison"
CAUSE = "business_impact.cause"
UNPROVEN = {"trend_without_periods", "comparison_without_comparator", "cause_without_enabler"}


async def warned(people: People, path: str) -> dict[str, set[str]]:
    """The cells under each warning of the caller's own score."""
    async with people("ann") as ann:
        answer = await ann.get(f"{path}/score")
    found: dict[str, set[str]] = {}
    for each in answer.json()["warnings"]:
        found.setdefault(each["code"], set()).add(each["item"])
    return found


async def test_ratings_that_no_evidence_proves_are_warned_of_until_it_does(
    people: People,
) -> None:
    path = await people.opened("ann")
    await people.rate("ann", path, everything(3))
    before = await warned(people, path)
    score = await _total(people, path)
    own = await brought(people, "ann")
    async with people("ann") as ann:
        peer = {"trend": "rises", "comparators": [{"name": "peer", "value": "80"}]}
        body = {"claim": peer, "printed": PRINTED, "order": "uncertain"}
        await ann.put(f"/v1/evidence/{own}/claim", json=body, headers={"if-match": '"1"'})
    await attach(people, "ann", path, own, TREND)
    await attach(people, "ann", path, own, COMPARISON)
    await attach(people, "ann", path, own, CAUSE, enablers=["leadership"])

    after = await warned(people, path)

    assert set(before) == UNPROVEN
    assert all(len(cells) == 3 for cells in before.values())
    proven = {TREND, COMPARISON, CAUSE}
    assert set().union(*before.values()) - set().union(*after.values()) == proven
    assert await _total(people, path) == score


async def test_expired_evidence_no_longer_silences_a_warning(people: People) -> None:
    path = await people.opened("ann")
    await people.rate("ann", path, everything(3))
    years = ["2017", "2018", "2019"]
    old = await brought(
        people, "ann", periods=years, dated_on="2019-01-01", expires_on="2020-01-01"
    )
    await attach(people, "ann", path, old, TREND)

    assert TREND in (await warned(people, path))["trend_without_periods"]


async def test_quick_mode_is_opinion_and_is_not_asked_for_evidence(people: People) -> None:
    path = await people.opened("ann", mode="quick")
    async with people("ann") as ann:
        cells = (await ann.get(f"{path}/sheet")).json()["cells"]
    await people.rate("ann", path, dict.fromkeys(cells, 3))

    assert await warned(people, path) == {}


async def test_only_evidence_attached_in_consensus_opens_the_raters_range(
    people: People,
) -> None:
    path = await people.opened("ann")
    early = await brought(people, "ann", b"early")
    await attach(people, "ann", path, early, TREND)
    await people.rate("ann", path, everything(2))
    await people.submit("ann", path)
    await people.step("lea", f"{path}/open-consensus")

    without = await people.decide(path, TREND, 3, evidence=[early])
    unknown = await people.decide(path, TREND, 3, evidence=["evd_none"])
    late = await brought(people, "lea", b"late")
    await attach(people, "lea", path, late, TREND)
    allowed = await people.decide(path, TREND, 3, evidence=[late])

    assert [each["code"] for each in without.json()["errors"]] == ["new_evidence_missing"]
    assert [each["pointer"] for each in unknown.json()["errors"]] == ["#/evidence/0"]
    assert (without.status_code, unknown.status_code, allowed.status_code) == (409, 422, 200)


async def test_a_seal_binds_evidence_as_it_stood_and_later_events_change_nothing(
    people: People,
) -> None:
    for period, value in (("2025-12", "80.26"), ("2026-01", "84.57"), ("2026-02", "86.05")):
        await arrives(people.service, period, value)
    path = await people.in_consensus({"ann": everything(2)})
    body = {
        "title": "Satisfaction",
        "dated_on": "2026-02-01",
        "series": {"source": "kpi", "series": "satisfaction"},
        "claim": {"trend": "rises"},
    }
    async with people("lea") as lead:
        series = (await lead.post("/v1/evidence/series", json=body)).json()["id"]
        file = await brought(people, "lea")
        for evidence in (series, file):
            await attach(people, "lea", path, evidence, TREND)
        await people.decided(path, everything(2))
        await people.step("lea", f"{path}/open-review")
        await people.step("rex", f"{path}/confirm")
        await people.step("lea", f"{path}/seal")
        seal = (await lead.get(f"{path}/seal")).json()
        await arrives(people.service, "2026-03", "10")
        verified = (await lead.post(f"{path}/seal/verify")).json()
        listed = (await lead.get(f"{path}/evidence")).json()["items"]
        now = (await lead.get(f"/v1/evidence/{series}/claim")).json()["check"]
        late = await attach(people, "lea", path, series, COMPARISON)
        gone = await lead.delete(f"{path}/evidence/{file}/{TREND}")

    assert set(seal["evidence"]) == {f"{file}/{TREND}", f"{series}/{TREND}"}
    assert verified["valid"] is True
    checks = [each["check"] for each in listed if each["check"]]
    assert [each["holds"] for each in checks] == [True]
    assert now["holds"] is False
    assert (late.status_code, gone.status_code) == (409, 409)


async def _total(people: People, path: str) -> Any:
    async with people("ann") as ann:
        return (await ann.get(f"{path}/score")).json()["total"]
