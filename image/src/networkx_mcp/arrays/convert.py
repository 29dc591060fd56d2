"""To networkx and back, keeping the order of nodes, neighbours and the types of values.

networkx is imported on use: the API process does not need it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pyarrow as pa

from networkx_mcp.arrays import csr
from networkx_mcp.arrays.columns import Assembler
from networkx_mcp.arrays.frozen import FrozenGraph, assemble
from networkx_mcp.arrays.ids import check_id, encode_id
from networkx_mcp.arrays.values import check_attributes
from networkx_mcp.errors import InvalidInput

if TYPE_CHECKING:
    import networkx as nx


def to_networkx(graph: FrozenGraph, most: int | None = None) -> nx.Graph[Any]:
    """The same graph as `nx.Graph` or `nx.DiGraph`, with attribute dicts of its own.

    Values of nodes and edges of more than `most` stored bytes are not decoded (`deferred.Deferred`)."""
    import networkx as nx

    result: Any = nx.DiGraph() if graph.directed else nx.Graph()
    result.graph.update(graph.graph_attributes if most is None else graph.short_graph_attributes())
    ids = list(graph.iter_ids())
    result._node.update(zip(ids, graph.node_table.dicts(most), strict=True))
    data = graph.edge_table.dicts(most)
    # the adjacency dicts are filled as they stand: `add_edge` would bring the order of edges, not of neighbours
    directions = [(result._adj, graph.out_indptr, graph.out_indices, graph.out_rows)]
    if graph.directed:
        directions.append((result._pred, graph.in_indptr, graph.in_indices, graph.in_rows))
    for adjacency, indptr, indices, rows in directions:
        starts, others, edges = indptr.tolist(), indices.tolist(), rows.tolist()
        for row, node in enumerate(ids):
            low, high = starts[row], starts[row + 1]
            adjacency[node] = {ids[others[k]]: data[edges[k]] for k in range(low, high)}
    return cast("nx.Graph[Any]", result)


def from_networkx(graph: nx.Graph[Any]) -> FrozenGraph:
    """The frozen form of a graph whose ids and attributes are JSON. InvalidInput for others and multigraphs."""
    if graph.is_multigraph():
        raise InvalidInput("A multigraph has parallel edges, which are not kept; make it a Graph or DiGraph first.")
    directed = graph.is_directed()
    row_of = {check_id(node, f"nodes[{number}]"): number for number, node in enumerate(graph)}
    ids = pa.array(map(encode_id, row_of), pa.binary())

    def half(adjacency: Any) -> tuple[csr.Int32, csr.Int32]:
        indptr = csr.pointers(np.fromiter((len(adjacency[node]) for node in row_of), np.int64, len(row_of)))
        indices = np.fromiter((row_of[v] for u in row_of for v in adjacency[u]), np.int32, int(indptr[-1]))
        return indptr, indices

    inner = cast(Any, graph)  # the dicts behind the views, which are several times slower
    into = half(inner._pred) if directed else None
    tables = csr.tables(*csr.with_origins(*half(inner._adj), into))
    nodes = Assembler(len(row_of))
    for row, (node, attributes) in enumerate(graph.nodes(data=True)):
        nodes.put(row, check_attributes(dict(attributes), f"nodes[{node!r}]"))
    edges = Assembler(len(tables.src))
    for row, (u, v, attributes) in enumerate(graph.edges(data=True)):
        edges.put(row, check_attributes(dict(attributes), f"edges[{u!r}, {v!r}]"))
    return assemble(
        directed=directed,
        ids=ids,
        tables=tables,
        nodes=nodes.build(),
        edges=edges.build(),
        attributes=dict(check_attributes(dict(graph.graph), "attributes")),
    )
