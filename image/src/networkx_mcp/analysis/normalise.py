"""Any result of networkx as a bounded table: columns, rows made one by one, and facts beside them.

Nothing unbounded is taken whole: generators are read as far as rows are answered. Sets, which have no
order, come in the order of the nodes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any

import networkx as nx
import numpy as np
import scipy.sparse as sp

from networkx_mcp.analysis.loaded_graph import LoadedGraph
from networkx_mcp.analysis.result import MAX_VALUES


@dataclass(slots=True)
class UncutTable:
    """A table that is not cut yet. `rows` may be endless unless it is a list."""

    columns: list[str]
    rows: Iterable[Sequence[Any]]
    total: int | None = None
    facts: dict[str, Any] = field(default_factory=dict)


class Normaliser:
    """Results of one algorithm on one graph. `labels` are the nodes that rows of a matrix stand for."""

    def __init__(self, graph: LoadedGraph, labels: list[Any] | None = None, columns: list[str] | None = None) -> None:
        self._graph = graph
        self._labels = labels
        #: Columns the catalogue names because the shape of the result does not tell them; "#x" is the position.
        self._columns = columns

    def rows(self, value: Any) -> UncutTable:
        """`value` as a table."""
        named = self._columns
        if named is None:
            return self._rows(value)
        if named[0].startswith("#"):  # a list by position: how many nodes have degree 0, 1, 2, ...
            return UncutTable([named[0][1:], *named[1:]], enumerate(value), len(value))
        if named[0] == "node" and isinstance(value, list | np.ndarray) and not _holds_tuples(value):
            return UncutTable(named, zip(self._nodes(len(value)), value, strict=True), len(value))
        found = self._rows(value)
        if len(named) == len(found.columns):
            found.columns = named
        return found

    def _rows(self, value: Any) -> UncutTable:
        if isinstance(value, nx.Graph):
            return self._of_graph(value)
        if sp.issparse(value) or isinstance(value, np.ndarray):
            return self._of_matrix(value)
        if isinstance(value, Mapping):
            return self._of_mapping(value)
        if isinstance(value, set | frozenset):
            return self._of_sequence(self.ordered(value))
        if isinstance(value, tuple):
            return self._of_tuple(value)
        if isinstance(value, list):
            return self._of_sequence(value)
        if isinstance(value, str | bytes) or not isinstance(value, Iterable):
            return UncutTable(self._columns or ["value"], [[value]])
        return self._of_iterator(iter(value))

    # -- nodes ---------------------------------------------------------------------------------

    def is_node(self, value: Any) -> bool:
        return isinstance(value, str | int) and not isinstance(value, bool) and self._graph.state.has_node(value)

    def is_edge(self, value: Any) -> bool:
        return isinstance(value, tuple) and len(value) == 2 and all(map(self.is_node, value))

    def ordered(self, values: Iterable[Any]) -> list[Any]:
        """A set in the order of the nodes; sets of edges by their ends, sets of sets by their first nodes."""
        order, last = self._graph.order, self._graph.state.n

        def key(value: Any) -> list[tuple[int, str]]:
            if isinstance(value, set | frozenset):
                return sorted(place for item in value for place in key(item))
            if isinstance(value, tuple):
                return [place for item in value for place in key(item)]
            place = order.get(value, last) if isinstance(value, str | int) else last
            return [(place, "" if place < last else repr(value))]

        return sorted(values, key=key)

    # -- shapes --------------------------------------------------------------------------------

    def _of_graph(self, graph: nx.Graph[Any]) -> UncutTable:
        facts: dict[str, Any] = {
            "graph": {
                "nodes": graph.number_of_nodes(),
                "edges": graph.number_of_edges(),
                "directed": graph.is_directed(),
            }
        }
        alone = [node for node in graph if not graph.degree(node)]
        if alone:
            facts["isolated"] = alone
        own = self._graph.nx
        fresh = [[n, data] for n, data in graph.nodes(data=True) if n not in own or (data and data != own.nodes[n])]
        if fresh:
            facts["nodes"] = fresh
        rows = ([u, v, data] for u, v, data in graph.edges(data=True))
        return UncutTable(["source", "target", "attributes"], rows, graph.number_of_edges(), facts)

    def _of_matrix(self, matrix: Any) -> UncutTable:
        if not sp.issparse(matrix) and matrix.ndim == 1:
            return UncutTable(["index", "value"], enumerate(matrix), len(matrix))
        entries = sp.coo_array(matrix)
        by_row = np.lexsort((entries.coords[1], entries.coords[0]))
        height, width = (self._nodes(size) for size in entries.shape)
        cells = ([height[entries.coords[0][i]], width[entries.coords[1][i]], entries.data[i]] for i in by_row)
        shape = {"shape": list(entries.shape)}
        return UncutTable(["row", "column", "value"], cells, int(entries.nnz), {**shape, "left_out": "zeros"})

    def _nodes(self, size: int) -> Sequence[Any]:
        """What `size` rows of a matrix stand for: nodes if there are as many, else positions."""
        labels = self._labels if self._labels is not None else list(self._graph.nx)
        return labels if len(labels) == size else range(size)

    def _of_mapping(self, mapping: Mapping[Any, Any]) -> UncutTable:
        if not mapping:
            return UncutTable(["key", "value"], [])
        key, value = next(iter(mapping.items()))
        edges = self.is_edge(key)
        first = ["source", "target"] if edges else ["node" if self.is_node(key) else "key"]
        start: Callable[[Any], list[Any]] = list if edges else lambda k: [k]
        if not edges and all(isinstance(item, Mapping) for item in mapping.values()):
            inner: Mapping[Any, Any] = next((item for item in mapping.values() if item), {})
            if all(map(self.is_node, islice(inner, 3))):
                columns = ["source", "target", "value"] if first == ["node"] else [*first, "node", "value"]
            else:
                columns = [*first, "key", "value"]
            pairs = ([k, k2, item] for k, items in mapping.items() for k2, item in items.items())
            return UncutTable(columns, pairs, sum(map(len, mapping.values())))
        if all(isinstance(item, list | tuple | set | frozenset) for item in mapping.values()):
            nodes = self._holds_nodes(value)
            last = ["nodes" if nodes else "values"]
        else:
            last = ["value"]
        return UncutTable([*first, *last], ([*start(k), self._cell(v)] for k, v in mapping.items()), len(mapping))

    def _of_tuple(self, value: tuple[Any, ...]) -> UncutTable:
        if self.is_edge(value):
            return UncutTable(["source", "target"], [value])
        scalars = [item for item in value if _is_scalar(item)]
        others = [item for item in value if not _is_scalar(item)]
        if len(value) > 1 and all(isinstance(item, Mapping) for item in value):
            merged = self._merged(value)
            if merged is not None:
                return merged
        if not others:
            if value and all(map(self.is_node, value)):
                return self._of_sequence(list(value))
            return UncutTable([f"value_{i}" for i in range(1, len(value) + 1)] or ["value"], [value] if value else [])
        if len(others) == 1:
            found = self._rows(others[0])
            if scalars:
                found.facts["value"] = scalars[0] if len(scalars) == 1 else scalars
            return found
        graphs = [item for item in others if isinstance(item, nx.Graph)]
        if len(graphs) == 1:
            found = self._rows(graphs[0])
            found.facts["value"] = [*scalars, *(self._cell(item) for item in others if item is not graphs[0])]
            return found
        matrices = [item for item in others if sp.issparse(item) or isinstance(item, np.ndarray)]
        if len(matrices) == 1 and len(others) == 2:  # a matrix and what its rows stand for
            order = next(item for item in others if item is not matrices[0])
            return Normaliser(self._graph, list(order)).rows(matrices[0])
        parts = [self._cell(item) for item in others]
        rows = [[i, len(part) if isinstance(part, list | dict) else 1, part] for i, part in enumerate(parts, 1)]
        facts = {"value": scalars[0] if len(scalars) == 1 else scalars} if scalars else {}
        return UncutTable(["part", "size", "nodes" if self._holds_nodes(parts[0]) else "items"], rows, len(rows), facts)

    def _merged(self, parts: tuple[Mapping[Any, Any], ...]) -> UncutTable | None:
        """Several dicts by node as one table, where their keys are the same nodes."""
        keys = dict.fromkeys(chain.from_iterable(parts))
        if not all(map(self.is_node, keys)) or any(isinstance(v, Mapping) for part in parts for v in part.values()):
            return None
        columns = ["node", *(f"value_{i}" for i in range(1, len(parts) + 1))]
        return UncutTable(columns, ([k, *(self._cell(part.get(k)) for part in parts)] for k in keys), len(keys))

    def _of_sequence(self, values: list[Any]) -> UncutTable:
        found = self._of_iterator(iter(values))
        if not (values and isinstance(values[0], tuple) and found.columns[-1] in ("value", "distance")):
            found.total = len(values)
        if found.columns == ["value"] and len(values) > 1:
            return UncutTable(["index", "value"], enumerate(values), len(values), found.facts)
        return found

    def _of_iterator(self, values: Iterator[Any]) -> UncutTable:
        first = next(values, _NOTHING)
        if first is _NOTHING:
            return UncutTable(["value"], [], 0)
        values = chain((first,), values)
        if self.is_node(first):
            return UncutTable(["node"], ([value] for value in values))
        if isinstance(first, nx.Graph):
            return UncutTable(["nodes", "edges"], ([list(graph), [list(e) for e in graph.edges()]] for graph in values))
        if isinstance(first, set | frozenset):
            return UncutTable(["size", "nodes"], ([len(value), self._cell(value)] for value in values))
        if isinstance(first, tuple):
            return self._of_tuples(first, values)
        if isinstance(first, list) and first and all(isinstance(item, set | frozenset) for item in first):
            return UncutTable(["size", "groups"], ([len(value), self._cell(value)] for value in values))
        if isinstance(first, list):
            name = "nodes" if self._holds_nodes(first) else "items"
            return UncutTable(["size", name], ([len(value), self._cell(value)] for value in values))
        return UncutTable(["value"], ([self._cell(value)] for value in values))

    def _of_tuples(self, first: tuple[Any, ...], values: Iterator[Any]) -> UncutTable:
        if first and all(isinstance(item, set | frozenset) for item in first):
            return UncutTable(["size", "groups"], ([len(value), self._cell(value)] for value in values))
        if len(first) == 2 and self.is_node(first[0]) and isinstance(first[1], Mapping):
            rows = ([node, k, self._cell(item)] for node, items in values for k, item in items.items())
            return UncutTable(["source", "target", "value"], rows)
        if len(first) == 2 and self.is_node(first[0]) and _are_mappings(first[1]):  # distances and paths by target
            rows = ([node, k, *(self._cell(part.get(k)) for part in parts)] for node, parts in values for k in parts[0])
            return UncutTable(["source", "target", *(f"value_{i}" for i in range(1, len(first[1]) + 1))], rows)
        if len(first) == 2 and self.is_node(first[0]) and not _is_scalar(first[1]):
            return UncutTable(["node", "nodes"], ([node, self._cell(items)] for node, items in values))
        if len(first) == 2 and self.is_edge(first[0]):  # pairs of nodes and what they have
            return UncutTable(["source", "target", "value"], ([*pair, self._cell(item)] for pair, item in values))
        ends = len(first) >= 2 and self.is_node(first[0]) and self.is_node(first[1])
        if ends and len(first) <= 3:
            last = ["attributes" if isinstance(first[2], Mapping) else "value"] if len(first) == 3 else []
            return UncutTable(["source", "target", *last], ([self._cell(item) for item in value] for value in values))
        if all(map(self.is_node, first)):
            return UncutTable(["size", "nodes"], ([len(value), self._cell(value)] for value in values))
        names = [f"value_{i}" for i in range(1, len(first) + 1)]
        return UncutTable(names, ([self._cell(item) for item in value] for value in values))

    # -- cells ---------------------------------------------------------------------------------

    def _holds_nodes(self, value: Any) -> bool:
        return isinstance(value, list | tuple | set | frozenset) and all(map(self.is_node, islice(value, 3)))

    def _cell(self, value: Any) -> Any:
        """A value inside of a row; sets in node order, a graph as its nodes and edges."""
        if isinstance(value, nx.Graph):
            return {"nodes": list(value), "edges": [list(edge) for edge in value.edges()]}
        if isinstance(value, set | frozenset):
            return [self._cell(item) for item in self.ordered(value)]
        if isinstance(value, list | tuple):
            return [self._cell(item) for item in value]
        if isinstance(value, Iterable) and not isinstance(value, str | bytes | Mapping | np.ndarray):
            return [self._cell(item) for item in islice(value, MAX_VALUES)]
        return value


_NOTHING = object()


def _holds_tuples(value: Any) -> bool:
    return len(value) > 0 and isinstance(value[0], tuple)


def _are_mappings(value: Any) -> bool:
    return isinstance(value, tuple) and bool(value) and all(isinstance(item, Mapping) for item in value)


def _is_scalar(value: Any) -> bool:
    return value is None or isinstance(value, str | bytes | int | float | complex | np.generic)
