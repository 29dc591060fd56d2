"""Balanced k-way partition by multilevel recursive bisection.

After Karypis and Kumar, "A fast and high quality multilevel scheme for partitioning irregular
graphs", SIAM J. Sci. Comput. 20 (1998): contract heavy edges until the graph is small, grow a half
from several nodes there, and refine by Fiduccia and Mattheyses' moves (1982) on the way back.
"""

from __future__ import annotations

import heapq
import math
import random
from collections.abc import Sequence

Adjacency = Sequence[dict[int, float]]

_SMALL = 60
_STARTS = 8
_PASSES = 6
#: Whole partitions tried while nodes and edges tried stay below this: a second's work at most.
_WORK = 100_000
_MOST_TRIES = 12


def partition(adjacency: Adjacency, k: int, imbalance: float, seed: int) -> list[int]:
    """Part (0 to k-1) of each node: the smallest cut of several tries, more of them the smaller the graph.

    Sizes are between floor((1 - imbalance) n/k) and max(ceil(n/k), floor((1 + imbalance) n/k)), at
    least 1; `k` is at most the number of nodes. Weights are not negative.
    """
    size = len(adjacency) + sum(map(len, adjacency)) // 2
    tries = max(1, min(_MOST_TRIES, _WORK // max(size, 1)))
    rng = random.Random(seed)  # noqa: S311  a repeatable choice, not a secret
    candidates = [_partition(adjacency, k, imbalance, rng) for _ in range(tries if k > 1 else 1)]
    return min(candidates, key=lambda parts: _cut(adjacency, parts))


def _partition(adjacency: Adjacency, k: int, imbalance: float, rng: random.Random) -> list[int]:
    n = len(adjacency)
    low = max(1, min(n // k, math.ceil((1 - imbalance) * n / k)))
    high = max(math.ceil(n / k), math.floor((1 + imbalance) * n / k))
    parts = [0] * n
    jobs = [(list(range(n)), k, 0)]
    while jobs:
        nodes, count, first = jobs.pop()
        if count == 1:
            for node in nodes:
                parts[node] = first
            continue
        left = count // 2
        right = count - left
        size = len(nodes)
        bounds = (max(left * low, size - right * high), min(left * high, size - right * low))
        sides = _bisect(_induced(adjacency, nodes), bounds, round(size * left / count), rng)
        halves: tuple[list[int], list[int]] = ([], [])
        for node, side in zip(nodes, sides, strict=True):
            halves[side].append(node)
        jobs += [(halves[0], left, first), (halves[1], right, first + left)]
    return parts


def _induced(adjacency: Adjacency, nodes: list[int]) -> list[dict[int, float]]:
    if len(nodes) == len(adjacency):
        return list(adjacency)
    position = {node: i for i, node in enumerate(nodes)}
    return [{position[v]: w for v, w in adjacency[u].items() if v in position} for u in nodes]


def _bisect(adjacency: list[dict[int, float]], bounds: tuple[int, int], target: int, rng: random.Random) -> list[int]:
    """Side of each node; the number of nodes on side 0 is within `bounds`."""
    levels: list[tuple[list[dict[int, float]], list[int], list[int]]] = []
    graph, sizes = adjacency, [1] * len(adjacency)
    while len(graph) > _SMALL:
        coarse, coarse_sizes, mapping = _contract(graph, sizes, rng, max(2, len(adjacency) // 20))
        if len(coarse) > 0.95 * len(graph):
            break
        levels.append((graph, sizes, mapping))
        graph, sizes = coarse, coarse_sizes
    sides = _initial(graph, sizes, bounds, target, rng)
    for fine, fine_sizes, mapping in reversed(levels):
        sides = [sides[group] for group in mapping]
        _refine(fine, fine_sizes, sides, bounds)
    return sides


def _contract(
    graph: list[dict[int, float]], sizes: list[int], rng: random.Random, largest: int
) -> tuple[list[dict[int, float]], list[int], list[int]]:
    """Merge each node with the neighbour across its heaviest edge, as far as both are still single."""
    mapping = [-1] * len(graph)
    groups = 0
    order = list(range(len(graph)))
    rng.shuffle(order)
    for u in order:
        if mapping[u] >= 0:
            continue
        best, heaviest = u, -1.0
        for v, w in graph[u].items():
            if mapping[v] < 0 and w > heaviest and sizes[u] + sizes[v] <= largest:
                best, heaviest = v, w
        mapping[u] = mapping[best] = groups
        groups += 1
    coarse: list[dict[int, float]] = [{} for _ in range(groups)]
    coarse_sizes = [0] * groups
    for u, edges in enumerate(graph):
        group = mapping[u]
        coarse_sizes[group] += sizes[u]
        row = coarse[group]
        for v, w in edges.items():
            other = mapping[v]
            if other != group:
                row[other] = row.get(other, 0.0) + w
    return coarse, coarse_sizes, mapping


def _initial(
    graph: list[dict[int, float]], sizes: list[int], bounds: tuple[int, int], target: int, rng: random.Random
) -> list[int]:
    """The best of several halves grown from one node each."""
    best: list[int] = []
    best_key = (math.inf, math.inf)
    starts = range(len(graph)) if len(graph) <= _STARTS else rng.sample(range(len(graph)), _STARTS)
    for start in starts:
        sides = _grow(graph, sizes, start, target)
        _refine(graph, sizes, sides, bounds)
        size = sum(s for s, side in zip(sizes, sides, strict=True) if not side)
        key = (_outside(size, bounds), _cut(graph, sides))
        if key < best_key:
            best, best_key = sides, key
    return best


def _grow(graph: list[dict[int, float]], sizes: list[int], start: int, target: int) -> list[int]:
    """Side 0 grows from `start` by the node most bound to it, until it holds `target` nodes."""
    sides = [1] * len(graph)
    inside = 0
    bound = [0.0] * len(graph)
    heap: list[tuple[float, int]] = [(0.0, start)]
    fresh = iter(range(len(graph)))
    while inside < target:
        while heap and (sides[heap[0][1]] == 0 or -heap[0][0] != bound[heap[0][1]]):
            heapq.heappop(heap)
        if heap:
            node = heapq.heappop(heap)[1]
        else:  # the component is used up: go on in another
            node = next((u for u in fresh if sides[u]), -1)
            if node < 0:
                break
        sides[node] = 0
        inside += sizes[node]
        for v, w in graph[node].items():
            if sides[v]:
                bound[v] += w
                heapq.heappush(heap, (-bound[v], v))
    return sides


def _outside(size: int, bounds: tuple[int, int]) -> int:
    """How far a size is out of its bounds."""
    return max(bounds[0] - size, size - bounds[1], 0)


def _cut(graph: Adjacency, sides: list[int]) -> float:
    return sum(w for u, edges in enumerate(graph) for v, w in edges.items() if u < v and sides[u] != sides[v])


def _refine(graph: list[dict[int, float]], sizes: list[int], sides: list[int], bounds: tuple[int, int]) -> None:
    """Move nodes between the sides as long as a pass of moves lowers the cut or mends the balance."""
    for _ in range(_PASSES):
        if not _pass(graph, sizes, sides, bounds):
            return


def _pass(graph: list[dict[int, float]], sizes: list[int], sides: list[int], bounds: tuple[int, int]) -> bool:
    """One pass of Fiduccia and Mattheyses: each node moves at most once; the best prefix stays."""
    gain = [sum(w if sides[v] != sides[u] else -w for v, w in edges.items()) for u, edges in enumerate(graph)]
    size = sum(s for s, side in zip(sizes, sides, strict=True) if not side)
    out = _outside(size, bounds)
    heaps: tuple[list[tuple[float, int]], list[tuple[float, int]]] = ([], [])
    for u, edges in enumerate(graph):
        # nodes inside of a side gain nothing; they matter only where the balance must be mended
        if out or len(graph) <= 4 * _SMALL or any(sides[v] != sides[u] for v in edges):
            heaps[sides[u]].append((-gain[u], u))
    heapq.heapify(heaps[0])
    heapq.heapify(heaps[1])
    moved: list[int] = []
    locked = bytearray(len(graph))
    slack = max(sizes)  # an exchange passes through sizes that are out of bounds by one node
    total, best, best_at, idle = 0.0, (-out, 0.0), 0, 0
    patience = max(100, len(graph) // 50)
    while idle < patience:
        choice = -1
        for side in (0, 1):
            heap = heaps[side]
            while heap and (locked[heap[0][1]] or sides[heap[0][1]] != side or -heap[0][0] != gain[heap[0][1]]):
                heapq.heappop(heap)
            if not heap:
                continue
            after = size - sizes[heap[0][1]] if side == 0 else size + sizes[heap[0][1]]
            worse = _outside(after, bounds)
            if worse > slack and worse >= out:
                continue
            if out and worse >= out:
                continue  # out of balance: only moves that mend it
            if choice < 0 or heap[0][0] < heaps[choice][0][0]:
                choice = side
        if choice < 0:
            break
        u = heapq.heappop(heaps[choice])[1]
        locked[u] = 1
        size += -sizes[u] if choice == 0 else sizes[u]
        out = _outside(size, bounds)
        total += gain[u]
        sides[u] = 1 - choice
        gain[u] = -gain[u]
        moved.append(u)
        for v, w in graph[u].items():
            gain[v] += 2 * w if sides[v] != sides[u] else -2 * w
            if not locked[v]:
                heapq.heappush(heaps[sides[v]], (-gain[v], v))
        if (-out, total) > best:
            best, best_at, idle = (-out, total), len(moved), 0
        else:
            idle += 1
    for u in moved[best_at:]:
        sides[u] = 1 - sides[u]
    return best_at > 0
