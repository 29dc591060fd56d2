"""Latencies as a histogram of bounded relative error, small enough to keep with every result.

Like HdrHistogram: each power of two of microseconds has 128 buckets, so a bucket is at most 0.8 % wide.
All samples are in it; quantiles of a stored result can be computed again, and histograms added.
"""

from __future__ import annotations

import base64
import json
import math
import zlib
from collections.abc import Iterable

SUB_BITS = 7
RELATIVE_ERROR = 2.0**-SUB_BITS
QUANTILES = (0.5, 0.75, 0.9, 0.95, 0.99, 0.999)


def _bucket(microseconds: int) -> int:
    shift = max(0, microseconds.bit_length() - SUB_BITS - 1)
    return (shift << (SUB_BITS + 1)) + (microseconds >> shift)


def _value(bucket: int) -> float:
    """The middle of a bucket, in microseconds."""
    shift, top = bucket >> (SUB_BITS + 1), bucket & ((1 << (SUB_BITS + 1)) - 1)
    return (top << shift) + (1 << shift) / 2 if shift else float(top)


class Histogram:
    """Counts of latencies, given in seconds."""

    def __init__(self) -> None:
        self.counts: dict[int, int] = {}
        self.total = 0
        self._sum = 0.0
        self.maximum = 0.0

    def add(self, seconds: float) -> None:
        """Count one latency of 0 s or more."""
        bucket = _bucket(int(seconds * 1e6))
        self.counts[bucket] = self.counts.get(bucket, 0) + 1
        self.total += 1
        self._sum += seconds
        self.maximum = max(self.maximum, seconds)

    def extend(self, values: Iterable[float]) -> Histogram:
        """Count many; returns itself."""
        for value in values:
            self.add(value)
        return self

    def merge(self, other: Histogram) -> None:
        """Add the counts of another."""
        for bucket, count in other.counts.items():
            self.counts[bucket] = self.counts.get(bucket, 0) + count
        self.total += other.total
        self._sum += other._sum
        self.maximum = max(self.maximum, other.maximum)

    @property
    def mean(self) -> float:
        """Mean in seconds; 0 of nothing."""
        return self._sum / self.total if self.total else 0.0

    def quantile(self, q: float) -> float:
        """The smallest latency that a share `q` of all does not pass, in seconds (nearest rank); 0 of nothing."""
        if not self.total:
            return 0.0
        rank = max(1, math.ceil(q * self.total))
        seen = 0
        for bucket in sorted(self.counts):
            seen += self.counts[bucket]
            if seen >= rank:
                return min(_value(bucket) / 1e6, self.maximum)
        return self.maximum

    def summary(self) -> dict[str, float]:
        """Mean, quantiles and maximum in milliseconds: `mean_ms`, `p50_ms`, ..., `max_ms`."""
        found = {"mean_ms": self.mean}
        found |= {f"p{100 * q:g}_ms".replace(".", "_"): self.quantile(q) for q in QUANTILES}
        found["max_ms"] = self.maximum
        return {name: round(1000 * seconds, 2) for name, seconds in found.items()}

    def encode(self) -> str:
        """All of it as text: base64 of compressed JSON."""
        document = {"counts": sorted(self.counts.items()), "sum": self._sum, "maximum": self.maximum}
        return base64.b64encode(zlib.compress(json.dumps(document, separators=(",", ":")).encode(), 9)).decode()

    @classmethod
    def decode(cls, text: str) -> Histogram:
        """What `encode` wrote. Raises ValueError for anything else."""
        try:
            document = json.loads(zlib.decompress(base64.b64decode(text)))
            made = cls()
            made.counts = {int(bucket): int(count) for bucket, count in document["counts"]}
            made.total = sum(made.counts.values())
            made._sum, made.maximum = float(document["sum"]), float(document["maximum"])
        except (zlib.error, KeyError, TypeError) as error:
            raise ValueError(f"no histogram: {error}") from error
        return made
