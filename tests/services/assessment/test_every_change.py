"""Every changing operation rests on a state that its caller has seen, and is in the trail.

Driven from the OpenAPI document: an operation that is new must be on the way below, or on a list
with its reason. What an examiner gave is told with the decision only, by whose entry it is.
"""

from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

from services.assessment.schemas.model_example import SMALL_MODEL
from tests.services.assessment.assessors import People
from tests.services.assessment.bringing import DESCRIBED
from tests.services.assessment.test_assessments_of_people import STAFF
from tests.services.assessment.test_rating_sheets import XLSX, downloaded, filled
from tests.services.assessment.test_sealed_aggregates import LEVELS, assessed
from tests.services.assessment.touring import CARRIES_ITS_REVISION, Tour

MODEL = {"code": SMALL_MODEL["code"], "version": 1}
UNIT = {"kind": "process", "code": "incident"}
NEW = {"title": "2026", "unit": UNIT, "model": MODEL, "period": "2026", "reviewer": "rex"}
WHY = {"reason": "it was wrong"}
NONE = {"na": "no hotline"}
SERIES = {"source": "kpi", "series": "csat"}

CHANGE_NOTHING = {
    "check_claim": "computes",
    "measure_agreement": "computes",
    "score_model": "computes",
    "verify_seal": "computes",
    "verify_campaign_seal": "computes",
    "replay_assessment_dead_letter": "a message is taken again; what it changes is its own",
}
REST_ON_NO_STATE = {
    "draft_assessment": "creates",
    "create_campaign": "creates",
    "seal_campaign": "creates; who is in one aggregate is in no other",
    "upload_evidence": "creates",
    "add_evidence_series": "creates",
    "apply_for_award": "creates; an assessment applies once for a programme",
    "upload_model": "creates a version; the same content is the version that it was",
    "discuss_cell": "adds a note, which nobody ever changes",
    "attach_evidence": "adds an attachment, which nobody ever changes",
    "detach_evidence": "takes an attachment back, which nobody ever changes",
    "withdraw_model": "one way: the first withdrawal stands, a second changes nothing",
    "erase_person": "whatever there is goes; the answer does not say whether there was anything",
    CARRIES_ITS_REVISION: "the workbook says which revision it was written at, 412 when it is old",
}


async def test_every_change_rests_on_a_state_and_is_in_the_trail(people: People) -> None:
    tour = Tour(people)
    began = datetime.now(UTC)
    await _models(tour)
    path = await _rating(tour)
    await _consensus(tour, path)
    await _results(tour, path)
    await _campaign(tour)
    await _evidence(tour)
    await _people(tour)

    changing = set(_changing(people.service.app.openapi())) - CHANGE_NOTHING.keys()
    assert changing == tour.noted.keys()
    guarded = changing - REST_ON_NO_STATE.keys()
    assert {name: tour.refused.get(name) for name in guarded} == dict.fromkeys(guarded, (428, 412))
    assert [name for name, entries in tour.noted.items() if not entries] == []
    for entries in tour.noted.values():
        for each in entries:
            assert each["by"] in tour.callers
            assert began <= each["at"] <= datetime.now(UTC)
            told = (each["before"], each["after"]) != (None, None)
            assert told or each["action"] == "score_award", each["action"]


def _changing(document: dict[str, Any]) -> list[str]:
    return [
        operation["operationId"]
        for operations in document["paths"].values()
        for method, operation in operations.items()
        if method != "get"
    ]


async def _models(tour: Tour) -> None:
    second = deepcopy(SMALL_MODEL) | {"title": {"zh": "服务台二", "en": "Second"}}
    third = deepcopy(SMALL_MODEL) | {"title": {"zh": "服务台三", "en": "Third"}}
    for document in (SMALL_MODEL, second, third):
        await tour.change("lea", "POST", "/v1/models", json=document)
    withdrawn = f"/v1/models/{MODEL['code']}/versions/3/withdraw"
    await tour.change("lea", "POST", withdrawn, json=WHY)


async def _rating(tour: Tour) -> str:
    """An assessment that Ann has rated, in Excel at first, with one cell not applicable."""
    row = await tour.change("lea", "POST", "/v1/assessments", json=NEW)
    path = f"/v1/assessments/{row['id']}"
    await tour.change("lea", "PATCH", path, json={"title": "2026, incidents"})
    for subject in ("ann", "bob"):
        await tour.change("lea", "POST", f"{path}/raters", json={"subject": subject})
    await tour.change("lea", "DELETE", f"{path}/raters/bob")
    await tour.change("lea", "POST", f"{path}/open-rating")
    sheet = f"{path}/sheet"
    ratings = {"hours": {"rating": 2}, "answers": {"rating": NONE}}
    await tour.change("ann", "PATCH", sheet, sheet, json={"ratings": {"hours": {"rating": 1}}})
    workbook = filled(await downloaded(tour.people, path), _two)
    file = {"file": ("sheet.xlsx", workbook, XLSX)}
    await tour.change("ann", "PUT", f"{path}/rating-sheet", sheet, files=file)
    await tour.change("ann", "PATCH", sheet, sheet, json={"ratings": ratings})
    await tour.change("ann", "POST", f"{sheet}/submit", sheet)
    await tour.change("lea", "POST", f"{path}/open-consensus")
    return path


def _two(book: Any) -> None:
    book["Ratings"]["D2"] = 2


async def _consensus(tour: Tour, path: str) -> None:
    """Decided, moved to another version, returned once, confirmed and sealed."""
    hours, answers = f"{path}/decisions/hours", f"{path}/decisions/answers"
    await tour.change("ann", "POST", f"{hours}/notes", json={"text": "we looked"})
    rating = f"{path}/ratings/ann/answers"
    await tour.change("lea", "POST", f"{rating}/ruling", rating, json={"approved": True})
    evidence = await tour.change(
        "ann", "POST", "/v1/evidence", data=DESCRIBED, files={"file": ("a.txt", b"a", "text/plain")}
    )
    attached = f"{path}/evidence/{evidence['id']}"
    await tour.change("ann", "POST", attached, json={"cell": "hours"})
    await tour.change("ann", "DELETE", f"{attached}/hours")
    await tour.change("lea", "POST", f"{path}/migrations", json={"version": 2})
    await tour.change("lea", "PUT", hours, hours, json={"rating": 2, "rationale": "seen"})
    await tour.change("lea", "PUT", answers, answers, json={"rating": NONE, "rationale": "none"})
    await tour.change("lea", "POST", f"{path}/open-review")
    await tour.change("rex", "POST", f"{path}/return", json=WHY)
    await tour.change("lea", "POST", f"{path}/open-review")
    await tour.change("rex", "POST", f"{path}/confirm")
    await tour.change("lea", "POST", f"{path}/seal")


async def _results(tour: Tour, path: str) -> None:
    """A road map that is made twice, an award with its certificate, and an un-sealed version."""
    plan = f"{path}/road-map"
    async with tour.people("lea") as lea:
        assert (await lea.post(plan, json={"target": 3})).status_code == 201
    made = await tour.change("lea", "POST", plan, plan, json={"target": 3})
    step = f"{plan}/steps/{made['steps'][0]['id']}"
    await tour.change("lea", "PATCH", step, step, json={"owner": "ann", "due_on": "2199-01-01"})
    body = {"assessment": path.rpartition("/")[2], "programme": "p", "statement": "we apply"}
    award = f"/v1/awards/{(await tour.change('lea', 'POST', '/v1/awards', json=body))['id']}"
    await tour.change("lou", "POST", f"{award}/examiners", json={"subject": "kim"})
    await tour.change("kim", "PUT", f"{award}/declaration", json={"conflicted": False})
    await tour.change("lou", "POST", f"{award}/open-examination")
    score = {"points": 600, "recommendation": "grant", "remarks": "strong"}
    await tour.change("kim", "PUT", f"{award}/score", json=score)
    granted = {"decision": "granted", "rationale": "they recommend it"}
    await tour.change("lou", "POST", f"{award}/decision", json=granted)
    valid = {"valid_from": "2020-01-01", "valid_until": "2199-01-01"}
    issued = await tour.change("lou", "POST", f"{award}/certificate", json=valid)
    await tour.change("lou", "POST", f"/v1/certificates/{issued['number']}/withdraw", json=WHY)
    await tour.change("lea", "POST", f"{path}/unseal", json=WHY)


async def _campaign(tour: Tour) -> None:
    body = {
        "title": "2026",
        "model": MODEL,
        "period": "2026",
        "raters": ["ann"],
        "deadline": "2190-01-01T00:00:00Z",
        "units": [{"kind": "process", "code": "change"}],
    }
    campaign = await tour.change("lea", "POST", "/v1/campaigns", json=body)
    home = f"/v1/campaigns/{campaign['id']}"
    async with tour.people("lea") as lea:
        (unit,) = (await lea.get(f"{home}/progress")).json()["items"]
    assessment = f"/v1/assessments/{unit['assessment']}"
    passed = f"{home}/assessments/{unit['assessment']}/raters/ann/delegate"
    await tour.change("ann", "POST", passed, assessment, json={"to": "bob"})
    await tour.change("lea", "PATCH", home, json={"title": "2026, changes"})
    await tour.change("lea", "POST", f"{home}/close")
    await tour.change("lea", "POST", f"{await assessed(tour.people, LEVELS)}/seals")


async def _evidence(tour: Tour) -> None:
    new = {**DESCRIBED, "series": SERIES}
    series = await tour.change("ann", "POST", "/v1/evidence/series", json=new)
    home = f"/v1/evidence/{series['id']}"
    await tour.change("ann", "PATCH", home, json={"title": "Satisfaction"})
    claim = {"claim": {"trend": "rises"}, "live": SERIES}
    await tour.change("ann", "PUT", f"{home}/claim", json=claim)
    await tour.change("ann", "DELETE", home)


async def _people(tour: Tour) -> None:
    """An assessment of a person is erased as the lead, and another as an administrator."""
    for _ in range(2):
        body = {**NEW, **STAFF}
        row = await tour.change("lea", "POST", "/v1/assessments", json=body)
    await tour.change("lea", "POST", f"/v1/assessments/{row['id']}/erase", json=WHY)
    await tour.change("adam", "POST", "/v1/erasures", json={"person": "may", **WHY})
