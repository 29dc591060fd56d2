"""A frozen graph as kernels read it: rows for ids, weights, sparse matrices; each made at most once."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from networkx_mcp.arrays.columns import EXACT
from networkx_mcp.arrays.distinct import distinct
from networkx_mcp.arrays.frozen import FrozenGraph
from networkx_mcp.arrays.ids import NodeId

if TYPE_CHECKING:
    import scipy.sparse as sp

Int32 = NDArray[np.int32]
Float = NDArray[np.float64]


class Unsuited(Exception):
    """A kernel does not answer for this graph and these arguments as networkx would: networkx answers.

    Kernels raise it for bad input too, so that the error is networkx's own.
    """


class Weights(NamedTuple):
    """One number an edge row; `integral`: all are Python ints, so are their sums."""

    values: Float
    integral: bool
    lowest: float


class Arrays:
    """A frozen graph with what kernels derive from it."""

    def __init__(self, frozen: FrozenGraph) -> None:
        self.frozen = frozen
        self.n, self.m, self.directed = frozen.n, frozen.m, frozen.directed
        self._weights: dict[str | None, Weights] = {}

    @cached_property
    def ids(self) -> list[NodeId]:
        """All ids in node order: not for kernels whose answer is cut to a few rows."""
        return self.frozen.all_ids()

    @cached_property
    def heads(self) -> Int32:
        """The node of each entry of `out_indices`."""
        return np.repeat(np.arange(self.n, dtype=np.int32), np.diff(self.frozen.out_indptr))

    @cached_property
    def loops(self) -> Int32:
        """Rows of nodes with an edge to themselves, in edge order."""
        if not self.frozen.loops:
            return np.zeros(0, np.int32)
        return np.asarray(self.frozen.src[self.frozen.src == self.frozen.dst])

    def row(self, node: Any) -> int:
        """Row of a node; Unsuited when it is none (networkx raises its own error then)."""
        found = self.frozen.locate(node)
        if found < 0:
            raise Unsuited
        return found

    def weights(self, name: str | None, *, lowest: float | None = None, default: float = 1.0) -> Weights:
        """Edge attribute `name` (None: 1 for every edge), `default` where it is missing.

        Unsuited for what is no number, for integers that floats do not hold, and for weights below `lowest`.
        """
        if name is not None and not isinstance(name, str):
            raise Unsuited
        key = name if default == 1.0 or name is None else f"{name}\0{default}"
        found = self._weights.get(key)
        if found is None:
            found = self._weights[key] = self._read(name, default)
        if lowest is not None and found.lowest < lowest:
            raise Unsuited
        return found

    def _read(self, name: str | None, default: float) -> Weights:
        table = self.frozen.edge_table
        column = None if name is None else table.column(name)
        if column is None:
            return Weights(np.full(self.m, default), float(default).is_integer(), default if self.m else np.inf)
        if column.kind not in ("int", "float", "number"):
            raise Unsuited
        values = table.numbers(name or "", default)
        largest = float(np.abs(values).max(initial=0.0))
        if not np.isfinite(largest) or (column.kind == "int" and largest * max(self.m, 1) >= EXACT):
            raise Unsuited
        return Weights(values, column.kind == "int", float(values.min(initial=np.inf)))

    def matrix(self, name: str | None = None, *, into: bool = False, lowest: float | None = None) -> sp.csr_array:
        """Adjacency as CSR float64 in adjacency order; `into`: entry (v, u) for an edge u -> v.

        An undirected edge stands at both its ends, a self-loop once, as in networkx's own matrices.
        """
        frozen = self.frozen
        if name is None:
            data = np.ones(len(frozen.out_indices))
        else:
            data = self.weights(name, lowest=lowest).values[frozen.in_rows if into else frozen.out_rows]
        if into:
            return csr(data, frozen.in_indices, frozen.in_indptr, self.n)
        return csr(data, frozen.out_indices, frozen.out_indptr, self.n)

    @cached_property
    def simple(self) -> tuple[Int32, Int32]:
        """(indptr, indices) of the undirected graph without self-loops, neighbours ascending."""
        frozen = self.frozen
        keep = self.heads != frozen.out_indices
        heads, tails = self.heads[keep].astype(np.int64), frozen.out_indices[keep].astype(np.int64)
        keys = heads * self.n + tails
        if self.directed:
            keys = distinct(np.concatenate([keys, tails * self.n + heads]))
        else:
            keys.sort()
        indptr = np.zeros(self.n + 1, np.int32)
        if self.n:
            np.cumsum(np.bincount(keys // self.n, minlength=self.n), out=indptr[1:])
        return indptr, (keys % max(self.n, 1)).astype(np.int32)


def csr(data: Float, indices: Int32, indptr: Int32, n: int) -> sp.csr_array:
    """A CSR matrix over these very arrays: neither copied nor checked."""
    import scipy.sparse as sp  # here, because the API runs kernels that need none

    matrix = sp.csr_array((n, n))
    matrix.data, matrix.indices, matrix.indptr = data, indices, indptr
    return matrix
