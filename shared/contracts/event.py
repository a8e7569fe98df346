"""An event is a fact in the past tense that one service publishes and others keep copies of."""

from datetime import datetime
from typing import ClassVar

from pydantic import BaseModel, ConfigDict


class Event(BaseModel):
    """What every contract is: CloudEvents attributes come from the class, the body from the fields.

    `KEY` names the fields that identify the aggregate. A contract that `CARRIES_STATE` tells all of
    its aggregate, so that a consumer drops what is older than the `revision` it holds; a contract
    that does not is a counted fact, deduplicated by its id alone.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", ser_json_timedelta="iso8601")

    SERVICE: ClassVar[str]
    FACT: ClassVar[str]
    VERSION: ClassVar[int] = 1
    KEY: ClassVar[tuple[str, ...]]
    CARRIES_STATE: ClassVar[bool] = True
    READ_BY: ClassVar[tuple[str, ...]] = ()
    """The roles that see it in the live stream, beside administrators; empty for all people."""

    revision: int
    """Counts the changes of the aggregate, from 1."""

    @classmethod
    def type(cls) -> str:
        return f"see.{cls.SERVICE}.{cls.FACT}.v{cls.VERSION}"

    @classmethod
    def subject(cls, tenant: str) -> str:
        return f"see.{tenant}.{cls.SERVICE}.{cls.FACT}.v{cls.VERSION}"

    def aggregate(self) -> str:
        return "/".join(str(getattr(self, name) or "-") for name in self.KEY)


class Envelope(BaseModel):
    """Where a received event came from; attempts count from 1."""

    event_id: str
    tenant: str
    subject: str
    recorded_at: datetime
    attempt: int
