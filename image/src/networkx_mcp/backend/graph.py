"""The graph of the NetworkX backend: a view over a frozen graph that nobody can change.

`nx.pagerank(graph)` and the like dispatch on it without a conversion. What the arrays do not answer goes to a
networkx graph that is made once, on first use: every method that reads a `Graph` or `DiGraph` works. To change
one, take a copy: `graph.to_networkx()`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

import networkx as nx

from networkx_mcp.arrays import convert
from networkx_mcp.arrays.frozen import FrozenGraph
from networkx_mcp.backend import labelled
from networkx_mcp.backend.kernels.arrays import Arrays

NAME = "networkx_mcp"
#: What networkx reads of a graph's insides.
_INSIDES = frozenset({"_adj", "_node", "_pred", "_succ"})


class Graph:
    """See the module. `Graph(frozen)` costs nothing; `Graph.of(nx_graph)` converts.

    NotImplementedError when the graph to convert is a multigraph.
    """

    __networkx_backend__ = NAME

    def __init__(self, data: FrozenGraph) -> None:
        self.data = data
        #: networkx keeps its own conversions of this graph here.
        self.__networkx_cache__: dict[str, Any] = {}

    @classmethod
    def of(
        cls,
        graph: nx.Graph[Any],
        *,
        nodes: labelled.Wanted = True,
        edges: labelled.Wanted = True,
        attributes: bool = True,
    ) -> Graph:
        """The arrays of a networkx graph; `nodes`, `edges`: names of attributes to keep, or all, or none."""
        return cls(labelled.from_networkx(graph, nodes=nodes, edges=edges, attributes=attributes))

    def to_networkx(self) -> nx.Graph[Any]:
        """A `Graph` or `DiGraph` of its own: orders, types and attributes as they are here."""
        return convert.to_networkx(self.data)

    @cached_property
    def networkx(self) -> nx.Graph[Any]:
        """The same graph for code that only reads: made once, and it refuses to be changed."""
        graph = self.to_networkx()
        nx.freeze(graph)
        return graph

    @cached_property
    def arrays(self) -> Arrays:
        """What kernels read."""
        return Arrays(self.data)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") and name not in _INSIDES:
            raise AttributeError(name)
        return getattr(self.networkx, name)

    def __reduce__(self) -> tuple[Any, tuple[nx.Graph[Any]]]:
        return Graph.of, (self.to_networkx(),)

    # -- what the arrays know

    def is_directed(self) -> bool:
        return self.data.directed

    def is_multigraph(self) -> bool:
        return False

    def __len__(self) -> int:
        return self.data.n

    number_of_nodes = order = __len__

    def __iter__(self) -> Iterator[Any]:
        return self.data.iter_ids()

    def __contains__(self, node: object) -> bool:
        return self.data.locate(node) >= 0 if self.data.judges(node) else node in self.networkx

    has_node = __contains__

    def has_edge(self, u: Any, v: Any) -> bool:
        if not (self.data.judges(u) and self.data.judges(v)):
            return self.networkx.has_edge(u, v)
        rows = self.data.locate(u), self.data.locate(v)
        return min(rows) >= 0 and self.data.edge_row(*rows) >= 0

    def number_of_edges(self, u: Any = None, v: Any = None) -> int:
        """Of the graph, or between two nodes."""
        if u is None:
            return self.data.m
        return int(self.has_edge(u, v))

    def __getitem__(self, node: Any) -> Any:
        return self.networkx[node]

    def __str__(self) -> str:
        kind = "DiGraph" if self.data.directed else "Graph"
        return f"{kind} of the {NAME} backend with {self.data.n} nodes and {self.data.m} edges"
