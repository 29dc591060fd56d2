"""Numbers of nodes that a caller gives to an iteration."""

from __future__ import annotations

from typing import Any

import numpy as np

from networkx_mcp.backend.kernels.arrays import Arrays, Float, Unsuited


def vector(graph: Arrays, given: Any, default: Float) -> Float:
    """Numbers by node as networkx reads them: 0 for nodes that are not named, scaled to sum 1."""
    if given is None:
        return default
    if not isinstance(given, dict):
        raise Unsuited
    values = np.zeros(graph.n)
    for node, number in given.items():
        if isinstance(number, bool) or not isinstance(number, (int, float)):
            raise Unsuited
        try:
            values[graph.row(node)] = number
        except Unsuited:
            if not graph.frozen.judges(node):
                raise  # it may be another name of a node
    total = values.sum()
    if total <= 0 or (values < 0).any():
        raise Unsuited
    return np.asarray(values / total)
