"""Graphs and arguments on which the cost model is calibrated and checked: every algorithm gets some that suit it."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from functools import cache
from typing import Any

import networkx as nx

from networkx_mcp.analysis.catalogue import Algorithm
from networkx_mcp.analysis.loaded_graph import LoadedGraph
from networkx_mcp.arrays.frozen import FrozenGraph

SEED = 1

Maker = Callable[[int], nx.Graph]


def oriented(graph: nx.Graph, acyclic: bool = False) -> nx.DiGraph:
    """Each edge in one random direction, or from the lower to the higher node."""
    chance = random.Random(SEED)
    found = nx.DiGraph()
    found.add_nodes_from(graph)
    for u, v in graph.edges:
        u, v = min(u, v), max(u, v)
        found.add_edge(*((v, u) if not acyclic and chance.random() < 0.5 else (u, v)))
    return found


def _tree(n: int) -> nx.Graph:
    return nx.random_labeled_tree(n, seed=SEED)


def _grid(n: int) -> nx.Graph:
    side = max(2, math.isqrt(n))
    return nx.convert_node_labels_to_integers(nx.grid_2d_graph(side, side))


def _dense(n: int) -> nx.Graph:
    return nx.fast_gnp_random_graph(n, min(0.5, 40 / n), seed=SEED)


def _bipartite(n: int) -> nx.Graph:
    half = n // 2
    found = nx.bipartite.gnmk_random_graph(half, half, 3 * n, seed=SEED)
    found.add_edges_from((i, half + i) for i in range(half))  # a perfect matching is there
    return found


def _complete(n: int) -> nx.Graph:
    return nx.complete_graph(max(4, math.isqrt(3 * n)))


def _outtree(n: int) -> nx.DiGraph:
    return nx.bfs_tree(_tree(n), 0)


#: The shape that the fit rests on, and the same with more edges.
SHAPES: dict[str, Maker] = {
    "ba3": lambda n: nx.barabasi_albert_graph(n, 3, seed=SEED),
    "ba10": lambda n: nx.barabasi_albert_graph(n, min(10, n - 1), seed=SEED),
    "ba3 directed": lambda n: oriented(SHAPES["ba3"](n)),
    "ba10 directed": lambda n: oriented(SHAPES["ba10"](n)),
    # For algorithms that refuse those.
    "tree": _tree,
    "acyclic": lambda n: oriented(SHAPES["ba3"](n), acyclic=True),
    "out-tree": _outtree,
    "bipartite": _bipartite,
    "strong": lambda n: nx.DiGraph([*oriented(SHAPES["ba3"](n)).edges, *nx.cycle_graph(n, nx.DiGraph).edges]),
    "complete": _complete,
    "complete directed": lambda n: _complete(n).to_directed(),
    "cycle": nx.cycle_graph,
    "path": nx.path_graph,
    # How far other graphs of the same size are from the fit.
    "grid": _grid,
    "dense": _dense,
    "many parts": lambda n: nx.gnm_random_graph(n, n // 2, seed=SEED),
    "star": lambda n: nx.star_graph(n - 1),
    "dense directed": lambda n: oriented(_dense(n)),
    "grid directed": lambda n: oriented(_grid(n)),
}
#: Sizes of the fit, and of the other shapes.
SIZES = (32, 128, 512, 2048, 8192, 32_768)
MIDDLES = (128, 2048)
#: Instead of larger ones, for algorithms that take long on the first of SIZES.
SMALLER = (8, 16)
#: (base, denser) of the fit, in the order in which they are tried; the denser one may be missing.
BASES = (
    ("ba3", "ba10"), ("ba3 directed", "ba10 directed"), ("tree", ""), ("acyclic", ""), ("out-tree", ""),
    ("bipartite", ""), ("strong", ""), ("complete", ""), ("complete directed", ""), ("cycle", ""), ("path", ""),
)  # fmt: skip
OTHERS = {
    False: ("tree", "grid", "many parts", "star", "dense"),
    True: ("acyclic", "grid directed", "strong", "dense directed"),
}


@cache
def frozen(shape: str, n: int, attributed: bool = False) -> FrozenGraph:
    """The graph of a shape with about `n` nodes, text ids, as a worker gets it; edges have weight and capacity.

    `attributed`: nodes of any shape and size have attributes too. They would slow the conversion of algorithms that
    do not read them, so else only small graphs of the first shape have them.
    """
    chance = random.Random(SEED)
    plain = SHAPES[shape](n)
    graph: nx.Graph = nx.DiGraph() if plain.is_directed() else nx.Graph()
    names = {node: str(i) for i, node in enumerate(plain)}
    attributed = attributed or (n <= 2000 and shape == "ba3")
    for i, name in enumerate(names.values()):
        extra = {"color": "red" if i % 2 else "blue", "size": i + 1, "community": i % 4, "percolation": 0.5}
        graph.add_node(name, **(extra if attributed else {}))
    for u, v in plain.edges:
        weight = chance.randint(1, 10)
        graph.add_edge(names[u], names[v], weight=weight, capacity=weight)
    return LoadedGraph.from_networkx(graph).arrays.frozen


BY_TYPE: dict[str, Any] = {
    "node": "0", "nodes": ["0", "1"], "node_set": ["0"], "pair": ["0", "1"], "pairs": [["0", "1"], ["2", "3"]],
    "matching": [], "node_numbers": [["0", 1.0], ["1", 2.0]], "edge_numbers": [["0", "3", 1]], "attribute": "weight",
    "attributes": ["color"], "integer": 2, "seed": 0, "number": 0.5, "boolean": True, "string": "z",
}  # fmt: skip
#: What some algorithms are called with beside.
BY_ALGORITHM: dict[str, dict[str, Any]] = {
    "attribute_assortativity_coefficient": {"attribute": "color"},
    "numeric_assortativity_coefficient": {"attribute": "size"},
    "katz_centrality": {"alpha": 0.01},  # its default converges on hardly any graph
}
#: Algorithms that read attributes of nodes.
ATTRIBUTED = ("attribute_assortativity_coefficient", "numeric_assortativity_coefficient")
LAST = ("target", "t", "v", "node2", "targets", "z", "y", "nbunch2")


def arguments(entry: Algorithm, ids: list[str]) -> dict[str, Any]:
    """A value for each argument that must be given: first nodes for starts, last ones for ends."""
    given: dict[str, Any] = {}
    half = len(ids) // 2
    own: dict[str, Any] = {
        "node_sets": [ids[:half], ids[half:]],
        "node_values": [[node, i] for i, node in enumerate(ids)],
    }
    for argument in entry.arguments:
        if not argument.required:
            continue
        kind = argument.type
        value = argument.choices[0] if argument.choices else own.get(kind, BY_TYPE.get(kind))
        if argument.name in LAST:
            value = {"node": ids[-1], "nodes": ids[-2:], "node_set": ids[-1:]}.get(kind, value)
        if argument.name == "stretch":
            value = 2
        if argument.name == "init_cycle":
            value = [*ids, ids[0]]
        given[argument.name] = value
    return given | BY_ALGORITHM.get(entry.name, {})
