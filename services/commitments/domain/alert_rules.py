"""An alert rule says which thresholds of which runs are told to whom, step by step."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from .alerting import COMMITMENT, TOLERANCE, percent_of, warning


class Recipient(StrEnum):
    """Who is told; whoever holds it at that moment."""

    POSITION = "position"
    DEPARTMENT_HEAD = "department_head"
    PROCESS_SUPERVISOR = "process_supervisor"
    PROCESS_OWNER = "process_owner"
    ADMINISTRATOR = "administrator"
    """Who administers the platform for the tenant, or the planning department 企划部."""


class Why(StrEnum):
    """Why somebody in an office is told, or nobody."""

    HOLDS_THE_OFFICE = "holds_the_office"
    STANDS_IN = "stands_in"
    ALL_AWAY = "all_away"
    """The holder is away, and so is everybody who could stand in."""
    VACANT = "vacant"
    UNKNOWN = "unknown"
    """No department, position or person of this name is known."""
    NONE_NAMED = "none_named"
    """The run names no department or position, or the tenant no administrator."""
    NO_ADDRESS = "no_address"
    """Somebody was found whom none of the step's channels reaches."""


@dataclass(frozen=True, slots=True)
class Step:
    """So long after the alert these are told over these channels, unless somebody has answered.

    `to` has recipients by their office, and ids of people.
    """

    after: timedelta
    to: tuple[str, ...]
    channels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scope:
    """The runs that a rule is about; what is None lets everything through."""

    process: str | None = None
    node: str | None = None
    segment: str | None = None
    priority: str | None = None
    promise: str | None = None

    def covers(self, run: "Scope") -> bool:
        """Whether this run, with all that it is, lies in the scope."""
        return all(
            mine in (None, its)
            for mine, its in (
                (self.process, run.process),
                (self.node, run.node),
                (self.segment, run.segment),
                (self.priority, run.priority),
                (self.promise, run.promise),
            )
        )

    @property
    def rank(self) -> tuple[bool, ...]:
        """The more specific scope ranks higher: promise, node, segment, priority, process."""
        named = (self.promise, self.node, self.segment, self.priority, self.process)
        return tuple(each is not None for each in named)


@dataclass(frozen=True, slots=True)
class AlertRule:
    """`calendar` is the code of the alert calendar, outside of which people are not told."""

    id: str
    scope: Scope
    thresholds: frozenset[str]
    steps: tuple[Step, ...]
    calendar: str | None = None

    @property
    def percents(self) -> frozenset[int]:
        """The pre-warnings that it asks for."""
        asked = (percent_of(threshold) for threshold in self.thresholds)
        return frozenset(percent for percent in asked if percent is not None)


EMAIL = "email"

LAST_RESORT = (
    Recipient.DEPARTMENT_HEAD,
    Recipient.PROCESS_OWNER,
    Recipient.PROCESS_SUPERVISOR,
    Recipient.ADMINISTRATOR,
)
"""Asked one after the other when no step that is left reaches anybody."""

DEFAULT_RULE = AlertRule(
    id="default",
    scope=Scope(),
    thresholds=frozenset((warning(80), COMMITMENT, TOLERANCE)),
    steps=(
        Step(timedelta(0), (Recipient.POSITION,), (EMAIL,)),
        Step(timedelta(hours=1), (Recipient.DEPARTMENT_HEAD,), (EMAIL,)),
        Step(timedelta(hours=4), (Recipient.PROCESS_OWNER,), (EMAIL,)),
    ),
)
"""What holds where nothing is configured."""


def rule_for(rules: Iterable[AlertRule], run: Scope) -> AlertRule:
    """The one rule of a run: the most specific that covers it, of equal ones the newest."""
    covering = [rule for rule in rules if rule.scope.covers(run)]
    return max(covering, key=lambda rule: (rule.scope.rank, rule.id), default=DEFAULT_RULE)
