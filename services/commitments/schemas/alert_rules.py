"""Bodies of alert rules and of the channels that they name."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from services.commitments.schemas.alerts import Threshold
from shared.schemas import Bilingual, Code, Request, example

Label = Annotated[str, Field(min_length=1, max_length=200)]
To = Annotated[
    str,
    Field(
        pattern=r"^(position|department_head|process_supervisor|process_owner|administrator"
        r"|per_[0-9a-z]{26})$",
        examples=["position"],
        description="Who holds the office then, or the id of a person",
    ),
]
ChannelCode = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$",
        examples=["email"],
        description="`email`, or the code of a channel of `/v1/alert-channels`",
    ),
]


class RuleStep(Request):
    """Who is told over which channels, so long after the alert."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    after_seconds: Annotated[int, Field(ge=0, le=31 * 86400)] = 0
    to: Annotated[list[To], Field(min_length=1, max_length=20)]
    channels: list[ChannelCode] = Field(
        default_factory=lambda: ["email"], min_length=1, max_length=20
    )


Thresholds = Annotated[list[Threshold], Field(min_length=1, max_length=20)]
Steps = Annotated[list[RuleStep], Field(max_length=10)]


class NewAlertRule(Request):
    """Who is told of which thresholds of which runs; what is left out of the scope is any."""

    model_config = example(
        {
            "name": {"zh": "紧急事件", "en": "Critical incidents"},
            "process": "incident",
            "priority": "1 - Critical",
            "thresholds": ["warning_50", "warning_80", "commitment", "tolerance"],
            "steps": [
                {"after_seconds": 0, "to": ["position"], "channels": ["email"]},
                {"after_seconds": 900, "to": ["department_head"], "channels": ["email"]},
                {"after_seconds": 3600, "to": ["process_owner"], "channels": ["email"]},
            ],
            "calendar": "office",
        }
    )

    name: Bilingual
    process: Code | None = None
    node: Code | None = None
    segment: Label | None = None
    priority: Label | None = None
    promise: Code | None = None
    thresholds: Thresholds
    steps: Steps
    calendar: Code | None = Field(
        default=None, description="Outside of its hours people are told when it opens next"
    )


class AlertRuleChange(Request):
    """What can change of a rule; members left out stay, a null one of the scope is any."""

    model_config = example({"thresholds": ["commitment", "tolerance"], "calendar": None})

    name: Bilingual | None = None
    process: Code | None = None
    node: Code | None = None
    segment: Label | None = None
    priority: Label | None = None
    promise: Code | None = None
    thresholds: Thresholds | None = None
    steps: Steps | None = None
    calendar: Code | None = None


class AlertRule(BaseModel):
    """A rule; the one with the id `default` holds where no other covers a run."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    name: Bilingual
    process: str | None
    node: str | None
    segment: str | None
    priority: str | None
    promise: str | None
    thresholds: list[str]
    steps: list[RuleStep]
    calendar: str | None
    revision: int
    created_at: datetime | None


CredentialMember = Annotated[str, Field(pattern=r"^[a-z]{1,20}$")]
CredentialValue = Annotated[SecretStr, Field(min_length=1, max_length=2000)]
Credential = Annotated[
    dict[CredentialMember, CredentialValue],
    Field(
        min_length=1,
        max_length=4,
        description="Written only. wecom: key; dingtalk: token, secret; feishu: token; "
        "apprise: url",
    ),
]
Kind = Literal["wecom", "dingtalk", "feishu", "apprise"]


class NewAlertChannel(Request):
    """A group robot (企业微信, 钉钉, 飞书) or another messenger that alerts can go to."""

    model_config = example(
        {
            "code": "network-group",
            "name": {"zh": "网络组群", "en": "Network group"},
            "kind": "wecom",
            "language": "zh",
            "credential": {"key": "693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa"},
        }
    )

    code: Code
    name: Bilingual
    kind: Kind
    language: Literal["zh", "en"] = "zh"
    credential: Credential


class AlertChannelChange(Request):
    """What can change of a channel; members left out stay as they are."""

    model_config = example({"credential": {"key": "693a91f6-7xxx-4bc4-97a0-0ec2sifa5bbb"}})

    name: Bilingual | None = None
    language: Literal["zh", "en"] | None = None
    credential: Credential | None = None


class AlertChannel(BaseModel):
    """A channel; its credential is never shown."""

    model_config = ConfigDict(from_attributes=True)

    code: str
    name: Bilingual
    kind: Kind
    language: Literal["zh", "en"]
    revision: int
    created_at: datetime
