"""Recent edits over a frozen graph: what was added, removed and changed since.

Nodes have an index: that of the frozen graph, or the next free number for a new one. A removed node
that comes back is a new one, so indices are always in networkx's node order. Edges of the frozen graph
are removed by row; new ones stand in dicts by index, in adjacency order after the frozen ones, which
is where networkx would have them. Attribute dicts are replaced, never changed, so they can be shared.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from networkx_mcp.arrays import deferred
from networkx_mcp.arrays.frozen import FrozenGraph
from networkx_mcp.arrays.ids import NodeId

Attributes: TypeAlias = dict[str, Any]
#: New edges: node -> neighbour -> attributes (None: none).
Adjacency: TypeAlias = dict[int, dict[int, Attributes | None]]

# Bytes of CPython 3.11 to 3.13 on 64 bits, growth of the tables averaged in; a test compares them with
# what the allocator says.
_NODE = 180
_LIST = 230
_ENTRY = 45
_GONE = 110
_DICT = 250
_ITEM = 40


class Overlay:
    """The data and its primitive changes, which trust their arguments: `planner` has checked them."""

    def __init__(self, base: FrozenGraph | None, directed: bool) -> None:
        self.base = base
        self.directed = directed
        #: Indices below it belong to `base`; fixed, even after `clear`.
        self.frozen_n = base.n if base else 0
        self.frozen_m = base.m if base else 0
        self.n = self.frozen_n
        self.m = self.frozen_m
        #: Index of the next new node.
        self.next = self.frozen_n
        self.new_index: dict[NodeId, int] = {}
        self.new_ids: dict[int, NodeId] = {}
        #: Frozen nodes that are removed, and the same as a mask (None: none is).
        self.dead: set[int] = set()
        self.alive: NDArray[np.bool_] | None = None
        self.out_new: Adjacency = {}
        self.in_new: Adjacency = {} if directed else self.out_new
        #: Rows of frozen edges that were removed as such (not with a node), and how many at each node.
        self.gone: set[int] = set()
        self.out_gone: dict[int, int] = {}
        self.in_gone: dict[int, int] = {} if directed else self.out_gone
        #: All attributes of a node (by index) or frozen edge (by row), instead of the frozen ones.
        self.node_attributes: dict[int, Attributes] = {}
        self.edge_attributes: dict[int, Attributes] = {}
        self.graph_attributes: Attributes = base.short_graph_attributes() if base else {}
        self.entries = 0
        #: Estimates: of the ids, of the attributes of nodes and edges (0: none has any), of those of the graph.
        self.id_bytes = 0
        self.value_bytes = 0
        self.graph_bytes = 0
        self._sorted: list[int] = []
        #: Grows with each change.
        self.revision = 0

    @property
    def nbytes(self) -> int:
        """Estimate of the memory that the overlay holds, O(1)."""
        lists = len(self.out_new) + (len(self.in_new) if self.directed else 0)
        touched = len(self.out_gone) + (len(self.in_gone) if self.directed else 0)
        changed = len(self.node_attributes) + len(self.edge_attributes)
        return (
            _NODE * len(self.new_index)
            + _LIST * lists
            + _ENTRY * self.entries
            + _GONE * (len(self.gone) + len(self.dead) + touched + changed)
            + (0 if self.alive is None else self.frozen_n)
            + self.id_bytes
            + self.value_bytes
            + self.graph_bytes
        )

    def removed(self) -> list[int]:
        """Frozen nodes that are removed, sorted; kept until the next removal."""
        if len(self._sorted) != len(self.dead):
            self._sorted = sorted(self.dead)
        return self._sorted

    # -- reads by index

    def find(self, node: NodeId) -> int:
        """Index of a node, or -1; `node` must be a checked id."""
        index = self.new_index.get(node)
        if index is not None:
            return index
        if self.base is None:
            return -1
        index = self.base.find(node)
        return -1 if index in self.dead else index

    def id_of(self, index: int) -> NodeId:
        """Id of a node that exists."""
        if index >= self.frozen_n:
            return self.new_ids[index]
        assert self.base is not None
        return self.base.id_of(index)

    def frozen_row(self, u: int, v: int) -> int:
        """Row of the frozen edge between two nodes that exist, or -1 where there is none any more."""
        if self.base is None or u >= self.frozen_n or v >= self.frozen_n:
            return -1
        row = self.base.edge_row(u, v)
        return -1 if row in self.gone else row

    def has_edge(self, u: int, v: int) -> bool:
        """Whether two nodes that exist have an edge. O(degree) for frozen nodes, else O(1)."""
        new = self.out_new.get(u)
        return (new is not None and v in new) or self.frozen_row(u, v) >= 0

    def degree(self, index: int, *, forward: bool) -> int:
        """Entries in the successor (else predecessor) list; a self-loop counts once here."""
        found = len((self.out_new if forward else self.in_new).get(index, ()))
        base = self.base
        if base is None or index >= self.frozen_n:
            return found
        removed = (self.out_gone if forward else self.in_gone).get(index, 0)
        if self.alive is None:
            return found + (base.out_degree(index) if forward else base.in_degree(index)) - removed
        if not removed:
            others = base.successors(index) if forward else base.predecessors(index)
            return found + int(np.count_nonzero(self.alive[others]))
        return found + sum(1 for _ in self._frozen_entries(index, forward))

    def entries_of(self, index: int, *, forward: bool, start: int = 0) -> Iterator[tuple[int, int, Attributes | None]]:
        """(neighbour, frozen row or -1, attributes of a new edge) in adjacency order, from position `start`."""
        new = (self.out_new if forward else self.in_new).get(index)
        if self.base is not None and index < self.frozen_n:
            if start:
                size = self.degree(index, forward=forward) - (len(new) if new else 0)
                if start < size:
                    for other, row in self._frozen_entries(index, forward, start):
                        yield other, row, None
                start = max(0, start - size)
            else:
                for other, row in self._frozen_entries(index, forward):
                    yield other, row, None
        if new:
            for position, (other, attributes) in enumerate(new.items()):
                if position >= start:
                    yield other, -1, attributes

    def _frozen_entries(self, index: int, forward: bool, start: int = 0) -> Iterator[tuple[int, int]]:
        base = self.base
        assert base is not None
        indptr, indices = (base.out_indptr, base.out_indices) if forward else (base.in_indptr, base.in_indices)
        low, high = int(indptr[index]), int(indptr[index + 1])
        whole = self.alive is None and not (self.out_gone if forward else self.in_gone).get(index)
        if whole:
            low, start = low + start, 0
        # in pieces, so that the first neighbours of a hub do not cost all of them
        for at in range(low, high, 4096):
            end = min(at + 4096, high)
            others = indices[at:end].tolist()
            if forward and self.directed:
                rows: list[int] | range = range(at, end)
            else:
                rows = (base.out_rows if forward else base.in_rows)[at:end].tolist()
            for other, row in zip(others, rows, strict=True):
                if whole or (row not in self.gone and other not in self.dead):
                    if start:
                        start -= 1
                    else:
                        yield other, row

    def attributes_of_node(self, index: int) -> Attributes:
        """Attributes of a node that exists; not to be changed. Long ones of the frozen graph are `Deferred`."""
        found = self.node_attributes.get(index)
        if found is None:
            found = (
                self.base.node_attributes(index, deferred.BYTES)
                if self.base is not None and index < self.frozen_n
                else {}
            )
        return found

    def attributes_of_edge(self, row: int, new: Attributes | None) -> Attributes:
        """Attributes of an edge as `entries_of` gives it; not to be changed."""
        if row < 0:
            return new or {}
        found = self.edge_attributes.get(row)
        if found is None:
            assert self.base is not None
            found = self.base.edge_attributes(row, deferred.BYTES)
        return found

    # -- changes

    def add_node(self, node: NodeId, attributes: Attributes | None) -> None:
        index = self.next
        self.next = index + 1
        self.new_index[node] = index
        self.new_ids[index] = node
        self.n += 1
        self.id_bytes += _text_size(node)
        if attributes:
            self.set_node(index, attributes)

    def remove_node(self, index: int, edges: int) -> None:
        """Remove a node that has `edges` edges (a self-loop is one)."""
        for mine, theirs in ((self.out_new, self.in_new), (self.in_new, self.out_new)):
            for other, attributes in mine.pop(index, {}).items():
                self.entries -= 1
                if attributes:  # each edge is met once: what is met first is dropped at its other end
                    self.value_bytes -= size_of(attributes)
                if other != index or self.directed:
                    self._drop(theirs, other, index)
            if not self.directed:
                break
        self._forget(self.node_attributes, index)
        if index < self.frozen_n:
            self.dead.add(index)
            if self.alive is None:
                self.alive = np.ones(self.frozen_n, bool)
            self.alive[index] = False
        else:
            node = self.new_ids.pop(index)
            del self.new_index[node]
            self.id_bytes -= _text_size(node)
        self.n -= 1
        self.m -= edges

    def _drop(self, adjacency: Adjacency, index: int, other: int) -> None:
        entries = adjacency.get(index)
        if entries is None or other not in entries:  # a self-loop, dropped already
            return
        del entries[other]
        self.entries -= 1
        if not entries:
            del adjacency[index]

    def add_edges(self, edges: Iterable[tuple[int, int, Attributes | None]]) -> None:
        """Add edges that are not there, each once. Large graphs come through this loop: `_put` is written out."""
        out_new, in_new = self.out_new, self.in_new
        for u, v, attributes in edges:
            given = attributes or None
            entries = out_new.get(u)
            if entries is None:
                out_new[u] = {v: given}
            else:
                entries[v] = given
            entries = in_new.get(v)
            if entries is None:
                in_new[v] = {u: given}
            else:
                entries[u] = given
            self.m += 1
            self.entries += 1 if u == v and not self.directed else 2
            if given:
                self.value_bytes += size_of(given)

    def _put(self, u: int, v: int, attributes: Attributes | None) -> None:
        entries = self.out_new.get(u)
        if entries is None:
            self.out_new[u] = {v: attributes}
        else:
            entries[v] = attributes
        entries = self.in_new.get(v)
        if entries is None:
            self.in_new[v] = {u: attributes}
        else:
            entries[u] = attributes

    def remove_edge(self, u: int, v: int) -> None:
        """Remove an edge that is there."""
        self.m -= 1
        new = self.out_new.get(u)
        if new is not None and v in new:
            attributes = new[v]
            if attributes:
                self.value_bytes -= size_of(attributes)
            self._drop(self.out_new, u, v)
            if u != v or self.directed:
                self._drop(self.in_new, v, u)
            return
        row = self.frozen_row(u, v)
        self.gone.add(row)
        self.out_gone[u] = self.out_gone.get(u, 0) + 1
        if u != v or self.directed:
            self.in_gone[v] = self.in_gone.get(v, 0) + 1
        self._forget(self.edge_attributes, row)

    def set_node(self, index: int, attributes: Attributes) -> None:
        """Give a node exactly these attributes."""
        self._replace(self.node_attributes, index, attributes)

    def set_edge(self, u: int, v: int, attributes: Attributes) -> None:
        """Give an edge that is there exactly these attributes."""
        new = self.out_new.get(u)
        if new is not None and v in new:
            old = new[v]
            self.value_bytes += size_of(attributes) - (size_of(old) if old else 0)
            self._put(u, v, attributes)
        else:
            self._replace(self.edge_attributes, self.frozen_row(u, v), attributes)

    def set_graph(self, attributes: Attributes) -> None:
        """Give the graph exactly these attributes."""
        self.graph_attributes = attributes
        self.graph_bytes = size_of(attributes)

    def edge(self, u: int, v: int) -> Attributes:
        """Attributes of an edge that is there; not to be changed."""
        new = self.out_new.get(u)
        if new is not None and v in new:
            return new[v] or {}
        return self.attributes_of_edge(self.frozen_row(u, v), None)

    def _replace(self, where: dict[int, Attributes], key: int, attributes: Attributes) -> None:
        old = where.get(key)
        self.value_bytes += size_of(attributes) - (size_of(old) if old is not None else 0)
        where[key] = attributes

    def _forget(self, where: dict[int, Attributes], key: int) -> None:
        old = where.pop(key, None)
        if old is not None:
            self.value_bytes -= size_of(old)

    def clear(self) -> None:
        """Remove everything; indices go on from where they are."""
        following, revision, frozen_n = self.next, self.revision, self.frozen_n
        self.__init__(None, self.directed)  # type: ignore[misc]  # all fields anew, none forgotten
        self.next, self.revision, self.frozen_n = following, revision, frozen_n


def _text_size(node: NodeId) -> int:
    """Bytes of the characters of an id; its object is in `_NODE`."""
    return 0 if isinstance(node, int) else len(node) if node.isascii() else 4 * len(node)


def size_of(value: Any) -> int:
    """Estimate of the bytes that a JSON value holds; linear in its size."""
    size, waiting = 0, [value]
    while waiting:
        value = waiting.pop()
        kind = type(value)
        if kind is dict:
            size += _DICT + _ITEM * len(value)
            waiting += value.values()
        elif kind is list:
            size += 80 + 8 * len(value)
            waiting += value
        elif kind is str:
            size += 64 + len(value) * (1 if value.isascii() else 4)
        elif value is not None and kind is not bool:
            size += 32
    return size
