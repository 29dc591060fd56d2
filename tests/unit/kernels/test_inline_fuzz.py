"""What the API itself computes survives graphs of every shape: a fault in it would end the pod.

`make kernels-sanitize GRAPHS=100000` runs it on so many graphs with the library that checks addresses and arithmetic.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest

from networkx_mcp.analysis import inline
from networkx_mcp.arrays.edits import AddEdges, AddNodes, RemoveEdges, RemoveNodes
from networkx_mcp.arrays.state import GraphState

GRAPHS = int(os.environ.get("GRAPHS", "300"))
PAGE = {"limit": 1000, "offset": 0}


def pairs(chance: random.Random, n: int) -> list[tuple[int, int]]:
    """Edges of one shape: none, loops, a path, a ring, a star, a clique, two parts, or at random."""
    match chance.randrange(8):
        case 0:
            return []
        case 1:
            return [(k, k) for k in range(n)]
        case 2:
            return [(k, k + 1) for k in range(n - 1)]
        case 3:
            return [(k, (k + 1) % n) for k in range(n)] if n > 2 else []
        case 4:
            return [(chance.randrange(n), k) for k in range(n)]
        case 5:
            return [(u, v) for u in range(min(n, 14)) for v in range(u)]
        case 6:
            return [(chance.randrange(n), chance.randrange(n)) for _ in range(n // 2)]
    return [(chance.randrange(n), chance.randrange(n)) for _ in range(chance.randrange(4 * n))]


def graph(number: int) -> GraphState:
    chance = random.Random(number)
    n = chance.choice([1, 1, 2, 3, chance.randint(4, 12), chance.randint(4, 12), chance.randint(13, 150)])
    state = GraphState(None, directed=chance.random() < 0.5)
    state.apply([AddNodes(list(range(n))), AddEdges(pairs(chance, n), if_exists="skip")])
    if chance.random() < 0.2:
        state = GraphState(state.freeze())
    if chance.random() < 0.3:
        gone = chance.sample(range(n), min(n - 1, chance.randrange(3)))
        state.apply([RemoveEdges(pairs(chance, n), if_missing="skip"), RemoveNodes(gone)])
    return state


def answers(state: GraphState, number: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """What was answered, by the call."""
    chance = random.Random(number)
    nodes = list(state.nodes())
    source, target = chance.choice(nodes), chance.choice(nodes)
    weight = chance.choice([{}, {"weight": ""}])
    for name, tool, params in (
        ("degree", "rank_nodes", {"measure": "degree"}),
        ("pagerank", "rank_nodes", {"measure": "pagerank", "alpha": chance.choice([0.1, 0.85, 1.0]), **weight}),
        ("betweenness", "rank_nodes", {"measure": "betweenness", "endpoints": chance.random() < 0.5}),
        ("sample", "rank_nodes", {"measure": "betweenness", "sample": chance.randint(1, len(nodes)), "seed": number}),
        ("core", "rank_nodes", {"measure": "core"}),
        ("components", "find_components", {"members": 1000}),
        ("path", "find_paths", {"kind": "shortest", "source": source, "target": target}),
        ("reachable", "find_paths", {"kind": "reachable", "source": source, "cutoff": chance.choice([0, 1, 2, 1000])}),
    ):
        found = inline.answer(tool, {**params, **PAGE}, state, 5000)
        if found is not None:
            yield name, found


@pytest.mark.parametrize("part", range(10))
def test_graphs_of_every_shape(part: int) -> None:
    seen = set()
    for number in range(part, GRAPHS, 10):
        state = graph(number)
        for name, found in answers(state, number):
            seen.add(name)
            rows = found["rows"]
            match name:
                case "degree":
                    assert sum(row[2] for row in rows) == 2 * state.m, number
                case "pagerank":
                    assert sum(row[2] for row in rows) == pytest.approx(1), number
                case "core":
                    assert all(0 <= row[2] <= 2 * state.n for row in rows), number
                case "betweenness" | "sample":
                    assert all(row[2] is None or row[2] >= 0 for row in rows), number
                case "components":
                    assert sorted(node for row in rows for node in row[2]) == sorted(state.nodes()), number
                case "path" if rows:
                    assert all(state.has_edge(u, v) for u, v in pairwise(rows[0][2])), number
                case "reachable":
                    assert all(row[1] >= 1 for row in rows), number
    assert seen == {"degree", "pagerank", "betweenness", "sample", "core", "components", "path", "reachable"}
