"""What graphs take in memory beside what they store: what `limits.tenant_memory_mb` rests on.

    python benchmarks/raw_sizes.py [--nodes 50000]

Graphs of many kinds, with the attributes that people give them, from random ones to those that repeat themselves most: a grid, a
star, one label for all. The table has the size of the snapshot, that of the buffer in memory, and the ratio of the two.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator
from typing import Any

import networkx as nx

from networkx_mcp.arrays import frozen
from networkx_mcp.arrays.edits import AddEdges, AddNodes, Edit
from networkx_mcp.arrays.state import GraphState

MIB = 1024 * 1024
WORDS = [
    f"{first}{second}"
    for first in ("north", "old", "upper", "green", "long")
    for second in ("field", "bridge", "gate", "mill")
]


def graphs(n: int) -> Iterator[tuple[str, nx.Graph]]:
    """Graphs of about `n` nodes by their kind."""
    side = int(n**0.5)
    yield "scale-free", nx.barabasi_albert_graph(n, 3, seed=0)
    yield "random", nx.gnm_random_graph(n, 3 * n, seed=0)
    yield "small world", nx.watts_strogatz_graph(n, 6, 0.1, seed=0)
    yield "tree", nx.random_labeled_tree(n, seed=0)
    yield "grid", nx.convert_node_labels_to_integers(nx.grid_2d_graph(side, side))
    yield "star", nx.star_graph(n)
    yield "path", nx.path_graph(n)
    yield "complete", nx.complete_graph(side)


def attributes(kind: str, rng: random.Random, at: int) -> dict[str, Any]:
    """What one node or edge carries."""
    if kind == "none":
        return {}
    if kind == "random numbers":
        return {"weight": rng.random()}
    if kind == "one of 20 names, a date, a count":
        day = f"2026-{at % 12 + 1:02}-{at % 28 + 1:02}T{at % 24:02}:00:00Z"
        return {"name": rng.choice(WORDS), "since": day, "count": rng.randrange(1000)}
    return {"type": "person", "source": "imported from the registry of 2026", "active": True, "weight": 1.0}


def sizes(graph: nx.Graph, kind: str) -> tuple[int, int]:
    """Bytes stored and in memory."""
    rng = random.Random(0)
    nodes, edges = list(graph), list(graph.edges)
    edits: list[Edit] = [
        AddNodes(nodes, [attributes(kind, rng, at) for at in range(len(nodes))]),
        AddEdges(edges, [attributes(kind, rng, at) for at in range(len(edges))]),
    ]
    state = GraphState()
    state.apply(edits)
    whole = state.freeze()
    return len(frozen.compress(whole)), whole.nbytes


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--nodes", type=int, default=50_000)
    nodes = parser.parse_args().nodes
    print("| graph | attributes | stored, MiB | in memory, MiB | ratio |\n|---|---|---|---|---|")
    for name, graph in graphs(nodes):
        for kind in ("none", "random numbers", "one of 20 names, a date, a count", "the same for all"):
            stored, memory = sizes(graph, kind)
            print(f"| {name} | {kind} | {stored / MIB:.2f} | {memory / MIB:.2f} | {memory / stored:.1f} |", flush=True)


if __name__ == "__main__":
    main()
