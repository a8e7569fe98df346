"""Identifiers are prefixed and sort by the time they were made: `cas_` and 26 characters."""

import hashlib
import os
import time

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def new_id(prefix: str) -> str:
    """A fresh identifier: 48 bits of milliseconds, then 82 random bits (Crockford base 32)."""
    milliseconds = time.time_ns() // 1_000_000
    return f"{prefix}_{_base32((milliseconds << 82) | (int.from_bytes(os.urandom(11)) >> 6))}"


def derived_id(prefix: str, *parts: object) -> str:
    """The one identifier of these parts: the same parts give the same identifier everywhere."""
    digest = hashlib.sha256("\x1f".join(str(part) for part in parts).encode()).digest()
    return f"{prefix}_{_base32(int.from_bytes(digest[:17]) >> 6)}"


def _base32(value: int) -> str:
    return "".join(_ALPHABET[(value >> shift) & 31] for shift in range(125, -1, -5))
