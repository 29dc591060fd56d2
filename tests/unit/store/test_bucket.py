"""The law of the token bucket: over any time, at most the burst and what the rate gave."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from networkx_mcp.store.bucket import TokenBuckets

takes = st.lists(st.tuples(st.floats(0, 5), st.integers(-1, 50)), max_size=40)


@given(takes, st.floats(0.1, 100), st.integers(1, 40))
def test_never_more_than_burst_and_rate(steps: list[tuple[float, int]], rate: float, burst: int) -> None:
    now = 1000.0
    buckets = TokenBuckets(lambda: now)
    granted: list[tuple[float, int]] = []
    for pause, wanted in steps:
        now += pause
        got = buckets.take("b", wanted, rate, burst)
        assert 0 <= got <= max(0, wanted)
        granted.append((now, got))
    for i, (start, _) in enumerate(granted):
        total = 0
        for time, got in granted[i:]:
            total += got
            assert total <= burst + rate * (time - start) + 1e-6


@given(st.floats(0.1, 100), st.integers(1, 40))
def test_an_idle_bucket_is_full(rate: float, burst: int) -> None:
    now = 0.0
    buckets = TokenBuckets(lambda: now)
    assert buckets.take("b", burst + 1, rate, burst) == burst
    now = burst / rate + 0.001
    assert buckets.take("b", burst + 1, rate, burst) == burst
