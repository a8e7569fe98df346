"""Identifiers are prefixed and sort by the time they were made: `cas_` and 26 characters."""

import hashlib
import os
import time

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def new_id(prefix: str) -> str:
    """A fresh identifier: 68 bits of time to the nanosecond, 62 random bits (Crockford base 32).

    The time is 48 bits of milliseconds and 20 of the nanoseconds in one, so that what one
    transaction makes sorts as it was made.
    """
    milliseconds, nanoseconds = divmod(time.time_ns(), 1_000_000)
    made = milliseconds << 20 | nanoseconds
    return f"{prefix}_{_base32(made << 62 | int.from_bytes(os.urandom(8)) >> 2)}"


def derived_id(prefix: str, *parts: object) -> str:
    """The one identifier of these parts: the same parts give the same identifier everywhere."""
    digest = hashlib.sha256("\x1f".join(str(part) for part in parts).encode()).digest()
    return f"{prefix}_{_base32(int.from_bytes(digest[:17]) >> 6)}"


def _base32(value: int) -> str:
    return "".join(_ALPHABET[(value >> shift) & 31] for shift in range(125, -1, -5))
