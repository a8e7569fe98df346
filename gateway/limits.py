"""Rate limits: a bucket of tokens per caller that refills steadily."""

import math
from collections.abc import Hashable
from typing import NamedTuple

from gateway.headers import Headers
from gateway.recent import Recent
from shared.problems import TOO_MANY_REQUESTS, Problem


class Verdict(NamedTuple):
    """Whether a request may pass, how many more may follow at once, and when it may otherwise."""

    allowed: bool
    remaining: int
    seconds: float


class Limiter:
    """Token buckets, one per key. The least recently used ones are forgotten."""

    def __init__(self, policy: str, rate: float, burst: int, most: int = 100_000) -> None:
        self._policy = policy
        self._rate = rate
        self._burst = burst
        self._buckets: Recent[Hashable, tuple[float, float]] = Recent(most)

    def take(self, key: Hashable, now: float) -> Verdict:
        """Take one token at this time (seconds of a monotonic clock)."""
        tokens, at = self._buckets.get(key) or (float(self._burst), now)
        tokens = min(float(self._burst), tokens + (now - at) * self._rate)
        allowed = tokens >= 1
        if allowed:
            tokens -= 1
        self._buckets.keep(key, (tokens, now))
        return Verdict(allowed, math.floor(tokens), max(0.0, (1 - tokens) / self._rate))

    def headers(self, verdict: Verdict) -> Headers:
        """RateLimit-Policy and RateLimit (draft-ietf-httpapi-ratelimit-headers-10)."""
        window = math.ceil(self._burst / self._rate)
        limit = f'"{self._policy}";r={verdict.remaining}'
        if not verdict.remaining:
            limit += f";t={max(1, math.ceil(verdict.seconds))}"
        policy = f'"{self._policy}";q={self._burst};w={window}'
        return [(b"ratelimit-policy", policy.encode()), (b"ratelimit", limit.encode())]


def exceeded(verdict: Verdict) -> Problem:
    """429, and when the next request may come."""
    seconds = max(1, math.ceil(verdict.seconds))
    return Problem(
        TOO_MANY_REQUESTS,
        {"zh": f"请在 {seconds} 秒后重试。", "en": f"Try again in {seconds} s."},
        headers={"retry-after": str(seconds)},
    )
