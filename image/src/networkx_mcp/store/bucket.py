"""A token bucket in memory: the embedded store serves one process, so nothing needs sharing.

lua/lease.lua is the same for several processes.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

#: Buckets kept before those that are full again are dropped.
MOST = 10_000


class TokenBuckets:
    """Buckets by name. `now` is a clock in seconds that does not go back."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        #: name -> (tokens, time of that count, time at which the bucket is full again)
        self._buckets: dict[str, tuple[float, float, float]] = {}

    def take(self, name: str, wanted: int, rate: float, burst: int) -> int:
        """Take up to `wanted` tokens; returns how many. `rate` tokens come back per second, up to
        `burst`. Over any t seconds at most burst + rate * t are granted."""
        now = self._now()
        tokens, since, _ = self._buckets.get(name, (float(burst), now, now))
        tokens = min(float(burst), tokens + (now - since) * rate)
        granted = max(0, min(wanted, math.floor(tokens)))
        if len(self._buckets) >= MOST and name not in self._buckets:
            self._buckets = {key: bucket for key, bucket in self._buckets.items() if bucket[2] > now}
        tokens -= granted
        self._buckets[name] = (tokens, now, now + (burst - tokens) / rate)
        return granted
