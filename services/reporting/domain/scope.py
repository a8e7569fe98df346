"""What a report is asked to cover, and in which language."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from services.reporting.domain import forms
from services.reporting.domain.document import Language
from services.reporting.domain.wording import counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """One process, from `first_month` to `last_month` (YYYY-MM, both included).

    `nodes` maps node codes to {"zh", "en"} names in the order of the process. `minimum` is the
    number of completed legs from which a department is ranked, and of runs that a month needs to
    count in a trend. Raises ValueError for a period that is none, or an `as_of` without a zone.
    """

    organisation: str
    process: str
    process_name: Mapping[str, str]
    nodes: Mapping[str, Mapping[str, str]]
    first_month: str
    last_month: str
    as_of: datetime
    language: Language
    minimum: int = 10

    def __post_init__(self) -> None:
        if self.as_of.utcoffset() is None:
            raise ValueError("as_of needs a time zone")
        if self.minimum < 1:
            raise ValueError("minimum must be at least 1")
        forms.months(self.first_month, self.last_month)

    @property
    def months(self) -> list[str]:
        return forms.months(self.first_month, self.last_month)

    @property
    def period(self) -> str:
        return forms.period(self.first_month, self.last_month, self.language)

    @property
    def process_title(self) -> str:
        return forms.plain(self.process_name[self.language])

    def node_name(self, code: str) -> str:
        """The node's name; its code when the process no longer has that node."""
        names = self.nodes.get(code)
        return forms.plain(names[self.language] if names else code)

    def least(self, noun: str) -> str:
        return counted(self.language, self.minimum, noun)
