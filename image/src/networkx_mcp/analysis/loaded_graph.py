"""The graphs of one call inside a worker: the state of each, and its networkx graph made once when needed.

A task gets ``params = {"graphs": [{"base": index of a file descriptor or None, "directed": bool, "batches": [encoded
batches of edits]}, ...], ...}``, a graph for each that the call names and in its order, and the descriptors themselves.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from contextlib import AbstractContextManager
from functools import cached_property
from typing import TYPE_CHECKING, Any

from networkx_mcp.arrays import edits
from networkx_mcp.arrays.frozen import FrozenGraph
from networkx_mcp.arrays.state import GraphState
from networkx_mcp.backend.kernels.arrays import Arrays

if TYPE_CHECKING:
    import networkx as nx
    import numpy as np
    from numpy.typing import NDArray

    from networkx_mcp.errors import NotFound

#: Stored bytes of a value that no algorithm and no label reads: it is not made into objects, which may be thirty times as large.
_LONG = 256 * 1024

#: The engine of what no kernel answers.
NETWORKX = "networkx"
#: Keys of a task's params that describe the graphs; everything else is an argument of the task.
GRAPH_KEYS = frozenset({"graphs", "allowance", "view", "save", "progress"})


def load_states(params: dict[str, Any], fds: Sequence[int]) -> list[GraphState]:
    """The graphs that `params` name: the frozen base of one of `fds` with the batches of edits applied, each."""
    states = []
    for graph in params["graphs"]:
        frozen = FrozenGraph.attach(fds[graph["base"]]) if graph["base"] is not None else None
        state = GraphState(frozen, graph["directed"])
        for batch in graph["batches"]:
            state.apply(edits.decode(batch))
        states.append(state)
    return states


def load_state(params: dict[str, Any], fds: Sequence[int]) -> GraphState:
    """The graph of a call that names one."""
    (state,) = load_states(params, fds)
    return state


class LoadedGraph:
    """A graph that tasks read. The networkx graph and the order of the nodes are made at most once."""

    def __init__(self, state: GraphState) -> None:
        self.state = state
        #: Seconds that the call may take, for `engine.call` to refuse what cannot end; None: it may try.
        self.allowance: float | None = None
        #: What an answer about this graph must say beside its numbers.
        self.remarks: list[str] = []
        #: Of a part of another graph: the rows that its nodes and its edges have there.
        self.part_of: tuple[NDArray[np.int64], NDArray[np.int64]] | None = None

    @classmethod
    def all_of(cls, params: dict[str, Any], fds: Sequence[int]) -> list[LoadedGraph]:
        """The graphs of a call, in its order."""
        graphs = [cls(state) for state in load_states(params, fds)]
        for graph in graphs:
            graph.allowance = params.get("allowance")
        return graphs

    @classmethod
    def from_networkx(cls, graph: nx.Graph[Any]) -> LoadedGraph:
        """A graph that exists as networkx already (tests, derived graphs)."""
        loaded = cls(GraphState.from_networkx(graph))
        loaded.nx = graph
        return loaded

    @cached_property
    def nx(self) -> nx.Graph[Any]:
        return self.state.to_networkx(_LONG)

    @cached_property
    def arrays(self) -> Arrays:
        """The graph as kernels read it; edits are merged in at most once."""
        return Arrays(self.state.freeze())

    @cached_property
    def without_loops(self) -> LoadedGraph:
        """The graph without self-loops; itself where it has none."""
        if not self.arrays.frozen.loops:
            return self
        import networkx as nx

        plain = self.nx.copy()
        plain.remove_edges_from(list(nx.selfloop_edges(plain)))
        return self.replaced(LoadedGraph.from_networkx(plain).state)

    def replaced(self, state: GraphState) -> LoadedGraph:
        """Another graph in the place of this one: its call has as much time, and what is remarked of it stands in the same answer."""
        found = LoadedGraph(state)
        found.allowance, found.remarks = self.allowance, self.remarks
        return found

    def call(self, algorithm: str, args: Sequence[Any], kwargs: dict[str, Any]) -> tuple[Any, str]:
        """The algorithm's answer and the engine that gave it: the one that is best at it."""
        from networkx_mcp.analysis import engine

        return engine.call(self, algorithm, args, kwargs)

    def prepare(self, algorithm: str) -> None:
        """Do what is not the algorithm's own time."""
        from networkx_mcp.analysis import engine

        if engine.needs_networkx(algorithm):
            _ = self.nx

    def explained(self, algorithm: str) -> AbstractContextManager[None]:
        """Raises InvalidInput or NotFound for what the algorithm raises in it."""
        from networkx_mcp.analysis.networkx_errors import explained

        return explained(self.state, algorithm)

    def afford(self, rows: int, values: int) -> None:
        """Asked before an answer of `rows` rows with `values` values is made; raises where that costs too much here."""

    def remark(self, text: str) -> None:
        """Have the answer say `text`, once."""
        if text not in self.remarks:
            self.remarks.append(text)

    def missing(self, node: str | int, field: str) -> NotFound:
        """The error for a node that is not in the graph: with the node that is called so, where there is one."""
        from networkx_mcp.analysis import names

        return names.missing(self, node, field)

    @property
    def directed(self) -> bool:
        return self.state.directed

    @property
    def elements(self) -> int:
        """Nodes + edges: what `algorithm_elements_total` counts."""
        return self.state.n + self.state.m

    @cached_property
    def order(self) -> dict[Hashable, int]:
        """Position of each node in insertion order: what ties are broken by."""
        return {node: position for position, node in enumerate(self.arrays.ids)}

    def sorted(self, nodes: Iterable[Any]) -> list[Any]:
        """`nodes` of this graph in node order; nodes that a result invented come last, by their text."""
        order, last = self.order, self.state.n
        return sorted(nodes, key=lambda node: (order.get(node, last), "" if node in order else repr(node)))
