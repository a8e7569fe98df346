"""Request and response bodies of the strategy service."""

from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from services.strategy.domain.scoring import Anchors
from shared.identity import Role
from shared.schemas import Bilingual, Code, Request, TenantCode, example, fault

UnitKind = Literal["company", "business_unit", "branch", "department", "position"]
Subject = Annotated[str, Field(min_length=1, max_length=200, examples=["li.na"])]
Value = Annotated[Decimal, Field(max_digits=20, decimal_places=6, examples=["90"])]


class NewTenant(Request):
    """An organisation to be given a place on the platform."""

    model_config = example({"code": "demo", "name": {"zh": "示范公司", "en": "Demo Company"}})

    code: TenantCode
    name: Bilingual


class TenantChange(Request):
    """What can change of a tenant; members left out stay as they are."""

    model_config = example({"status": "closed"})

    name: Bilingual | None = None
    status: Literal["open", "closed"] | None = None


class Tenant(BaseModel):
    """An organisation with a place on the platform; a closed one is refused at the gateway."""

    model_config = ConfigDict(from_attributes=True)

    code: str
    name: Bilingual
    status: Literal["open", "closed"]
    revision: int
    created_at: datetime


class NewUser(Request):
    """A person or an integration, by the subject that their tokens carry."""

    model_config = example(
        {"subject": "li.na", "name": "李娜", "language": "zh", "roles": ["process_owner"]}
    )

    subject: Subject
    name: str = Field(min_length=1, max_length=200)
    language: Literal["zh", "en"] = "zh"
    roles: list[Role] = Field(min_length=1, max_length=10)


class UserChange(Request):
    """What can change of a user; members left out stay as they are."""

    model_config = example({"roles": ["process_owner", "strategy_owner"]})

    name: str | None = Field(default=None, min_length=1, max_length=200)
    language: Literal["zh", "en"] | None = None
    roles: list[Role] | None = Field(default=None, max_length=10)


class User(BaseModel):
    """A user of the tenant; the roles here add to those of the token."""

    model_config = ConfigDict(from_attributes=True)

    subject: str
    name: str
    language: Literal["zh", "en"]
    roles: list[Role]
    revision: int
    created_at: datetime


class NewOrganisationUnit(Request):
    """A unit under its parent; only a company has none."""

    model_config = example(
        {
            "code": "group-70",
            "kind": "department",
            "name": {"zh": "第 70 组", "en": "Group 70"},
            "parent": "demo",
        }
    )

    code: Code
    kind: UnitKind
    name: Bilingual
    parent: Code | None = None


class OrganisationUnitChange(Request):
    """What can change of a unit; members left out stay as they are."""

    model_config = example({"parent": "demo"})

    name: Bilingual | None = None
    parent: Code | None = None


class OrganisationUnit(BaseModel):
    """A unit of the organisation tree."""

    model_config = ConfigDict(from_attributes=True)

    code: str
    kind: UnitKind
    name: Bilingual
    parent: str | None
    revision: int
    created_at: datetime


class AttainmentBinding(Request):
    """Which attainment feeds a KPI: a node as a whole, or the share of one department."""

    source: Literal["attainment"]
    process: Code
    node: Code
    department: str | None = Field(default=None, min_length=1, max_length=200)


class NewKpi(Request):
    """A KPI and the attainment that it is bound to; the order of the anchors is its direction."""

    model_config = example(
        {
            "code": "resolve-on-time",
            "name": {"zh": "按承诺解决率", "en": "Resolved within commitment"},
            "red_flag": "60",
            "target": "80",
            "challenge": "95",
            "binding": {"source": "attainment", "process": "incident", "node": "resolve"},
        }
    )

    code: Code
    name: Bilingual
    unit: Literal["%"] = "%"
    organisation_unit: Code | None = None
    red_flag: Value
    target: Value
    challenge: Value | None = None
    binding: AttainmentBinding

    @field_validator("target", "challenge")
    @classmethod
    def _run_one_way(cls, value: Decimal | None, info: ValidationInfo) -> Decimal | None:
        known: dict[str, Any] = {**info.data, str(info.field_name): value}
        if value is not None and {"red_flag", "target"} <= known.keys():
            try:
                anchors(known["red_flag"], known["target"], known.get("challenge"))
            except ValueError as error:
                raise fault("not_one_way", f"{str(error).capitalize()}.") from error
        return value


class Kpi(BaseModel):
    """A KPI; anchors are decimals in its unit."""

    model_config = ConfigDict(from_attributes=True)

    code: str
    name: Bilingual
    unit: str
    organisation_unit: str | None
    red_flag: Decimal
    target: Decimal
    challenge: Decimal | None
    binding: AttainmentBinding
    revision: int
    created_at: datetime


class KpiReading(BaseModel):
    """A period's value: percent of numerator in denominator, null without a denominator.

    `score` is on 0..10. `revision` counts the corrections of this period's value.
    """

    period: str
    numerator: int
    denominator: int
    value: Decimal | None
    score: Decimal | None
    revision: int
    source: str
    recorded_at: datetime


def anchors(red_flag: Decimal, target: Decimal, challenge: Decimal | None) -> Anchors:
    """The exact anchors; raises ValueError when they do not run strictly one way."""
    last = None if challenge is None else Fraction(challenge)
    return Anchors(Fraction(red_flag), Fraction(target), last)
