"""A graph that is read and edited: a frozen base and the overlay of what came since.

Semantics and order are networkx's (`nx.Graph`, `nx.DiGraph`); a batch of edits is applied as a whole or
not at all. Ids are checked wherever they come in, so `True` is never taken for `1`. Not safe for
threads: one task reads or edits at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal, overload

from networkx_mcp.arrays.edits import Edit
from networkx_mcp.arrays.frozen import FrozenGraph
from networkx_mcp.arrays.ids import NodeId, check_id
from networkx_mcp.arrays.nearest_ids import nearest_ids
from networkx_mcp.arrays.overlay import Attributes, Overlay
from networkx_mcp.arrays.page_positions import EdgePages, first_edges, node_indices
from networkx_mcp.arrays.planner import Planner
from networkx_mcp.arrays.prepared import Counts, EditSummary, Prepared
from networkx_mcp.arrays.problems import missing_edge, missing_node
from networkx_mcp.errors import NotFound

if TYPE_CHECKING:
    import networkx as nx

    from networkx_mcp.arrays.unsealed import UnsealedGraph

__all__ = ["Counts", "EditSummary", "GraphState", "Prepared"]


class GraphState:
    """See the module. Point reads raise `NotFound` (data: kind, nearest) for unknown nodes and edges."""

    def __init__(self, base: FrozenGraph | None = None, directed: bool | None = None) -> None:
        if base is not None:
            if directed is not None and directed != base.directed:
                raise ValueError("`directed` contradicts the base")
            directed = base.directed
        self.directed = bool(directed)
        self._overlay = Overlay(base, self.directed)
        self._pages: tuple[int, EdgePages] | None = None
        #: What `unsealed` gave since the last edit.
        self._unsealed: tuple[UnsealedGraph | None] | None = None

    # -- size

    @property
    def n(self) -> int:
        """Number of nodes, O(1)."""
        return self._overlay.n

    @property
    def m(self) -> int:
        """Number of edges, O(1)."""
        return self._overlay.m

    @property
    def base(self) -> FrozenGraph | None:
        """The frozen part; None when there is none (any more)."""
        return self._overlay.base

    @property
    def clean(self) -> bool:
        """Whether nothing was edited: the base is the whole graph."""
        return self._overlay.revision == 0 and self._overlay.base is not None

    @property
    def bare(self) -> bool:
        """Whether surely no node and no edge has attributes, O(1)."""
        base = self._overlay.base
        return not self._overlay.value_bytes and (base is None or not (base.node_table or base.edge_table))

    @property
    def revision(self) -> int:
        """Number of batches committed to this object."""
        return self._overlay.revision

    @property
    def overlay_bytes(self) -> int:
        """Estimate of the memory held by edits, and by what `unsealed` keeps, O(1)."""
        kept = self._unsealed[0] if self._unsealed is not None else None
        return self._overlay.nbytes + (kept.nbytes if kept is not None else 0)

    # -- edits

    def prepare(self, edits: Sequence[Edit]) -> Prepared:
        """Check a batch and say what it does; changes nothing.

        InvalidInput or NotFound (data: `field`, such as `edits[3].edges[17]`) where it cannot be applied.
        The values in `edits` become the graph's: they must not be changed afterwards.
        """
        return Planner(self._overlay, self._near).run(edits)

    def commit(self, prepared: Prepared) -> EditSummary:
        """Do a prepared batch; it cannot fail. RuntimeError when another was committed in between."""
        overlay = self._overlay
        if prepared.revision != overlay.revision:
            raise RuntimeError("the graph has changed since the batch was prepared")
        for step in prepared.plan:
            step(overlay)
        overlay.revision += 1
        self._unsealed = None
        return prepared.summary

    def apply(self, edits: Sequence[Edit]) -> EditSummary:
        """`prepare` and `commit`: all of the batch, or an error and nothing."""
        return self.commit(self.prepare(edits))

    # -- nodes

    def has_node(self, node: NodeId) -> bool:
        """Whether the node exists. InvalidInput for what can be no id."""
        return self._overlay.find(check_id(node, "node")) >= 0

    def __contains__(self, node: NodeId) -> bool:
        return self.has_node(node)

    def __len__(self) -> int:
        return self.n

    def node_attributes(self, node: NodeId) -> Attributes:
        """Attributes of a node, a new dict (its nested values are shared). Long values are `Deferred`, as in all reads here."""
        return dict(self._overlay.attributes_of_node(self._index(node)))

    @overload
    def nodes(self, start: int = 0, limit: int | None = None, *, data: Literal[False] = False) -> Iterator[NodeId]: ...

    @overload
    def nodes(
        self, start: int = 0, limit: int | None = None, *, data: Literal[True]
    ) -> Iterator[tuple[NodeId, Attributes]]: ...

    def nodes(self, start: int = 0, limit: int | None = None, *, data: bool = False) -> Iterator[Any]:
        """At most `limit` nodes from position `start`; with `data`, pairs of id and attributes.

        What is skipped costs nothing. The graph must not be edited while the iterator is used.
        """
        overlay = self._overlay
        for index in islice(node_indices(overlay, start), limit):
            node = overlay.id_of(index)
            yield (node, dict(overlay.attributes_of_node(index))) if data else node

    def nearest_nodes(self, text: NodeId, k: int = 3) -> list[NodeId]:
        """At most `k` ids like `text`, for a "did you mean"; a few milliseconds whatever the size."""
        overlay = self._overlay

        def sample() -> Iterator[NodeId]:
            yield from islice(reversed(overlay.new_index), 500)
            step = max(1, overlay.frozen_n // 500)
            for index in range(0, overlay.base.n if overlay.base is not None else 0, step):
                if index not in overlay.dead:
                    yield overlay.id_of(index)

        return nearest_ids(text, k, lambda node: overlay.find(node) >= 0, sample())

    def missing(self, node: NodeId, field: str) -> NotFound:
        """The error for a node that is not in the graph, with the nearest ids that are, or some."""
        return missing_node(node, self._near(node), field, self.n, list(islice(self.nodes(), 3)))

    def _near(self, node: NodeId) -> list[NodeId]:
        return self.nearest_nodes(node)

    def _index(self, node: NodeId, field: str = "node") -> int:
        index = self._overlay.find(check_id(node, field))
        if index < 0:
            raise self.missing(node, field)
        return index

    # -- edges

    def has_edge(self, u: NodeId, v: NodeId) -> bool:
        """Whether the edge exists; False for unknown nodes."""
        first = self._overlay.find(check_id(u, "source"))
        second = self._overlay.find(check_id(v, "target"))
        return first >= 0 and second >= 0 and self._overlay.has_edge(first, second)

    def edge_attributes(self, u: NodeId, v: NodeId) -> Attributes:
        """Attributes of an edge, a new dict (its nested values are shared)."""
        first, second = self._index(u, "source"), self._index(v, "target")
        if not self._overlay.has_edge(first, second):
            reverse = self.directed and self._overlay.has_edge(second, first)
            raise missing_edge(u, v, directed=self.directed, reverse=reverse, field="edge")
        return dict(self._overlay.edge(first, second))

    @overload
    def edges(
        self, start: int = 0, limit: int | None = None, *, data: Literal[False] = False
    ) -> Iterator[tuple[NodeId, NodeId]]: ...

    @overload
    def edges(
        self, start: int = 0, limit: int | None = None, *, data: Literal[True]
    ) -> Iterator[tuple[NodeId, NodeId, Attributes]]: ...

    def edges(self, start: int = 0, limit: int | None = None, *, data: bool = False) -> Iterator[Any]:
        """At most `limit` edges from position `start` in the order of `nx.Graph.edges`; with `data`, triples.

        What is skipped costs nothing. The graph must not be edited while the iterator is used.
        """
        overlay = self._overlay
        if not start:
            found = first_edges(overlay)
        else:
            if self._pages is None or self._pages[0] != overlay.revision:
                self._pages = (overlay.revision, EdgePages(overlay))
            found = self._pages[1].edges(start)
        for u, v, row, new in islice(found, limit):
            pair = (overlay.id_of(u), overlay.id_of(v))
            yield (*pair, dict(overlay.attributes_of_edge(row, new))) if data else pair

    # -- neighbours

    def successors(self, node: NodeId, start: int = 0, limit: int | None = None) -> list[NodeId]:
        """Successors (neighbours of an undirected graph) in adjacency order, at most `limit` from `start`."""
        return self._around(node, True, start, limit)

    def predecessors(self, node: NodeId, start: int = 0, limit: int | None = None) -> list[NodeId]:
        """Predecessors (neighbours of an undirected graph) in adjacency order, at most `limit` from `start`."""
        return self._around(node, False, start, limit)

    def neighbors(self, node: NodeId, start: int = 0, limit: int | None = None) -> list[NodeId]:
        """The same as `successors`, as in networkx."""
        return self._around(node, True, start, limit)

    def out_edges(self, node: NodeId, start: int = 0, limit: int | None = None) -> Iterator[tuple[NodeId, Attributes]]:
        """(successor, attributes of the edge to it) in adjacency order; no search for each edge."""
        return self._with_data(node, True, start, limit)

    def in_edges(self, node: NodeId, start: int = 0, limit: int | None = None) -> Iterator[tuple[NodeId, Attributes]]:
        """(predecessor, attributes of the edge from it) in adjacency order."""
        return self._with_data(node, False, start, limit)

    def _around(self, node: NodeId, forward: bool, start: int, limit: int | None) -> list[NodeId]:
        overlay = self._overlay
        entries = overlay.entries_of(self._index(node), forward=forward, start=start)
        return [overlay.id_of(other) for other, _, _ in islice(entries, limit)]

    def _with_data(
        self, node: NodeId, forward: bool, start: int, limit: int | None
    ) -> Iterator[tuple[NodeId, Attributes]]:
        overlay = self._overlay
        entries = overlay.entries_of(self._index(node), forward=forward, start=start)
        return (
            (overlay.id_of(other), dict(overlay.attributes_of_edge(row, new)))
            for other, row, new in islice(entries, limit)
        )

    def degree(self, node: NodeId) -> int:
        """Edge ends at the node: a self-loop counts 2, in a directed graph in + out."""
        index, overlay = self._index(node), self._overlay
        found = overlay.degree(index, forward=True)
        if self.directed:
            return found + overlay.degree(index, forward=False)
        return found + overlay.has_edge(index, index)

    def out_degree(self, node: NodeId) -> int:
        """Number of successors; for an undirected graph the degree."""
        return self._overlay.degree(self._index(node), forward=True) if self.directed else self.degree(node)

    def in_degree(self, node: NodeId) -> int:
        """Number of predecessors; for an undirected graph the degree."""
        return self._overlay.degree(self._index(node), forward=False) if self.directed else self.degree(node)

    @property
    def graph_attributes(self) -> Attributes:
        """Attributes of the graph itself, a new dict."""
        return dict(self._overlay.graph_attributes)

    # -- whole graphs: for workers

    def freeze(self) -> FrozenGraph:
        """Base and overlay merged into a new memfd; the base itself when nothing was edited."""
        if self.clean:
            assert self._overlay.base is not None
            return self._overlay.base
        from networkx_mcp.arrays.merge import merge

        return merge(self._overlay)

    @property
    def has_arrays(self) -> bool:
        """Whether `unsealed` has nothing to make."""
        return self.clean or self._unsealed is not None

    def unsealed(self) -> FrozenGraph | None:
        """The graph as arrays of this process, until the next edit: the base when nothing was edited. None where attributes of
        edges make that dear; what it costs otherwise is linear in nodes and edges."""
        from networkx_mcp.arrays import unsealed

        overlay = self._overlay
        if self.clean:
            return overlay.base if overlay.base is not None and unsealed.is_plain(overlay.base) else None
        if self._unsealed is None:
            self._unsealed = (unsealed.of(overlay),)
        return self._unsealed[0]

    def to_networkx(self, most: int | None = None) -> nx.Graph[Any]:
        """A new `nx.Graph` or `nx.DiGraph` that is the same in order and values. `most`: see `convert.to_networkx`."""
        from networkx_mcp.arrays.convert import to_networkx

        return to_networkx(self.freeze(), most)

    @classmethod
    def from_networkx(cls, graph: nx.Graph[Any]) -> GraphState:
        """The state of a networkx graph. InvalidInput for multigraphs, ids and values that are not JSON's."""
        from networkx_mcp.arrays.convert import from_networkx

        return cls(from_networkx(graph))
