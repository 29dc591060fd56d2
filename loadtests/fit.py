"""Lines through what was measured, by least squares."""

from __future__ import annotations

import statistics
from collections.abc import Sequence


def slope(xs: Sequence[float], ys: Sequence[float]) -> float:
    """Change of `ys` per unit of `xs`; 0 where there are no two places."""
    try:
        return statistics.linear_regression(xs, ys).slope
    except statistics.StatisticsError:
        return 0.0
