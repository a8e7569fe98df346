"""Who acts, when, and on which revision: what every route that governs something asks for."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Response

from services.commitments.operations.history import Act
from shared.http import IfMatch, etag
from shared.identity import Principal, Role, require


def _act(by: Annotated[Principal, Depends(require())]) -> Act:
    return Act(by.subject, datetime.now(UTC), Role.ADMINISTRATOR in by.roles)


def _administrators_act(by: Annotated[Principal, Depends(require(Role.ADMINISTRATOR))]) -> Act:
    return _act(by)


Acting = Annotated[Act, Depends(_act)]
"""Any person: the operation asks for the office that it needs."""
Administering = Annotated[Act, Depends(_administrators_act)]
"""An administrator of the platform: people, departments and settings are theirs to enter."""


@dataclass(frozen=True, slots=True)
class Change:
    """An act on a revision that the caller names; the answer carries the tag of the next one."""

    act: Act
    if_match: str | None
    response: Response

    def tag(self, revision: int) -> None:
        self.response.headers["etag"] = etag(revision)


def _change(act: Acting, response: Response, if_match: IfMatch = None) -> Change:
    return Change(act, if_match, response)


def _administrators_change(
    act: Administering, response: Response, if_match: IfMatch = None
) -> Change:
    return Change(act, if_match, response)


Changing = Annotated[Change, Depends(_change)]
AdministeringChange = Annotated[Change, Depends(_administrators_change)]
