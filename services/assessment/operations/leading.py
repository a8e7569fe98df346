"""Who leads is appointed, for each assessment and each campaign; a role alone leads nothing."""

from collections.abc import Sequence
from typing import Protocol

from services.assessment.operations.audit import stands_in
from services.assessment.operations.refusals import forbidden
from shared.identity import Principal, Role
from shared.problems import Problem
from shared.store import Session


class Led(Protocol):
    """What has a lead and, beside them, co-leads."""

    @property
    def lead(self) -> str: ...
    @property
    def co_leads(self) -> Sequence[str]: ...


def leads_of(*led: Led) -> frozenset[str]:
    """Everyone who was appointed to lead one of these."""
    return frozenset(subject for each in led for subject in (each.lead, *each.co_leads))


def leads(by: Principal, *led: Led) -> bool:
    """Whether the caller leads one of these, or stands in for its leads as an administrator."""
    return by.subject in leads_of(*led) or Role.ADMINISTRATOR in by.roles


def demand_lead(session: Session, by: Principal, *led: Led) -> None:
    """403 unless the caller leads one of these; the trail tells an administrator from a lead."""
    if not leads(by, *led):
        raise NOT_ITS_LEAD
    if by.subject not in leads_of(*led):
        stands_in(session, Role.ADMINISTRATOR)


NOT_ITS_LEAD: Problem = forbidden(
    "只有被任命主持此项的主评人可以这样做。", "Only who was appointed to lead this does that."
)
OWN_CAUSE: Problem = forbidden(
    "评分人不能裁定与自己的评分有关的争议；由未评此单元的主评人决定。",
    "Who rated this cell settles no dispute over it: a lead decides who has not rated it.",
)
