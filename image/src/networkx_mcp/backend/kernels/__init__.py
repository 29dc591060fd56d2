"""Fast implementations of networkx's algorithms over the frozen arrays; networkx stays the reference."""

from __future__ import annotations

import importlib
import logging

#: Modules that register kernels. Of those for one algorithm the first that can answers: compiled ones before
#: those that do without, but those of deep graphs after the ones that give up on them.
MODULES = (
    "compiled_centrality", "compiled_paths", "compiled_structure",
    "degrees", "spectral", "components", "distances", "betweenness", "paths", "trees", "triangles", "cores", "dag",
    "blocks", "flows", "matching", "assortativity", "communities", "compiled_distances",
)  # fmt: skip


def load() -> None:
    """Register all kernels."""
    for module in MODULES:
        importlib.import_module(f"{__name__}.{module}")
    native = importlib.import_module(f"{__name__}.native")
    if why := native.missing():
        logging.getLogger(__name__).warning("no compiled kernels, algorithms are slower: %s", why)
