"""The short-lived tokens by which services know the caller; one is used for half of its life."""

import time
from collections import OrderedDict

from shared.identity import LIFETIME_SECONDS, Principal, Signer

USED_SECONDS = LIFETIME_SECONDS / 2


class Passes:
    """Signs such tokens and remembers the most recently used ones."""

    def __init__(self, signer: Signer, most: int = 10_000) -> None:
        self._signer = signer
        self._most = most
        self._kept: OrderedDict[tuple[Principal, str], tuple[float, str]] = OrderedDict()

    def token(self, principal: Principal, service: str) -> str:
        """A token for this service that is good for half a minute at the least."""
        kept = self._kept.get((principal, service))
        now = time.monotonic()
        if kept is not None and now < kept[0]:
            self._kept.move_to_end((principal, service))
            return kept[1]
        token = self._signer.token(principal, service)
        self._kept[principal, service] = (now + USED_SECONDS, token)
        self._kept.move_to_end((principal, service))
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)
        return token
