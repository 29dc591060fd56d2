"""networkit without its plotting, imported on use.

`import networkit` imports matplotlib's pyplot: 0.8 s and 57 MB. Its algorithms need none of that, so its
package is made here without running its `__init__`: 0.07 s and 9 MB, in the workers that ask for it only.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
import types
from typing import Any

import numpy as np

from networkx_mcp.backend.kernels.arrays import Arrays, Float, Unsuited


def module(name: str) -> Any:
    """A module of networkit, by its name below the package. Unsuited when networkit is not there."""
    if "networkit" not in sys.modules:
        spec = importlib.util.find_spec("networkit")
        if spec is None or spec.submodule_search_locations is None:
            raise Unsuited
        package = types.ModuleType("networkit")
        package.__path__ = list(spec.submodule_search_locations)
        package.__spec__ = spec
        sys.modules["networkit"] = package
    return importlib.import_module(f"networkit.{name}")


def graph(arrays: Arrays, weights: Float) -> Any:
    """An undirected graph of networkit's; `weights`: one an edge row, finite and not below 0."""
    frozen = arrays.frozen
    edges = (weights, (frozen.src.astype(np.uint64), frozen.dst.astype(np.uint64)))
    return module("graph").GraphFromCoo(edges, n=arrays.n, weighted=True, directed=False)


def start(seed: int) -> None:
    """Begin with a seed, one thread and no messages. With one thread equal seeds give equal answers."""
    module("graph")  # the others only import after it
    engineering = module("engineering")
    engineering.setLogLevel("FATAL")
    engineering.setNumberOfThreads(1)
    engineering.setSeed(seed, False)
