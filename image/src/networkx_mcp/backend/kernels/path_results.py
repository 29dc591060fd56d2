"""Paths that stay arrays until someone asks for them, and the arguments that searches take."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from numpy.typing import NDArray

from networkx_mcp.arrays.ids import NodeId
from networkx_mcp.backend.kernels.arrays import Arrays, Unsuited

#: A note of kernels that find one path.
ONE_OF_SEVERAL = "Without the compiled kernels, of several shortest paths with weights another one may be found."


class NodePaths(Mapping[NodeId, list[NodeId]]):
    """Paths of a search tree, made when asked for; `before[row]` is the node before on the way."""

    def __init__(self, graph: Arrays, rows: NDArray[Any], before: NDArray[Any], source: int, *, back: bool) -> None:
        self.graph, self.rows, self._before, self._source, self._back = graph, rows, before, source, back

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[NodeId]:
        return iter(self.graph.frozen.ids_of(self.rows.tolist()))

    def __getitem__(self, node: NodeId) -> list[NodeId]:
        try:
            row = self.graph.row(node)
        except Unsuited:
            raise KeyError(node) from None
        return self.graph.frozen.ids_of(self.to(row))

    def to(self, row: int) -> list[int]:
        """The path to a row, as rows. KeyError when it was not reached."""
        path = [row]
        while row != self._source:
            row = int(self._before[row])
            if row < 0:
                raise KeyError(path[0])
            path.append(row)
        return path if self._back else path[::-1]

    def items(self) -> Any:
        return ((node, self[node]) for node in self)

    def values(self) -> Any:
        return (self[node] for node in self)


def checked_cutoff(cutoff: Any) -> float | None:
    if cutoff is None or (isinstance(cutoff, (int, float)) and not isinstance(cutoff, bool) and cutoff == cutoff):
        return cutoff
    raise Unsuited


def steps(cutoff: float | None, n: int) -> int:
    """The most hops of a search within `cutoff`; n, more than any path of n nodes has, where it binds none."""
    if cutoff is None or cutoff >= n:
        return n
    return math.ceil(cutoff) if cutoff > 0 else 0


def checked_length(cutoff: Any) -> float:
    """A cutoff of distances, infinity for None. Unsuited for integers that no float is."""
    limit = checked_cutoff(cutoff)
    try:
        found = math.inf if limit is None else float(limit)
    except OverflowError:
        raise Unsuited from None
    if limit is not None and found != limit:
        raise Unsuited
    return found


def checked_target(target: Any) -> Any:
    if target is None:
        raise Unsuited
    return target


def one_end(graph: Arrays, source: Any, target: Any, weight: Any, method: str) -> tuple[int, bool]:
    """(row of the only end that is given, whether it is the target); -1 when both are. Unsuited for none."""
    if method not in ("dijkstra", "bellman-ford") or (weight is not None and method != "dijkstra"):
        raise Unsuited
    if source is not None and target is not None:
        return -1, False
    if source is None and target is None:
        raise Unsuited
    return graph.row(target if source is None else source), source is None
