"""Checks a batch of edits against a graph without changing it, and turns it into primitive steps.

The batch runs on names and counts only: a node or edge is looked up once, what the batch does to it is
noted beside it. So a batch costs time linear in its size (the removal of a node: its degree), a bad
one changes nothing, and the steps of a good one need no further check.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from networkx_mcp.arrays import steps
from networkx_mcp.arrays.edits import (
    AddEdges,
    AddNodes,
    Clear,
    Edit,
    RemoveAttributes,
    RemoveEdges,
    RemoveNodes,
    SetEdgeAttributes,
    SetGraphAttributes,
    SetNodeAttributes,
)
from networkx_mcp.arrays.ids import MAX_ID_BYTES, NodeId, check_id
from networkx_mcp.arrays.overlay import Attributes, Overlay
from networkx_mcp.arrays.prepared import Counts, EditSummary, Prepared, Step
from networkx_mcp.arrays.problems import check_list, check_pair, missing_edge, missing_node, parallel, show_edge
from networkx_mcp.arrays.values import check_attributes, check_name
from networkx_mcp.errors import InvalidInput

# An edge before the batch and now; odd: it exists now.
_ABSENT, _OLD, _GONE, _NEW = 0, 1, 2, 3


def _ends(key: int) -> tuple[int, int]:
    """The two indices that `Planner.key` packed."""
    return key >> 32, key & 0xFFFFFFFF


class Planner:
    """One batch on one overlay. `nearest(id)` names nodes for an error."""

    def __init__(self, overlay: Overlay, nearest: Callable[[NodeId], list[NodeId]]) -> None:
        self.overlay = overlay
        self.nearest = nearest
        self.directed = overlay.directed
        self.n, self.m, self.next = overlay.n, overlay.m, overlay.next
        #: Indices from here on are of this batch.
        self.first = overlay.next
        self.cleared = False
        #: Index of every node met, -1 where it does not exist (now).
        self.names: dict[NodeId, int] = {}
        #: What is known of an edge met, by packed indices.
        self.known: dict[int, int] = {}
        #: Edges that were _NEW at some time, node -> packed indices; kept from the first removal of a node on. Which of them
        #: exist now, `known` and `removed` say.
        self.added: dict[int, set[int]] | None = None
        #: Indices that the batch removed.
        self.removed: set[int] = set()
        self.totals = [0, 0, 0, 0, 0]
        self.plan: list[Step] = []

    def run(self, edits: Sequence[Edit]) -> Prepared:
        """Prepare the batch. InvalidInput or NotFound (data: `field`) where it cannot be done."""
        for number, edit in enumerate(edits):
            handler = _HANDLERS.get(type(edit))
            if handler is None:
                raise InvalidInput(f"edits[{number}]: a {type(edit).__name__} is no edit.", field=f"edits[{number}]")
            handler(self, edit, f"edits[{number}]")
        names = ("nodes_added", "nodes_removed", "edges_added", "edges_removed", "attributes_set")
        summary = EditSummary(**dict(zip(names, self.totals, strict=True)))
        return Prepared(summary, Counts(self.n, self.m), self.overlay.revision, tuple(self.plan))

    # -- nodes and edges by name

    def find(self, node: Any, field: str, number: int, end: str = "") -> int:
        """Index of the id at `field[number]end`, or -1."""
        if not (type(node) is str and node.isascii() and len(node) <= MAX_ID_BYTES):
            node = check_id(node, f"{field}[{number}]{end}")
        index = self.names.get(node)
        if index is None:
            index = self.names[node] = -1 if self.cleared else self.overlay.find(node)
        return index

    def existing(self, node: Any, field: str, number: int, end: str = "") -> int:
        """Index of the id at `field[number]end`; NotFound where there is no such node."""
        index = self.find(node, field, number, end)
        if index < 0:
            raise missing_node(node, self.nearest(node), f"{field}[{number}]{end}", self.n)
        return index

    def key(self, u: int, v: int) -> int:
        return v << 32 | u if v < u and not self.directed else u << 32 | v

    def has_edge(self, u: int, v: int) -> bool:
        """Whether the edge exists now; both nodes do."""
        key = self.key(u, v)
        state = self.known.get(key)
        if state is None:
            state = _OLD if u < self.first and v < self.first and self.overlay.has_edge(u, v) else _ABSENT
            self.known[key] = state
        return bool(state & 1)

    def pair(self, edge: Any, field: str, number: int) -> tuple[int, int]:
        """Indices of an edge that exists; NotFound where it does not."""
        check_pair(edge, field, number)
        u = self.existing(edge[0], field, number, "[0]")
        v = self.existing(edge[1], field, number, "[1]")
        if not self.has_edge(u, v):
            raise missing_edge(
                edge[0],
                edge[1],
                directed=self.directed,
                reverse=self.directed and self.has_edge(v, u),
                field=f"{field}[{number}]",
            )
        return u, v

    def attributes(self, given: Any, field: str) -> Attributes:
        """Checked attributes, counted as set."""
        self.totals[4] += len(check_attributes(given, field))
        return given  # type: ignore[no-any-return]

    # -- the edits

    def add_nodes(self, edit: AddNodes, field: str) -> None:
        given = parallel(edit.nodes, edit.attributes, field, "nodes")
        where = f"{field}.nodes"
        new: list[tuple[NodeId, Attributes | None]] = []
        changed: list[tuple[int, Attributes]] = []
        for number, node in enumerate(edit.nodes):
            index = self.find(node, where, number)
            attributes = given[number] if given else None
            if attributes is not None:
                attributes = self.attributes(attributes, f"{field}.attributes[{number}]")
            if index < 0:
                self._new_node(node)
                new.append((node, attributes))
            elif attributes:
                changed.append((index, attributes))
        self.plan.append(lambda overlay: steps.change_nodes(overlay, new, changed))

    def _new_node(self, node: NodeId) -> int:
        index = self.names[node] = self.next
        self.next += 1
        self.n += 1
        self.totals[0] += 1
        return index

    def remove_nodes(self, edit: RemoveNodes, field: str) -> None:
        check_list(edit.nodes, field, "nodes")
        where = f"{field}.nodes"
        removed: list[tuple[int, int]] = []
        for number, node in enumerate(edit.nodes):
            if edit.if_missing == "skip":
                index = self.find(node, where, number)
                if index < 0:
                    continue
            else:
                index = self.existing(node, where, number)
            edges = self._detach(index)
            removed.append((index, edges))
            self.names[node] = -1
            self.removed.add(index)
            self.n -= 1
            self.m -= edges
            self.totals[1] += 1
            self.totals[3] += edges
        self.plan.append(lambda overlay: steps.remove_nodes(overlay, removed))

    def _detach(self, index: int) -> int:
        """Number of edges that a node has now. Its index never comes back, so they need no mark."""
        if self.added is None:
            self.added = {}
            for key, state in self.known.items():
                if state == _NEW:
                    self._note(key)
        removed, known = self.removed, self.known
        count = sum(known[key] == _NEW and removed.isdisjoint(_ends(key)) for key in self.added.pop(index, ()))
        if index >= self.first:
            return count
        overlay = self.overlay
        if not removed and not known:
            count += overlay.degree(index, forward=True)
            if self.directed:
                count += overlay.degree(index, forward=False) - overlay.has_edge(index, index)
            return count
        for other, *_ in overlay.entries_of(index, forward=True):
            count += other not in removed and known.get(self.key(index, other), _OLD) & 1
        if self.directed:
            for other, *_ in overlay.entries_of(index, forward=False):
                count += other != index and other not in removed and known.get(self.key(other, index), _OLD) & 1
        return count

    def _note(self, key: int) -> None:
        assert self.added is not None
        for end in _ends(key):
            self.added.setdefault(end, set()).add(key)

    def add_edges(self, edit: AddEdges, field: str) -> None:
        given = parallel(edit.edges, edit.attributes, field, "edges")
        where, known, first, overlay, if_exists = f"{field}.edges", self.known, self.first, self.overlay, edit.if_exists
        names = self.names
        nodes: list[NodeId] = []
        new: list[tuple[int, int, Attributes | None]] = []
        changed: list[tuple[int, int, Attributes]] = []
        for number, edge in enumerate(edit.edges):
            if type(edge) is not tuple or len(edge) != 2:
                check_pair(edge, where, number)
            first_id, second_id = edge
            # only exact types: `names` would take True for 1
            u = names.get(first_id) if type(first_id) is str or type(first_id) is int else None
            if u is None:
                u = self.find(first_id, where, number, "[0]")
            v = names.get(second_id) if type(second_id) is str or type(second_id) is int else None
            if v is None:
                v = self.find(second_id, where, number, "[1]")
            attributes = given[number] if given else None
            if attributes is not None:
                check_attributes(attributes, f"{field}.attributes[{number}]")
            if u < 0:
                u = self._new_node(first_id)
                nodes.append(first_id)
                if v < 0 and first_id == second_id:
                    v = u
            if v < 0:
                v = self._new_node(second_id)
                nodes.append(second_id)
            # `has_edge`, written out: this is the loop that large graphs come through
            key = u << 32 | v if self.directed or u <= v else v << 32 | u
            state = known.get(key)
            if state is None:
                state = _OLD if u < first and v < first and overlay.has_edge(u, v) else _ABSENT
            if not state & 1:
                known[key] = _NEW if state == _ABSENT else _OLD
                if state == _ABSENT and self.added is not None:
                    self._note(key)
                new.append((u, v, attributes))
                self.m += 1
            elif if_exists == "update":
                if attributes:
                    changed.append((u, v, attributes))
            elif if_exists == "skip":
                continue
            else:
                raise InvalidInput(
                    f"the edge {show_edge(first_id, second_id, self.directed)} exists, and parallel edges "
                    "are not kept.",
                    hint='Use set_edge_attributes to change it, or if_exists "update" or "skip".',
                    at=f"{where}[{number}]",
                    edge=[first_id, second_id],
                )
            if attributes:
                self.totals[4] += len(attributes)
        self.totals[2] += len(new)
        self.plan.append(lambda overlay: steps.change_edges(overlay, nodes, new, changed))

    def remove_edges(self, edit: RemoveEdges, field: str) -> None:
        check_list(edit.edges, field, "edges")
        where = f"{field}.edges"
        removed: list[tuple[int, int]] = []
        for number, edge in enumerate(edit.edges):
            if edit.if_missing == "skip":
                check_pair(edge, where, number)
                u, v = self.find(edge[0], where, number, "[0]"), self.find(edge[1], where, number, "[1]")
                if u < 0 or v < 0 or not self.has_edge(u, v):
                    continue
            else:
                u, v = self.pair(edge, where, number)
            key = self.key(u, v)
            self.known[key] = _ABSENT if self.known[key] == _NEW else _GONE
            removed.append((u, v))
        self.m -= len(removed)
        self.totals[3] += len(removed)
        self.plan.append(lambda overlay: steps.remove_edges(overlay, removed))

    def set_nodes(self, edit: SetNodeAttributes, field: str) -> None:
        given = parallel(edit.nodes, edit.attributes, field, "nodes", required=True)
        changed = [
            (
                self.existing(node, f"{field}.nodes", number),
                self.attributes(given[number], f"{field}.attributes[{number}]"),
            )
            for number, node in enumerate(edit.nodes)
        ]
        self.plan.append(lambda overlay: steps.change_nodes(overlay, (), changed))

    def set_edges(self, edit: SetEdgeAttributes, field: str) -> None:
        given = parallel(edit.edges, edit.attributes, field, "edges", required=True)
        changed = [
            (
                *self.pair(edge, f"{field}.edges", number),
                self.attributes(given[number], f"{field}.attributes[{number}]"),
            )
            for number, edge in enumerate(edit.edges)
        ]
        self.plan.append(lambda overlay: steps.change_edges(overlay, (), (), changed))

    def remove_attributes(self, edit: RemoveAttributes, field: str) -> None:
        check_list(edit.names, field, "names")
        for number, name in enumerate(edit.names):
            check_name(name, f"{field}.names[{number}]")
        check_list(edit.nodes, field, "nodes")
        check_list(edit.edges, field, "edges")
        if not (edit.names and (edit.nodes or edit.edges or edit.graph)):
            raise InvalidInput("nothing to remove; give names, and nodes, edges or graph=true.", at=field)
        names = dict.fromkeys(edit.names)
        nodes = [self.existing(node, f"{field}.nodes", number) for number, node in enumerate(edit.nodes)]
        edges = [self.pair(edge, f"{field}.edges", number) for number, edge in enumerate(edit.edges)]
        graph = edit.graph
        self.plan.append(lambda overlay: steps.remove_attributes(overlay, names, nodes, edges, graph))

    def set_graph(self, edit: SetGraphAttributes, field: str) -> None:
        given = self.attributes(edit.attributes, f"{field}.attributes")
        self.plan.append(lambda overlay: steps.set_graph(overlay, given))

    def clear(self, _edit: Clear, _field: str) -> None:
        self.totals[1] += self.n
        self.totals[3] += self.m
        self.n = self.m = 0
        self.cleared = True
        self.names, self.known, self.added, self.removed = {}, {}, None, set()
        self.plan.append(Overlay.clear)


_HANDLERS: dict[type, Callable[[Planner, Any, str], None]] = {
    AddNodes: Planner.add_nodes,
    RemoveNodes: Planner.remove_nodes,
    AddEdges: Planner.add_edges,
    RemoveEdges: Planner.remove_edges,
    SetNodeAttributes: Planner.set_nodes,
    SetEdgeAttributes: Planner.set_edges,
    RemoveAttributes: Planner.remove_attributes,
    SetGraphAttributes: Planner.set_graph,
    Clear: Planner.clear,
}
