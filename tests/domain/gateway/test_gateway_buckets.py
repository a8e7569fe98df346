"""A bucket lets a burst through, then the steady rate, and forgets the least recent callers."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.limits import Limiter


def test_a_burst_passes_and_the_next_request_waits_for_a_token() -> None:
    limiter = Limiter("user", rate=2, burst=3)
    assert [limiter.take("a", 0.0).allowed for _ in range(4)] == [True, True, True, False]
    assert limiter.take("a", 0.0).seconds == 0.5
    assert limiter.take("a", 0.5).allowed


def test_one_callers_burst_is_not_anothers() -> None:
    limiter = Limiter("user", rate=1, burst=1)
    assert limiter.take("a", 0.0).allowed
    assert limiter.take("b", 0.0).allowed


def test_headers_state_quota_window_and_what_is_left() -> None:
    limiter = Limiter("user", rate=2, burst=3)
    headers = dict(limiter.headers(limiter.take("a", 0.0)))
    assert headers == {b"ratelimit-policy": b'"user";q=3;w=2', b"ratelimit": b'"user";r=2'}
    limiter.take("a", 0.0)
    spent = dict(limiter.headers(limiter.take("a", 0.0)))
    assert spent[b"ratelimit"] == b'"user";r=0;t=1'


def test_memory_is_bounded_by_forgetting_the_least_recent_caller() -> None:
    limiter = Limiter("user", rate=0.001, burst=1, most=2)
    for caller in ("a", "b", "a", "c"):
        limiter.take(caller, 0.0)
    assert not limiter.take("a", 0.0).allowed
    assert limiter.take("b", 0.0).allowed


@given(st.lists(st.floats(0, 2), max_size=60), st.integers(1, 5), st.sampled_from([0.5, 1, 4]))
def test_no_window_admits_more_than_the_burst_and_the_rate(
    gaps: list[float], burst: int, rate: float
) -> None:
    limiter = Limiter("user", rate=rate, burst=burst)
    now, admitted = 0.0, []
    for gap in gaps:
        now += gap
        if limiter.take("a", now).allowed:
            admitted.append(now)
    for first, start in enumerate(admitted):
        for count, end in enumerate(admitted[first:], start=1):
            assert count <= burst + (end - start) * rate + 1e-6
