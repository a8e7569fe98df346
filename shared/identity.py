"""Who is calling: the gateway signs a short-lived token per audience, every service verifies it."""

import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from fastapi import Depends, Request
from fastapi.security import HTTPBearer

from shared.problems import FORBIDDEN, UNAUTHENTICATED, FieldError, Problem, Text

ISSUER = "see-gateway"
LIFETIME_SECONDS = 60

bearer = HTTPBearer(
    auto_error=False, bearerFormat="JWT", scheme_name="bearer", description="OpenID Connect token"
)


class Role(StrEnum):
    """What a person or an integration may do in a tenant."""

    VIEWER = "viewer"
    RATER = "rater"
    LEAD_ASSESSOR = "lead_assessor"
    PROCESS_OWNER = "process_owner"
    STRATEGY_OWNER = "strategy_owner"
    ADMINISTRATOR = "administrator"
    INTEGRATION = "integration"


PEOPLE = frozenset(Role) - {Role.INTEGRATION}


@dataclass(frozen=True, slots=True)
class Principal:
    """A caller whose identity has been verified."""

    subject: str
    tenant: str
    roles: frozenset[str]

    def may(self, allowed: Iterable[Role]) -> bool:
        return Role.ADMINISTRATOR in self.roles or not self.roles.isdisjoint(allowed)


class Signer:
    """Signs the tokens that the gateway passes on: one audience each, valid for sixty seconds."""

    def __init__(self, private_key: Ed25519PrivateKey) -> None:
        self._key = private_key

    @classmethod
    def from_file(cls, path: Path) -> "Signer":
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
        if not isinstance(key, Ed25519PrivateKey):
            raise TypeError(f"{path} does not hold an Ed25519 private key")
        return cls(key)

    def token(self, principal: Principal, audience: str) -> str:
        now = int(time.time())
        claims = {
            "iss": ISSUER,
            "aud": audience,
            "iat": now,
            "exp": now + LIFETIME_SECONDS,
            "sub": principal.subject,
            "tenant": principal.tenant,
            "roles": sorted(principal.roles),
        }
        return jwt.encode(claims, self._key, algorithm="EdDSA")


class Verifier:
    """Verifies such a token for the audience that this service is."""

    def __init__(self, public_key: Ed25519PublicKey, audience: str) -> None:
        self._key = public_key
        self._audience = audience

    @classmethod
    def from_file(cls, path: Path, audience: str) -> "Verifier":
        key = serialization.load_pem_public_key(path.read_bytes())
        if not isinstance(key, Ed25519PublicKey):
            raise TypeError(f"{path} does not hold an Ed25519 public key")
        return cls(key, audience)

    def principal(self, token: str) -> Principal:
        """Raises jwt.InvalidTokenError when anything about the token is wrong."""
        claims = jwt.decode(
            token,
            self._key,
            algorithms=["EdDSA"],
            audience=self._audience,
            issuer=ISSUER,
            options={"require": ["exp", "iat", "sub", "aud", "iss"]},
        )
        return Principal(claims["sub"], claims["tenant"], frozenset(claims["roles"]))


def write_key_pair(private_path: Path, public_path: Path) -> None:
    """A new Ed25519 key pair as PEM files; only the owner can read the private one."""
    key = Ed25519PrivateKey.generate()
    private_path.touch(mode=0o600)
    private_path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    public_path.write_bytes(
        key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    )


def authenticate(request: Request) -> Principal:
    """The caller of this request, verified once and kept on the request."""
    known: Principal | None = getattr(request.state, "principal", None)
    if known is not None:
        return known
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise _unauthenticated("missing", "缺少持有者令牌。", "A bearer token is missing.")
    verifier: Verifier = request.app.state.verifier
    try:
        principal = verifier.principal(token)
    except (jwt.InvalidTokenError, KeyError) as error:
        raise _unauthenticated("invalid", "令牌无效。", "The token is not valid.") from error
    request.state.principal = principal
    return principal


def require(*roles: Role) -> Callable[[Request, object], Awaitable[Principal]]:
    """A dependency: the caller, who holds one of the roles; administrators may everything."""
    allowed = frozenset(roles) or PEOPLE

    async def required(request: Request, _: object = Depends(bearer)) -> Principal:
        principal = authenticate(request)
        if not principal.may(allowed):
            raise Problem(FORBIDDEN, _needs(allowed))
        return principal

    return required


def _needs(allowed: frozenset[Role]) -> Text:
    names = ", ".join(sorted(allowed))
    return {"zh": f"需要以下角色之一：{names}。", "en": f"One of these roles is needed: {names}."}


def _unauthenticated(code: str, zh: str, en: str) -> Problem:
    return Problem(
        UNAUTHENTICATED,
        errors=[FieldError(code=code, detail={"zh": zh, "en": en}, header="Authorization")],
        headers={"www-authenticate": "Bearer"},
    )
