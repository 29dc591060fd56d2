"""Fast implementations of networkx's algorithms over the frozen arrays; networkx stays the reference."""

from __future__ import annotations

import importlib
import logging
import pkgutil


def load() -> None:
    """Import every module of this package: those with kernels register them."""
    for module in pkgutil.iter_modules(__path__, f"{__name__}."):
        importlib.import_module(module.name)
    native = importlib.import_module(f"{__name__}.native")
    if why := native.missing():
        logging.getLogger(__name__).warning("no compiled kernels, algorithms are slower: %s", why)
