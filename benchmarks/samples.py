"""What several benchmarks use: edges of random graphs, and this process' memory."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa


def columns(n: int, random: np.random.Generator) -> tuple[pa.Array, pa.Array]:
    """3 n distinct undirected edges between n nodes, as text ids."""
    keys = np.zeros(0, np.int64)
    while len(keys) < 3 * n:
        pairs = random.integers(0, n, (4 * n, 2))
        pairs = pairs[pairs[:, 0] < pairs[:, 1]]
        keys = np.unique(np.concatenate([keys, pairs[:, 0] * n + pairs[:, 1]]))
    keys = random.permutation(keys)[: 3 * n]
    names = pa.array([f"node-{k}" for k in range(n)])
    return names.take(pa.array(keys // n)), names.take(pa.array(keys % n))


def status(key: str) -> float:
    """A line of /proc/self/status in MiB."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(key + ":"):
            return int(line.split()[1]) / 1024
    raise KeyError(key)
