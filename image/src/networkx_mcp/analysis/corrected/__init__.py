"""Our own results where networkx is wrong or never ends: see `corrections`."""

from __future__ import annotations

import importlib
import pkgutil

from networkx_mcp.analysis.corrected.corrections import CORRECTIONS, OURS, Correction, Original

__all__ = ["CORRECTIONS", "OURS", "Correction", "Original", "load"]


def load() -> None:
    """Fill the table: each module of this package enters its own corrections."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
