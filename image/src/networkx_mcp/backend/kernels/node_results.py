"""Answers that stay arrays until someone asks for ids: numbers of nodes, and groups of nodes.

They are what networkx answers (a mapping, an iterable of sets) to code that knows no better; a task
that answers a few rows takes the arrays and never makes the other million ids.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from networkx_mcp.arrays.ids import NodeId
from networkx_mcp.backend.kernels.arrays import Arrays, Unsuited

#: A note of kernels that give groups.
BY_FIRST_NODES = "The same sets, by their first nodes; networkx gives them in the order of its search."


class NodeValues(Mapping[NodeId, Any]):
    """A number of each node, or of the nodes `rows`, in that order."""

    def __init__(self, graph: Arrays, values: NDArray[Any], rows: NDArray[Any] | None = None) -> None:
        self.graph, self.array, self.rows = graph, values, rows
        self._place: dict[int, int] | None = None

    @property
    def nodes(self) -> list[NodeId]:
        """The ids, in order."""
        return self.graph.ids if self.rows is None else self.graph.frozen.ids_of(self.rows.tolist())

    def __len__(self) -> int:
        return len(self.array)

    def __iter__(self) -> Iterator[NodeId]:
        return iter(self.nodes)

    def __getitem__(self, node: NodeId) -> Any:
        try:
            row = self.graph.row(node)
        except Unsuited:
            raise KeyError(node) from None
        if self.rows is not None:
            if self._place is None:
                self._place = {row: place for place, row in enumerate(self.rows.tolist())}
            row = self._place.get(row, -1)
            if row < 0:
                raise KeyError(node)
        return self.array[row].item()

    def __contains__(self, node: object) -> bool:
        try:
            self[node]  # type: ignore[index]
        except KeyError:
            return False
        return True

    def items(self) -> Any:
        return list(zip(self.nodes, self.array.tolist(), strict=True))

    def values(self) -> Any:
        return self.array.tolist()

    def __eq__(self, other: object) -> bool:
        return dict(self.items()) == (dict(other.items()) if isinstance(other, NodeValues) else other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"NodeValues({dict(self.items())!r})"


class NodeGroups:
    """Disjoint groups that hold every node; `labels[row]` is the group of a node. Iterates sets of ids, once
    around: a generator to networkx's callers, but it may be asked again.

    Groups are numbered by their first nodes, and come in that order; `listed`: they come in that of their labels.
    """

    def __init__(self, graph: Arrays, labels: NDArray[Any], *, listed: bool = False) -> None:
        self.graph = graph
        self.labels = by_first(labels)
        self.sizes = np.bincount(self.labels) if graph.n else np.zeros(0, np.int64)
        self._order: NDArray[Any] | None = None
        if listed:
            self._order = np.empty(len(self.sizes), np.int64)
            self._order[labels] = self.labels

    def __len__(self) -> int:
        return len(self.sizes)

    def __iter__(self) -> Iterator[set[NodeId]]:
        ids, rows = self.graph.ids, self.rows()
        for group in range(len(rows)) if self._order is None else self._order.tolist():
            yield {ids[row] for row in rows[group].tolist()}

    def rows(self) -> list[NDArray[np.int64]]:
        """The node rows of each group, ascending."""
        order = np.argsort(self.labels, kind="stable")
        return np.split(order, np.cumsum(self.sizes)[:-1]) if len(self.sizes) else []

    def by_size(self) -> list[int]:
        """Numbers of the groups, largest first, equal sizes by their first node."""
        return np.argsort(-self.sizes, kind="stable").tolist()  # type: ignore[no-any-return]

    def members(self, group: int, limit: int) -> list[NodeId]:
        """The first `limit` nodes of a group, in node order."""
        return self.graph.frozen.ids_of(np.flatnonzero(self.labels == group)[:limit].tolist())


def by_first(labels: NDArray[Any]) -> NDArray[np.int64]:
    """The same partition, groups numbered in the order of their first nodes."""
    if not len(labels):
        return np.zeros(0, np.int64)
    highest = np.maximum.accumulate(labels)
    if labels[0] == 0 and (np.diff(highest) <= 1).all():
        return labels.astype(np.int64)  # they are already
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return rank[inverse]


def groups_of(graph: Arrays, groups: Iterable[Iterable[NodeId]]) -> NDArray[np.int64] | None:
    """Labels of a partition given as groups of ids; None when it is no partition of the nodes."""
    if isinstance(groups, NodeGroups) and groups.graph is graph:
        return groups.labels
    labels = np.full(graph.n, -1, np.int64)
    total = 0
    for number, group in enumerate(groups):
        try:
            rows = [graph.row(node) for node in group]
        except Unsuited:
            return None
        total += len(rows)
        labels[rows] = number
    return labels if total == graph.n and bool((labels >= 0).all()) else None
