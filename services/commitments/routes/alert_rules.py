"""Alert rules, and the channels that they name."""

from datetime import UTC, datetime, timedelta

from fastapi import Depends, Response

from services.commitments.domain.alert_rules import DEFAULT_RULE
from services.commitments.operations import alert_rules as operations
from services.commitments.queries import alerts as queries
from services.commitments.schemas import alert_rules as schemas
from shared import problems
from shared.http import IfMatch, InTransaction, etag, router
from shared.identity import Role, require
from shared.pages import Cursor, Limit, Page
from shared.problems import documented
from shared.schemas import Bilingual

routes = router("alerts")

READERS = [Depends(require())]
OWNERS = [Depends(require(Role.PROCESS_OWNER))]
ADMINISTRATORS = [Depends(require(Role.ADMINISTRATOR))]
MISSING = documented(problems.NOT_FOUND)
TAKEN = documented(problems.CONFLICT)
CHANGED = documented(
    problems.NOT_FOUND, problems.PRECONDITION_FAILED, problems.PRECONDITION_REQUIRED
)
REMOVED = documented(
    problems.NOT_FOUND,
    problems.CONFLICT,
    problems.PRECONDITION_FAILED,
    problems.PRECONDITION_REQUIRED,
)


@routes.post(
    "/v1/alert-rules",
    status_code=201,
    summary="Say who is told of which alerts",
    dependencies=OWNERS,
)
async def add_alert_rule(
    body: schemas.NewAlertRule, session: InTransaction, response: Response
) -> schemas.AlertRule:
    row = await operations.add_alert_rule(session, body, _now())
    response.headers["etag"] = etag(row.revision)
    return schemas.AlertRule.model_validate(row)


@routes.get(
    "/v1/alert-rules",
    summary="Who is told of which alerts",
    description="The last one holds where no other covers a run; it is there from the start.",
    dependencies=READERS,
)
async def list_alert_rules(
    session: InTransaction, limit: Limit = 50, cursor: Cursor = None
) -> Page[schemas.AlertRule]:
    rows, following = await queries.listed_rules(session, limit, cursor)
    items = [schemas.AlertRule.model_validate(row) for row in rows]
    return Page(items=items if following else [*items, _DEFAULT], next_cursor=following)


@routes.get(
    "/v1/alert-rules/{rule_id}",
    summary="One alert rule",
    responses=MISSING,
    dependencies=READERS,
)
async def get_alert_rule(
    rule_id: str, session: InTransaction, response: Response
) -> schemas.AlertRule:
    if rule_id == _DEFAULT.id:
        return _DEFAULT
    row = await queries.rule(session, rule_id)
    response.headers["etag"] = etag(row.revision)
    return schemas.AlertRule.model_validate(row)


@routes.patch(
    "/v1/alert-rules/{rule_id}",
    summary="Change an alert rule",
    responses=CHANGED,
    dependencies=OWNERS,
)
async def change_alert_rule(
    rule_id: str,
    body: schemas.AlertRuleChange,
    session: InTransaction,
    response: Response,
    if_match: IfMatch = None,
) -> schemas.AlertRule:
    row = await operations.change_alert_rule(session, rule_id, body, if_match)
    response.headers["etag"] = etag(row.revision)
    return schemas.AlertRule.model_validate(row)


@routes.delete(
    "/v1/alert-rules/{rule_id}",
    status_code=204,
    summary="Remove an alert rule",
    responses=CHANGED,
    dependencies=OWNERS,
)
async def remove_alert_rule(rule_id: str, session: InTransaction, if_match: IfMatch = None) -> None:
    await operations.remove_alert_rule(session, rule_id, if_match)


@routes.post(
    "/v1/alert-channels",
    status_code=201,
    summary="Let alerts go to a group or a messenger",
    responses=TAKEN,
    dependencies=ADMINISTRATORS,
)
async def add_alert_channel(
    body: schemas.NewAlertChannel, session: InTransaction, response: Response
) -> schemas.AlertChannel:
    row = await operations.add_alert_channel(session, body, _now())
    response.headers["etag"] = etag(row.revision)
    return schemas.AlertChannel.model_validate(row)


@routes.get("/v1/alert-channels", summary="Groups and messengers", dependencies=READERS)
async def list_alert_channels(
    session: InTransaction, limit: Limit = 50, cursor: Cursor = None
) -> Page[schemas.AlertChannel]:
    rows, following = await queries.listed_channels(session, limit, cursor)
    items = [schemas.AlertChannel.model_validate(row) for row in rows]
    return Page(items=items, next_cursor=following)


@routes.get(
    "/v1/alert-channels/{code}",
    summary="One group or messenger",
    responses=MISSING,
    dependencies=READERS,
)
async def get_alert_channel(
    code: str, session: InTransaction, response: Response
) -> schemas.AlertChannel:
    row = await queries.channel(session, code)
    response.headers["etag"] = etag(row.revision)
    return schemas.AlertChannel.model_validate(row)


@routes.patch(
    "/v1/alert-channels/{code}",
    summary="Rename a channel, or give it another credential",
    responses=CHANGED,
    dependencies=ADMINISTRATORS,
)
async def change_alert_channel(
    code: str,
    body: schemas.AlertChannelChange,
    session: InTransaction,
    response: Response,
    if_match: IfMatch = None,
) -> schemas.AlertChannel:
    row = await operations.change_alert_channel(session, code, body, if_match)
    response.headers["etag"] = etag(row.revision)
    return schemas.AlertChannel.model_validate(row)


@routes.delete(
    "/v1/alert-channels/{code}",
    status_code=204,
    summary="Let nothing go to a channel any more",
    responses=REMOVED,
    dependencies=ADMINISTRATORS,
)
async def remove_alert_channel(code: str, session: InTransaction, if_match: IfMatch = None) -> None:
    await operations.remove_alert_channel(session, code, if_match)


_DEFAULT = schemas.AlertRule(
    id=DEFAULT_RULE.id,
    name=Bilingual(zh="默认规则", en="Default rule"),
    process=None,
    node=None,
    segment=None,
    priority=None,
    promise=None,
    thresholds=sorted(DEFAULT_RULE.thresholds),
    steps=[
        schemas.RuleStep(
            after_seconds=int(step.after / timedelta(seconds=1)),
            to=list(step.to),
            channels=list(step.channels),
        )
        for step in DEFAULT_RULE.steps
    ],
    calendar=None,
    revision=1,
    created_at=None,
)


def _now() -> datetime:
    return datetime.now(UTC)
