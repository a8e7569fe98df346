"""Who may pass: identity, tenant and rate, before anything of a request reaches a service."""

import time

from gateway import limits
from gateway.directory import Directory
from gateway.identity import Gate
from gateway.limits import Limiter
from gateway.passes import Passes
from gateway.requests import Reply, Request
from gateway.routing import Match
from shared.identity import Principal


class Admission:
    """Admits a request to its operation, or raises the problem that refuses it."""

    def __init__(
        self, gate: Gate, directory: Directory, passes: Passes, users: Limiter, hooks: Limiter
    ) -> None:
        self._gate = gate
        self._directory = directory
        self._passes = passes
        self._users = users
        self._hooks = hooks

    async def caller(self, request: Request, match: Match, reply: Reply) -> Principal | None:
        """Who calls, with the roles that the tenant gave; None where no identity is needed."""
        route = match.route
        if not route.public:
            claimed = await self._gate.principal(request)
            _count(self._users, (claimed.tenant, claimed.subject), reply)
            return await self._directory.known(claimed)
        if route.service != "gateway":
            peer = request.client[0] if request.client else None
            _count(self._hooks, (route.operation_id, match.parameters or peer), reply)
        return None

    def token(self, caller: Principal, service: str) -> str:
        """The token that tells the service who calls."""
        return self._passes.token(caller, service)


def _count(limiter: Limiter, key: object, reply: Reply) -> None:
    verdict = limiter.take(key, time.monotonic())
    reply.extra += limiter.headers(verdict)
    if not verdict.allowed:
        raise limits.exceeded(verdict)
