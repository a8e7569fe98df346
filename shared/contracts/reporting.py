"""What the reporting service publishes."""

from datetime import datetime
from typing import ClassVar, Literal

from shared.contracts.event import Event


class ReportFinished(Event):
    """A report job ended: its files can be downloaded, or it failed."""

    SERVICE: ClassVar[str] = "reporting"
    FACT: ClassVar[str] = "report_finished"
    KEY: ClassVar[tuple[str, ...]] = ("report_id",)

    report_id: str
    kind: str
    language: Literal["zh", "en"]
    status: Literal["finished", "failed"]
    document_hash: str | None = None
    finished_at: datetime
