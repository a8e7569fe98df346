"""The development issuer: signs tokens for whoever has its key file, and only in development."""

import os
import shutil
import tempfile
import time
from pathlib import Path

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared.identity import write_key_pair

ISSUER = "urn:see-platform:development"


def key(folder: Path) -> Ed25519PrivateKey:
    """The issuer's key; made by whichever process asks for it first."""
    pair = folder / "issuer"
    if not pair.exists():
        _make(pair)
    loaded = serialization.load_pem_private_key((pair / "key.pem").read_bytes(), password=None)
    if not isinstance(loaded, Ed25519PrivateKey):
        raise TypeError(f"{pair} does not hold an Ed25519 key")
    return loaded


def token(
    signing: Ed25519PrivateKey,
    *,
    audience: str,
    tenant: str,
    roles: list[str],
    subject: str,
    seconds: int,
) -> str:
    """A token like the identity provider's."""
    now = int(time.time())
    claims = {
        "iss": ISSUER,
        "aud": audience,
        "iat": now,
        "exp": now + seconds,
        "sub": subject,
        "tenant": tenant,
        "roles": roles,
    }
    return jwt.encode(claims, signing, algorithm="EdDSA")


def _make(pair: Path) -> None:
    pair.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(dir=pair.parent))
    write_key_pair(fresh / "key.pem", fresh / "key.pub.pem")
    try:
        os.rename(fresh, pair)  # noqa: PTH104 - must fail when another process was first
    except OSError:
        shutil.rmtree(fresh)
        if not pair.exists():
            raise
