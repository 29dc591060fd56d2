"""Our own results where networkx is wrong or never ends: see `table`."""

from __future__ import annotations

import importlib

from networkx_mcp.compute.algorithms.corrected.table import CORRECTIONS, OURS, Correction, Original

__all__ = ["CORRECTIONS", "OURS", "Correction", "Original", "load"]

_MODULES = ("communities", "connectivity", "cuts", "domains", "flows", "groups", "paths", "spectra")


def load() -> None:
    """Fill the table."""
    for module in _MODULES:
        importlib.import_module(f"networkx_mcp.compute.algorithms.corrected.{module}")
