"""Which tenants exist and which roles they gave to whom: strategy knows, the gateway asks."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import httpx
import structlog

from gateway.remembering import Remembered
from gateway.requests import unavailable
from shared.identity import Principal, Role
from shared.problems import UNKNOWN_TENANT, FieldError, Problem, Text

log = structlog.get_logger()

KNOWN_SECONDS = 60.0
UNKNOWN_SECONDS = 1.0
_FAILURES = (httpx.HTTPError, ValueError, KeyError, TypeError)


class Directory:
    """Tenants and principals as strategy administers them, remembered through its outages."""

    def __init__(
        self,
        address: str,
        http: httpx.AsyncClient,
        token: Callable[[Principal, str], str],
        operator_tenant: str,
    ) -> None:
        self._address = address
        self._http = http
        self._token = token
        self._operator_tenant = operator_tenant
        self._is_open = Remembered(self._ask_tenant, _known, _FAILURES)
        self._roles = Remembered(self._ask_roles, _known, _FAILURES)

    async def known(self, principal: Principal) -> Principal:
        """The principal with the roles that its tenant gave it.

        Raises a problem: 403 for an unknown tenant, 503 while strategy cannot be asked about one
        that was not met before.
        """
        try:
            is_open = principal.tenant == self._operator_tenant or await self._is_open(
                principal.tenant
            )
        except _FAILURES as error:
            log.warning("tenant_not_asked", error=repr(error))
            raise unavailable("strategy") from error
        if not is_open:
            raise _unknown(principal.tenant)
        return replace(principal, roles=principal.roles | await self._given(principal))

    async def _given(self, principal: Principal) -> frozenset[str]:
        try:
            return await self._roles((principal.tenant, principal.subject)) or frozenset()
        except _FAILURES as error:
            log.warning("principal_not_asked", error=repr(error))
            if not principal.roles:
                raise unavailable("strategy") from error
            # Fewer rights than the tenant gave, never more.
            return frozenset()

    async def _ask_tenant(self, tenant: str) -> bool:
        path = f"/internal/tenants/{quote(tenant, safe='')}"
        found = await self._get(path, self._operator_tenant)
        return found is not None and found["status"] == "open"

    async def _ask_roles(self, who: tuple[str, str]) -> frozenset[str] | None:
        tenant, subject = (quote(part, safe="") for part in who)
        found = await self._get(f"/internal/principals/{tenant}/{subject}", who[0])
        return None if found is None else frozenset(found["roles"]) & frozenset(Role)

    async def _get(self, path: str, tenant: str) -> Any | None:
        """Asked as an administrator of the tenant whose rows answer."""
        own = Principal("see-gateway", tenant, frozenset((Role.ADMINISTRATOR,)))
        answer = await self._http.get(
            self._address + path,
            headers={"authorization": f"Bearer {self._token(own, 'strategy')}"},
        )
        if answer.status_code == 404:
            return None
        return answer.raise_for_status().json()


def _known(answer: bool | frozenset[str] | None) -> float:
    return KNOWN_SECONDS if answer is True or isinstance(answer, frozenset) else UNKNOWN_SECONDS


def _unknown(tenant: str) -> Problem:
    detail: Text = {
        "zh": f"租户 {tenant[:64]!r} 不存在或已关闭。",
        "en": f"There is no open tenant {tenant[:64]!r}.",
    }
    error = FieldError(code="unknown_tenant", detail=detail, claim="tenant")
    return Problem(UNKNOWN_TENANT, detail, errors=[error])
