"""From measured times to a row of the cost table: `seconds = base + c * n^a * m^b`, and the kindest shape's ratio to it."""

from __future__ import annotations

from typing import Any

import numpy as np

#: Algorithms whose classes are known: exponents of n and m.
CLASSES: dict[str, tuple[float, float]] = {
    **dict.fromkeys(
        (
            "betweenness_centrality", "edge_betweenness_centrality", "closeness_centrality", "harmonic_centrality",
            "load_centrality", "eccentricity", "radius", "center", "periphery", "average_shortest_path_length",
            "global_efficiency", "wiener_index", "community.girvan_newman",
        ),
        (1, 1),
    ),
    **dict.fromkeys(
        (
            "degree", "in_degree", "out_degree", "degree_centrality", "pagerank", "hits", "eigenvector_centrality",
            "clustering", "average_clustering", "triangles", "transitivity", "core_number", "connected_components",
            "weakly_connected_components", "strongly_connected_components", "biconnected_components", "is_connected",
            "is_strongly_connected", "degree_assortativity_coefficient", "is_planar", "partition_graph",
            "community.louvain_communities", "community.leiden_communities", "community.fast_label_propagation_communities",
        ),
        (0, 1),
    ),
}  # fmt: skip


def fit(name: str, runs: list[list[Any]]) -> dict[str, Any] | None:
    """The row of one algorithm on one engine."""
    base_runs = [run for run in runs if run[4]]
    if len(base_runs) < 2:
        return None
    base = min(run[3] for run in base_runs)
    points = [run for run in base_runs if run[3] > max(1.5 * base, 0.002)] or base_runs[-1:]
    points = sorted(points, key=lambda run: run[3])[-8:]
    n, m, seconds = (np.log([max(run[i], 1e-9) for run in points]) for i in (1, 2, 3))
    if name in CLASSES:
        a, b = CLASSES[name]
    elif len(points) < 3:
        a, b = 0.0, 1.0  # never seen to take long: linear
    else:
        a, b = _exponents(n, m, seconds)
    c = float(np.exp(np.mean((seconds - a * n - b * m)[-4:])))
    low = 1.0
    for _, n_, m_, taken, of_fit in runs:
        if not of_fit:
            low = min(low, taken / (base + c * n_**a * max(m_, 1) ** b))
    largest = max(base_runs, key=lambda run: run[3])
    return {
        "base": short(base), "c": short(c), "a": round(a, 2), "b": round(b, 2), "low": short(low), "known": name in CLASSES,
        "largest": [largest[1], largest[2], short(largest[3])], "shape": base_runs[0][0], "runs": len(runs),
    }  # fmt: skip


def _exponents(n: Any, m: Any, seconds: Any) -> tuple[float, float]:
    """Least squares; where the densities do not tell n from m, all of it is m's."""
    weights = np.sqrt(np.exp(seconds - seconds.max()) + 0.05)
    if np.std(m - n) > 0.2:
        rows = np.column_stack([np.ones_like(n), n, m])
        (_, a, b), *_ = np.linalg.lstsq(rows * weights[:, None], seconds * weights, rcond=None)
        if a >= 0 and b >= 0:
            return float(a), float(b)
        if a >= 0:
            slope = np.polyfit(n, seconds, 1, w=weights)[0]
            return max(0.0, float(slope)), 0.0
    slope = np.polyfit(m, seconds, 1, w=weights)[0]
    return 0.0, max(0.0, float(slope))


def short(value: float) -> float:
    """Three digits."""
    return float(f"{value:.3g}")
