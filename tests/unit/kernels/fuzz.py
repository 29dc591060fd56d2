"""Random graphs for every function of the compiled library: `make kernels-fuzz`, which builds it with address and
undefined-behaviour checks.

`python -m tests.unit.kernels.fuzz --graphs 100000 --seed 1`: small graphs of hostile shapes (none or one node, loops, stars,
paths, cliques, isolated nodes; weights of 0, below 0, past squares), and for each some kernels with arguments drawn by their names,
also nodes that are not there. What a kernel answers is not looked at, hypothesis does that (`test_*.py`); it must come back without a
fault of the sanitizers, and raise nothing but `Unsuited` and networkx's exceptions. Fails when some function of the library
was never called. A graph is named by its number, so that one that failed runs again alone (`--first NUMBER --graphs 1`).
"""

from __future__ import annotations

import argparse
import collections
import inspect
import random
import re
import sys
import time
import warnings
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np

from networkx_mcp.analysis.layout import positions
from networkx_mcp.analysis.loaded_graph import LoadedGraph
from networkx_mcp.arrays.state import GraphState
from networkx_mcp.backend.answers import plain
from networkx_mcp.backend.graph import Graph
from networkx_mcp.backend.kernel import Kernel, kernels
from networkx_mcp.backend.kernels import native
from networkx_mcp.backend.kernels.arrays import Unsuited

#: Kernels that each graph is given to.
EACH = 12
_SOURCES = Path(native.__file__).parent


def functions() -> set[str]:
    """What the library exports, but for the number of its interface."""
    found = {
        name for path in _SOURCES.glob("*.c") for name in re.findall(r"^NX_API \w+ (nx_\w+)\(", path.read_text(), re.M)
    }
    return found - {"nx_interface"}


def _star(n: int, chance: random.Random) -> list[tuple[int, int]]:
    return [(0, v) if chance.random() < 0.5 else (v, 0) for v in range(1, n)]


def _path(n: int, _chance: random.Random) -> list[tuple[int, int]]:
    return [(v, v + 1) for v in range(n - 1)]


def _cycle(n: int, _chance: random.Random) -> list[tuple[int, int]]:
    return [(v, (v + 1) % n) for v in range(n)]


def _clique(n: int, _chance: random.Random) -> list[tuple[int, int]]:
    return [(u, v) for u in range(min(n, 9)) for v in range(u)]


def _some(n: int, chance: random.Random) -> list[tuple[int, int]]:
    return [(chance.randrange(n), chance.randrange(n)) for _ in range(chance.randint(0, 3 * n))] if n else []


def _acyclic(n: int, chance: random.Random) -> list[tuple[int, int]]:
    return [(min(pair), max(pair)) for pair in _some(n, chance) if pair[0] != pair[1]]


_SHAPES: list[Callable[[int, random.Random], list[tuple[int, int]]]] = [
    _star,
    _path,
    _cycle,
    _clique,
    _some,
    _some,
    _acyclic,
]
_WEIGHTS: dict[str, Callable[[random.Random], float]] = {
    "integers": lambda chance: chance.randint(0, 9),
    "fractions": lambda chance: chance.random(),
    "none weighs anything": lambda _chance: 0,
    "below 0": lambda chance: chance.randint(-5, 5),
    "tiny": lambda chance: chance.choice([5e-324, 1e-200, 0.0]),
    "huge": lambda chance: chance.choice([1e308, 1e154, 1.0]),
    "long": lambda chance: chance.choice([2**52, 2**31, 3]),
}


def drawn_graph(chance: random.Random) -> nx.Graph[Any]:
    """Up to twelve nodes, once in a while up to sixty, in any order; a third has directions, a quarter more loops."""
    n = chance.choice([0, 1, 2, 3]) if chance.random() < 0.2 else chance.randint(0, 60 if chance.random() < 0.1 else 12)
    graph: nx.Graph[Any] = nx.DiGraph() if chance.random() < 0.35 else nx.Graph()
    nodes = list(range(n))
    chance.shuffle(nodes)
    graph.add_nodes_from(nodes)
    edges = chance.choice(_SHAPES)(n, chance)
    if n and chance.random() < 0.25:
        edges += [(v, v) for v in chance.choices(range(n), k=3)]
    chance.shuffle(edges)
    graph.add_edges_from((u, v) for u, v in edges if u < n and v < n)
    if chance.random() < 0.6:
        weigh = chance.choice(list(_WEIGHTS.values()))
        for *_, data in graph.edges(data=True):
            if chance.random() < 0.95:
                data["weight"] = weigh(chance)
    return graph


def drawn_argument(name: str, graph: nx.Graph[Any], chance: random.Random) -> Any:
    """A value for a parameter of that name; KeyError for one that is left out."""
    node = chance.randrange(len(graph) + 1)  # the last is none
    values: dict[str, Any] = {
        "source": node, "target": node, "_s": node, "_t": node, "n": node,
        "weight": chance.choice([None, "weight"]), "distance": chance.choice([None, "weight"]),
        "seed": chance.randrange(2**33), "k": chance.choice([None, 1, 2, len(graph)]),
        "cutoff": chance.choice([None, 0, 1, 2.5]), "normalized": chance.random() < 0.5,
        "endpoints": chance.random() < 0.5, "wf_improved": chance.random() < 0.5, "data": chance.random() < 0.5,
        "resolution": chance.choice([1, 0, 0.5, 7, 1e6]), "threshold": chance.choice([1e-7, 0, 0.5]),
        "max_level": chance.choice([None, 1, 3]), "alpha": chance.choice([0.85, 0, 1, 0.3]),
        "max_iter": chance.choice([100, 0, 1]), "tol": chance.choice([1e-6, 0.0, 1.0]),
        "personalization": chance.choice([None, {node: 1.0}]), "nstart": chance.choice([None, {node: 2}]),
        "dangling": chance.choice([None, {node: 0.5}]), "default_weight": chance.choice([1, 0, -2.5]),
    }  # fmt: skip
    return values[name]


def call(entry: Kernel, graph: Graph, plain_graph: nx.Graph[Any], chance: random.Random) -> bool:
    """Whether the kernel answered, an exception of networkx's counting as an answer."""
    given = {}
    for name, parameter in entry.parameters.items():
        if parameter.default is inspect.Parameter.empty or chance.random() < 0.6:
            try:
                given[name] = drawn_argument(name, plain_graph, chance)
            except KeyError:
                continue
    try:
        answer = plain(entry.function(graph.arrays, **given), as_list=entry.as_list)
        if hasattr(answer, "__next__"):
            list(islice(answer, 5))
    except Unsuited:
        return False
    except nx.NetworkXException:
        return True
    return True


def lay_out(graph: Graph, chance: random.Random) -> None:
    """Positions of a picture, which are no kernel of networkx's."""
    loaded = LoadedGraph(GraphState(graph.data, graph.data.directed))
    weight = "weight" if chance.random() < 0.5 and loaded.arrays.frozen.edge_table.column("weight") else None
    found = positions(loaded, chance.choice(["spring", "kamada_kawai"]), chance.randrange(9), weight=weight)
    assert np.isfinite(found.xy).all()


def counting(calls: collections.Counter[str]) -> None:
    """Count each call of the library."""
    original = native.call

    def counted(name: str, *arguments: Any) -> int:
        calls[name] += 1
        return original(name, *arguments)

    native.call = counted


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--graphs", type=int, default=100_000)
    parser.add_argument("--first", type=int, default=0, help="the number of the first graph")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if why := native.missing():
        sys.exit(f"make kernels: {why}")
    warnings.simplefilter("ignore")
    calls: collections.Counter[str] = collections.Counter()
    counting(calls)
    compiled = [entry for found in kernels().values() for entry in found if entry.engine == native.ENGINE]
    answered = asked = 0
    began = time.monotonic()
    for number in range(options.first, options.first + options.graphs):
        chance = random.Random(f"{options.seed} {number}")
        drawn = drawn_graph(chance)
        graph = Graph.of(drawn, nodes=False, edges=("weight",), attributes=False)
        data = graph.data
        for entry in chance.sample(compiled, EACH):
            if entry.suits(directed=data.directed, n=data.n, loops=lambda: data.loops):  # noqa: B023
                asked += 1
                try:
                    answered += call(entry, graph, drawn, chance)
                except BaseException:
                    print(f"graph {number}, {entry.function.__name__}: {nx.to_dict_of_dicts(drawn)}", file=sys.stderr)
                    raise
        lay_out(graph, chance)
        if (number + 1) % 10_000 == 0:
            print(f"{number + 1} graphs, {sum(calls.values())} calls, {time.monotonic() - began:.0f} s", flush=True)
    for name, count in sorted(calls.items()):
        print(f"{count:9} {name}")
    print(f"{answered} of {asked} answered")
    if options.graphs >= 1_000 and (never := functions() - set(calls)):
        sys.exit(f"never called: {', '.join(sorted(never))}")


if __name__ == "__main__":
    main()
