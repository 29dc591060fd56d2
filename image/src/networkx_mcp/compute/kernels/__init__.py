"""Fast implementations of networkx's algorithms over the frozen arrays; networkx stays the reference."""

from __future__ import annotations

import importlib

#: Modules that register kernels.
MODULES = (
    "degrees", "spectral", "components", "distances", "betweenness", "paths", "trees", "triangles", "cores", "dag",
    "blocks", "flows", "communities",
)  # fmt: skip


def load() -> None:
    """Register all kernels."""
    for module in MODULES:
        importlib.import_module(f"{__name__}.{module}")
