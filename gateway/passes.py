"""The short-lived tokens by which services know the caller; one is used for half of its life."""

import time

from gateway.recent import Recent
from shared.identity import LIFETIME_SECONDS, Principal, Signer

USED_SECONDS = LIFETIME_SECONDS / 2


class Passes:
    """Signs such tokens, one per caller and service every half minute."""

    def __init__(self, signer: Signer, most: int = 10_000) -> None:
        self._signer = signer
        self._kept: Recent[tuple[Principal, str], tuple[float, str]] = Recent(most)

    def token(self, principal: Principal, service: str) -> str:
        """A token for this service that is good for half a minute at the least."""
        now = time.monotonic()
        kept = self._kept.get((principal, service))
        if kept is not None and now < kept[0]:
            return kept[1]
        token = self._signer.token(principal, service)
        self._kept.keep((principal, service), (now + USED_SECONDS, token))
        return token
