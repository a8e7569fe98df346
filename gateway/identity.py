"""The edge's identity check: a bearer token in, a verified principal out."""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import jwt

from gateway.headers import every
from gateway.recent import Recent
from gateway.requests import Request
from shared.identity import Principal, Role
from shared.problems import UNAUTHENTICATED, FieldError, Problem, Text

CHECKED_SECONDS = 60.0
"""How long a token is not checked again; a key that its issuer withdraws works that much longer."""
_SUBJECT = re.compile(r"[^\x00-\x1f\x7f]{1,255}")
_ROLES = frozenset(Role)


class Keys(Protocol):
    """Where an issuer's public keys are found."""

    async def key(self, key_id: str | None, /) -> Any | None: ...


@dataclass(frozen=True, slots=True)
class Refusal:
    """One way in which a token fails; `code` tells it from the others."""

    code: str
    zh: str
    en: str

    def problem(self, *, claim: str | None = None) -> Problem:
        detail: Text = {"zh": self.zh, "en": self.en}
        place = {"claim": claim} if claim else {"header": "Authorization"}
        challenge = 'Bearer realm="see-platform"'
        if self is not MISSING:
            challenge += f', error="invalid_token", error_description="{self.en.rstrip(".")}"'
        return Problem(
            UNAUTHENTICATED,
            detail,
            errors=[FieldError(code=self.code, detail=detail, **place)],
            headers={"www-authenticate": challenge},
        )


MISSING = Refusal("missing", "缺少持有者令牌。", "A bearer token is missing.")
MALFORMED = Refusal("malformed", "令牌不是 JWT。", "The token is not a JWT.")
ALGORITHM = Refusal(
    "algorithm_not_allowed",
    "不接受该令牌的签名算法。",
    "The signature algorithm of the token is not accepted.",
)
ISSUER = Refusal(
    "issuer_unknown", "不信任该令牌的签发者。", "The issuer of the token is not trusted."
)
KEY = Refusal("key_unknown", "签名密钥未知。", "The key that signed the token is not known.")
SIGNATURE = Refusal(
    "signature_invalid", "令牌签名无效。", "The signature of the token is not valid."
)
EXPIRED = Refusal("expired", "令牌已过期。", "The token has expired.")
EARLY = Refusal("not_yet_valid", "令牌尚未生效。", "The token is not valid yet.")
AUDIENCE = Refusal(
    "audience_mismatch", "该令牌不是签发给本平台的。", "The token is meant for another audience."
)
CLAIM = Refusal(
    "claim_invalid", "令牌缺少必要声明或其取值无效。", "A claim is missing or not valid."
)

_BY_ERROR: Mapping[type[jwt.PyJWTError], Refusal] = {
    jwt.ExpiredSignatureError: EXPIRED,
    jwt.ImmatureSignatureError: EARLY,
    jwt.InvalidAudienceError: AUDIENCE,
    jwt.InvalidIssuerError: ISSUER,
    jwt.InvalidAlgorithmError: ALGORITHM,
    jwt.InvalidSignatureError: SIGNATURE,
    jwt.InvalidKeyError: SIGNATURE,
}


class Gate:
    """Checks the tokens of trusted issuers: algorithm, key, signature, times, audience, claims."""

    def __init__(
        self,
        issuers: Mapping[str, Keys],
        *,
        audience: str,
        algorithms: frozenset[str],
        leeway_seconds: int,
    ) -> None:
        self._issuers = issuers
        self._audience = audience
        self._algorithms = algorithms
        self._leeway_seconds = leeway_seconds
        self._checked: Recent[str, tuple[float, Principal]] = Recent(10_000)

    async def principal(self, request: Request) -> Principal:
        """The caller with the roles that the token names. Raises a problem (401, or 503)."""
        token = _bearer(request)
        checked = self._checked.get(token)
        now = time.time()
        if checked is not None and now < checked[0]:
            return checked[1]
        claims = await self._claims(token)
        principal = _principal(claims)
        until = min(claims["exp"] + self._leeway_seconds, now + CHECKED_SECONDS)
        self._checked.keep(token, (until, principal))
        return principal

    async def _claims(self, token: str) -> dict[str, Any]:
        try:
            header = jwt.get_unverified_header(token)
            unverified = jwt.decode(token, options={"verify_signature": False})
        except (jwt.InvalidTokenError, ValueError) as error:
            raise MALFORMED.problem() from error
        if header.get("alg") not in self._algorithms:
            raise ALGORITHM.problem()
        issuer = unverified.get("iss")
        if not isinstance(issuer, str) or issuer not in self._issuers:
            raise ISSUER.problem(claim="iss")
        key = await self._issuers[issuer].key(header.get("kid"))
        if key is None:
            raise KEY.problem()
        return self._verified(token, key, issuer)

    def _verified(self, token: str, key: Any, issuer: str) -> dict[str, Any]:
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=sorted(self._algorithms),
                audience=self._audience,
                issuer=issuer,
                leeway=self._leeway_seconds,
                options={"require": ["exp", "aud", "iss", "sub"]},
            )
        except jwt.MissingRequiredClaimError as error:
            raise CLAIM.problem(claim=error.claim) from error
        except jwt.PyJWTError as error:
            raise _BY_ERROR.get(type(error), SIGNATURE).problem() from error
        except (TypeError, ValueError) as error:
            # A key of another kind than the algorithm takes.
            raise SIGNATURE.problem() from error
        return claims


def _bearer(request: Request) -> str:
    values = every(request.headers, b"authorization")
    if not values:
        raise MISSING.problem()
    scheme, _, token = values[0].decode("latin-1").partition(" ")
    if scheme.lower() != "bearer":
        raise MISSING.problem()
    if len(values) > 1 or not token.isascii():
        raise MALFORMED.problem()
    return token.strip()


def _principal(claims: Mapping[str, Any]) -> Principal:
    subject, tenant, roles = claims["sub"], claims.get("tenant"), claims.get("roles", [])
    if not isinstance(subject, str) or not _SUBJECT.fullmatch(subject):
        raise CLAIM.problem(claim="sub")
    if not isinstance(tenant, str) or not tenant:
        raise CLAIM.problem(claim="tenant")
    if not isinstance(roles, list) or not all(isinstance(role, str) for role in roles):
        raise CLAIM.problem(claim="roles")
    # Providers put roles of other applications into the same claim.
    return Principal(subject, tenant, _ROLES & frozenset(roles))
