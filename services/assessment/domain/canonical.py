"""Canonical JSON (RFC 8785): one text, and so one hash, for one content."""

import hashlib
import json


def canonical(plain: object) -> bytes:
    """The RFC 8785 form of a tree of texts, integers, booleans and nulls.

    Floats have no place here: what is hashed is exact. Raises TypeError for anything else, and
    UnicodeEncodeError for half a surrogate pair.
    """
    return json.dumps(_ordered(plain), ensure_ascii=False, separators=(",", ":")).encode()


def digest(plain: object) -> str:
    """`sha256:` and the SHA-256 of the canonical form, in hexadecimal."""
    return f"sha256:{hashlib.sha256(canonical(plain)).hexdigest()}"


def _ordered(plain: object) -> object:
    if isinstance(plain, dict):
        # RFC 8785 sorts keys by their UTF-16 code units.
        keys = sorted(plain, key=lambda key: key.encode("utf-16-be"))
        return {key: _ordered(plain[key]) for key in keys}
    if isinstance(plain, list):
        return [_ordered(each) for each in plain]
    if plain is None or isinstance(plain, str | int):
        return plain
    raise TypeError(f"{type(plain).__name__} has no exact canonical form")
