"""What became of one try to deliver."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Outcome:
    """`error` is None when it was delivered; `status` is the HTTP status where there was one.

    `gone` says that the target wants nothing any more, `refused` that trying again is of no use.
    `answered_no` says that the target was reached and did not take it, `throttled` that it has
    been told too much.
    """

    error: str | None = None
    status: int | None = None
    response: str = ""
    gone: bool = False
    refused: bool = False
    answered_no: bool = False
    throttled: bool = False

    @property
    def delivered(self) -> bool:
        return self.error is None
