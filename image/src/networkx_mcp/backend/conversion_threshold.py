"""From which size on the conversion of a networkx graph pays within one call, per function.

Measured by `benchmarks/backend.py` (results/backend.json): the smallest size from which on the call was faster with the
conversion than networkx without, at every larger size too. `make docs` takes it into functions.json.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from networkx_mcp.backend.info import DISPATCHED

if TYPE_CHECKING:
    import networkx as nx


def pays(name: str, graph: nx.Graph[Any]) -> bool | str:
    """True, or why one call does not pay for the conversion of this graph."""
    least = DISPATCHED[name].pays_from
    if least is None:
        return "converting the graph costs more than one call saves"
    # counting the edges goes through all nodes: only where there are few
    if len(graph) < least and len(graph) + graph.number_of_edges() < least:
        return f"below {least} nodes and edges converting the graph costs more than a call saves"
    return True
