"""The NetworkX backend beside networkx: `python benchmarks/backend.py [--sizes 30 100 ...] [--out FILE]`.

For each function of the backend and each size n a Barabasi-Albert graph (m = 3, seed 1, text ids, integer
weights 1 to 10), directed at random for functions of directed graphs (without cycles for topological ones).
Three times, CPU milliseconds, best of the repeats, one after the other in one process with one thread:
`networkx`; `with_conversion`: `backend="networkx_mcp"` on a networkx graph that was not converted before;
`converted`: the same on a graph of the backend, nothing derived from it before. A time is left out (null) where
the sizes before say that it would take longer than --patience seconds.

Prints one JSON object; with --only and --out the other functions' rows of the file stay. `make docs` takes the sizes from which the
conversion pays into backend/functions.json.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import random
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import networkx as nx
import numpy as np
import provenance
import scipy

from networkx_mcp.backend.graph import NAME, Graph
from networkx_mcp.backend.info import DISPATCHED

SEED = 1
#: What a function needs beside the graph; `None` in it: the last node.
ARGUMENTS: dict[str, dict[str, Any]] = {
    "katz_centrality": {"alpha": 0.001},
    "eigenvector_centrality": {"max_iter": 1000},
    "node_connected_component": {"n": "0"},
    "louvain_communities": {"seed": 1},
    "leiden_communities": {"seed": 1},
    "fast_label_propagation_communities": {"seed": 1},
    **{name: {"source": "0", "target": None} for name in (
        "has_path", "bidirectional_shortest_path", "shortest_path", "shortest_path_length", "dijkstra_path",
        "dijkstra_path_length", "bidirectional_dijkstra", "astar_path", "astar_path_length")},
    "shortest_simple_paths": {"source": "0", "target": None},
    **{name: {"source": "0"} for name in (
        "single_source_shortest_path", "single_source_shortest_path_length", "single_source_dijkstra",
        "single_source_dijkstra_path", "single_source_dijkstra_path_length")},
    "single_target_shortest_path_length": {"target": "0"},
    "numeric_assortativity_coefficient": {"attribute": "size"},
    "attribute_assortativity_coefficient": {"attribute": "size"},
    **{name: {"_s": "0", "_t": None, "capacity": "weight"} for name in (
        "maximum_flow", "maximum_flow_value", "minimum_cut", "minimum_cut_value")},
}  # fmt: skip
DIRECTED = {
    "in_degree_centrality", "out_degree_centrality", "overall_reciprocity", "hits", "weakly_connected_components",
    "number_weakly_connected_components", "is_weakly_connected", "strongly_connected_components",
    "kosaraju_strongly_connected_components", "number_strongly_connected_components", "is_strongly_connected",
    "maximum_flow", "maximum_flow_value", "minimum_cut", "minimum_cut_value",
}  # fmt: skip
ORDERED = {"dag_longest_path", "topological_sort", "topological_generations", "is_directed_acyclic_graph"}


def sample(n: int, kind: str) -> nx.Graph:
    """The graph of a size; `kind` is undirected, directed or acyclic."""
    chance = random.Random(SEED)
    graph: nx.Graph = nx.Graph() if kind == "undirected" else nx.DiGraph()
    graph.add_nodes_from((str(i), {"size": i % 7}) for i in range(n))
    for u, v in nx.barabasi_albert_graph(n, 3, seed=SEED).edges:
        if kind == "directed" and chance.random() < 0.5:
            u, v = v, u
        graph.add_edge(str(u), str(v), weight=chance.randint(1, 10))
    return graph


def call(name: str, graph: Any, last: int, backend: str | None) -> None:
    """One call, its iterator read to the end (of simple paths the first 20)."""
    arguments = {key: str(last) if value is None else value for key, value in ARGUMENTS.get(name, {}).items()}
    if name == "modularity":
        arguments["communities"] = [set(map(str, range(start, last + 1, 2))) for start in (0, 1)]
    found = getattr(nx, name, None) or getattr(nx.community, name)
    answer = found(graph, backend=backend, **arguments)
    if isinstance(answer, Iterator):
        for _ in islice(answer, 20 if name == "shortest_simple_paths" else None):
            pass


def best(run: Callable[[], None], prepare: Callable[[], None], most: int = 3, budget: float = 0.2) -> float:
    """CPU milliseconds, best of up to `most` repeats within `budget` seconds."""
    times: list[float] = []
    while len(times) < most and sum(times) < budget:
        prepare()
        start = time.process_time()
        run()
        times.append(time.process_time() - start)
    return round(min(times) * 1000, 4)


def expected(before: list[tuple[int, float]], n: int) -> float:
    """Seconds that a call on n nodes will take, by the (nodes, milliseconds) of smaller graphs."""
    if not before:
        return 0
    size, last = before[-1]
    growth = 2.0
    if len(before) > 1:
        growth = max(1.0, math.log(last / before[-2][1]) / math.log(size / before[-2][0]))
    return last / 1000 * (n / size) ** growth


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--sizes", type=int, nargs="+", default=[30, 100, 300, 1000, 3000, 10_000])
    options.add_argument("--only", nargs="+", default=sorted(DISPATCHED))
    options.add_argument("--patience", type=float, default=1, help="seconds for one call")
    options.add_argument("--out", type=Path)
    given = options.parse_args()
    graphs = {(n, kind): sample(n, kind) for n in given.sizes for kind in ("undirected", "directed", "acyclic")}
    converted = {key: Graph.of(graph) for key, graph in graphs.items()}
    rows = []
    for name in given.only:
        kind = "directed" if name in DIRECTED else "acyclic" if name in ORDERED else "undirected"
        for backend, warm in ((None, converted), ("networkx", graphs)):  # imports
            if backend is None or name != "leiden_communities":
                call(name, warm[given.sizes[0], kind], given.sizes[0] - 1, backend)
        before: dict[str, list[tuple[int, float]]] = {"networkx": [], "with_conversion": [], "converted": []}
        for n in given.sizes:
            graph, data, last = graphs[n, kind], converted[n, kind].data, n - 1
            calls: dict[str, Callable[[], None]] = {
                "networkx": partial(call, name, graph, last, "networkx"),
                "with_conversion": partial(call, name, graph, last, NAME),
                "converted": lambda name=name, data=data, last=last: call(name, Graph(data), last, None),  # type: ignore[misc]
            }
            if name == "leiden_communities":
                calls.pop("networkx")  # it has none
            times: dict[str, float | None] = dict.fromkeys(before)
            for way, run in calls.items():
                known = before[way]
                if len(known) == given.sizes.index(n) and expected(known, n) < given.patience:
                    times[way] = found = best(run, graph.__networkx_cache__.clear)
                    known.append((n, found))
            elements = n + graphs[n, kind].number_of_edges()
            rows.append({"function": name, "n": n, "elements": elements, **times})
            print(json.dumps(rows[-1]), file=sys.stderr)
    result = {
        "command": " ".join(["python", *sys.argv]),
        "commit": provenance.commit(),
        "machine": {"cpus": os.cpu_count(), "machine": platform.machine(), "load": os.getloadavg()[0]},
        "versions": {"python": platform.python_version(), "networkx": nx.__version__, "numpy": np.__version__,
                     "scipy": scipy.__version__},
        "seed": SEED,
        "milliseconds": rows,
    }  # fmt: skip
    if given.out and given.out.exists() and given.only != sorted(DISPATCHED):
        kept = json.loads(given.out.read_text(encoding="utf-8"))
        others = [row for row in kept["milliseconds"] if row["function"] not in given.only]
        rows = sorted(others + rows, key=lambda row: (row["function"], row["n"]))
        result = {**kept, "updated": {k: v for k, v in result.items() if k != "milliseconds"}, "milliseconds": rows}
    text = written(result)
    print(text)
    if given.out:
        given.out.write_text(text, encoding="utf-8")


def written(result: dict[str, Any]) -> str:
    """As JSON, a line for each measurement."""
    rows = ",\n  ".join(map(json.dumps, result["milliseconds"]))
    head = json.dumps({**result, "milliseconds": []}, indent=1)
    return head.replace('"milliseconds": []', f'"milliseconds": [\n  {rows}\n ]') + "\n"


if __name__ == "__main__":
    main()
