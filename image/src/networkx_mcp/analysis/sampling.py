"""What is known of betweenness that was estimated from some sources instead of all."""

from __future__ import annotations

import math

#: Sources that are tried for a cheaper call, most first.
SAMPLES = (5000, 2000, 1000, 500, 200, 100, 50, 20, 10)
#: Probability with which the stated bound may be missed.
MISSED = 0.1


def sample_error(n: int, k: int) -> float:
    """Half-width that all `n` normalised betweenness scores from `k` sources hold at once with probability
    1 - MISSED: Hoeffding's inequality (1963, theorem 2 and section 6, sampling without replacement) for the mean of
    at least k - 1 dependencies in [0, 1], and a union over the nodes, as Brandes and Pich (2007) apply it."""
    return min(1.0, math.sqrt(math.log(2 * max(n, 1) / MISSED) / (2 * max(k - 1, 1))))


def bound_text(n: int, k: int, *, edges: bool = False) -> str:
    """What is known about the scores of a sample of `k` sources."""
    if edges:
        return f"estimated from {k} of {n} sources"
    return (
        f"estimated from {k} of {n} sources; all normalised scores are within {sample_error(n, k):.2g} of the exact ones "
        f"with probability {1 - MISSED:g} (Hoeffding; Brandes and Pich, 2007)"
    )
