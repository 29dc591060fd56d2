"""Maximum flow and minimum cut by Dinic's algorithm on integer capacities.

A missing capacity is infinite and a fraction is no integer: both are networkx's. The value and the cut are
unique (the cut is the one nearest to the sink); of the flows that reach the value this is one.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp
import scipy.sparse.csgraph as csgraph

from networkx_mcp.backend.kernel import kernel
from networkx_mcp.backend.kernels.arrays import Arrays, Unsuited

ENGINE = "scipy"
_CAPACITIES = "Integer capacities on every edge, at most 2**31 - 1 together; others are networkx's."
_MOST = 2**31 - 1


def _solve(graph: Arrays, source: Any, sink: Any, capacity: str, flow_func: Any) -> tuple[Any, Any, Any, bool]:
    """(value, flow matrix, capacity matrix, capacities are Python ints); the matrices int32 CSR."""
    s, t = graph.row(source), graph.row(sink)
    if s == t or flow_func is not None or not graph.m:
        raise Unsuited
    column = graph.frozen.edge_table.column(capacity)
    if column is None or column.count < graph.m:
        raise Unsuited
    values, integral, lowest = graph.weights(capacity)
    if lowest < 0 or not (values == np.rint(values)).all() or values.sum() > _MOST:
        raise Unsuited
    frozen, n = graph.frozen, graph.n
    kept = (graph.heads != frozen.out_indices) & (values[frozen.out_rows] > 0)
    entries = (graph.heads[kept], frozen.out_indices[kept])
    limits = sp.csr_array((values[frozen.out_rows[kept]].astype(np.int32), entries), shape=(n, n))
    found = csgraph.maximum_flow(limits, s, t)
    value = int(found.flow_value)
    return (value if integral else float(value)), found.flow, limits, integral


@kernel("maximum_flow_value", "minimum_cut_value", engine=ENGINE, note=_CAPACITIES)
def maximum_flow_value(graph: Arrays, _s: Any, _t: Any, capacity: str = "capacity", flow_func: None = None) -> Any:
    return _solve(graph, _s, _t, capacity, flow_func)[0]


@kernel("maximum_flow", engine=ENGINE, note=f"{_CAPACITIES} Of several maximum flows another one may be found.")
def maximum_flow(graph: Arrays, _s: Any, _t: Any, capacity: str = "capacity", flow_func: None = None) -> Any:
    """(value, {u: {v: flow}}) with an entry for each edge."""
    value, flow, _, integral = _solve(graph, _s, _t, capacity, flow_func)
    frozen, ids = graph.frozen, graph.ids
    flow = flow.tocoo()
    sent = {
        (u, v): amount
        for u, v, amount in zip(flow.row.tolist(), flow.col.tolist(), flow.data.tolist(), strict=True)
        if amount > 0
    }
    starts, others = frozen.out_indptr.tolist(), frozen.out_indices.tolist()
    number = int if integral else float
    flows = {
        ids[u]: {ids[v]: number(sent.get((u, v), 0)) for v in others[starts[u] : starts[u + 1]]} for u in range(graph.n)
    }
    return value, flows


@kernel("minimum_cut", engine=ENGINE, note=_CAPACITIES)
def minimum_cut(graph: Arrays, _s: Any, _t: Any, capacity: str = "capacity", flow_func: None = None) -> Any:
    """(value, (nodes on the side of the source, nodes on the side of the sink))."""
    value, flow, limits, _ = _solve(graph, _s, _t, capacity, flow_func)
    residual = (limits - flow).tocsr()
    residual.data[residual.data < 0] = 0
    residual.eliminate_zeros()
    back = residual.T.tocsr().astype(float)
    near = csgraph.breadth_first_order(back, graph.row(_t), directed=True, return_predecessors=False)
    inside = np.zeros(graph.n, bool)
    inside[near] = True
    sides = (np.flatnonzero(~inside), np.flatnonzero(inside))
    first, second = (set(graph.frozen.ids_of(side.tolist())) for side in sides)
    return value, (first, second)
