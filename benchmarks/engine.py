"""The engine beside plain networkx: `python benchmarks/engine.py [--sizes 1000 10000 100000] [--out FILE]`.

For each size a Barabasi-Albert graph (m = 3, seed 1, text ids, integer weights 1 to 10), a directed one of the same
size whose edges have random directions, and one shaped as real ones are: directed, degrees of a power law, a fifth
of the edges answered by one back, log-normal weights. The graph lies in its memfd, as a worker gets it; a run
of the engine attaches it anew, so conversions count, and answers `rank_nodes`-like use: the kernel's arrays, not
a dict of all ids. networkx runs the same function on its own graph, made beforehand. Both run in this process,
one after the other, one thread; times are CPU milliseconds, the best of the repeats (fewer for slow ones).
networkx is left out where an earlier, smaller size says that it would take longer than --patience seconds.

With --libraries rustworkx, networkit and scipy run beside them, by turns, where they have such a function (see
`engine_libraries.py`). Their graphs are made beforehand, so ours is attached beforehand too: `ours_to_best` is its time, what it derives
of the graph included, over that of the fastest of the others, networkx among them.

Prints one JSON object and, with --out, writes it after each case; what the file already holds of other sizes
and cases stays, so that a long run may be cut into pieces. Each row names its command and commit; those without are of
runs before rows did.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import sys
import time
from collections.abc import Callable
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import engine_libraries
import networkx as nx
import numpy as np
import provenance
import scipy

from networkx_mcp.analysis import engine
from networkx_mcp.analysis.loaded_graph import LoadedGraph
from networkx_mcp.analysis.task import Run  # noqa: F401  registers the kernels
from networkx_mcp.arrays.frozen import FrozenGraph
from networkx_mcp.arrays.state import GraphState

SEED = 1
#: name -> (algorithm, arguments, directed, how the engine's time grows in n, how networkx's does)
CASES: dict[str, tuple[str, dict[str, Any], bool | str, int, int]] = {
    "degree": ("degree", {}, False, 1, 1),
    "pagerank": ("pagerank", {}, False, 1, 1),
    "pagerank, directed": ("pagerank", {}, True, 1, 1),
    "hits": ("hits", {}, True, 1, 1),
    "eigenvector": ("eigenvector_centrality", {"max_iter": 1000}, False, 1, 1),
    "katz, alpha 0.001": ("katz_centrality", {"alpha": 0.001}, False, 1, 1),
    "components": ("connected_components", {}, False, 1, 1),
    "strong components": ("strongly_connected_components", {}, True, 1, 1),
    "hops from a node": ("single_source_shortest_path_length", {"source": "0"}, False, 1, 1),
    "weighted paths from a node": ("single_source_dijkstra", {"source": "0"}, False, 1, 1),
    "path of a pair": ("shortest_path", {"source": "3", "target": "last"}, False, 1, 1),
    "weighted path of a pair": ("shortest_path", {"source": "3", "target": "last", "weight": "weight"}, False, 1, 1),
    "closeness": ("closeness_centrality", {}, False, 2, 2),
    "harmonic": ("harmonic_centrality", {}, False, 2, 2),
    "betweenness, 20 sources": ("betweenness_centrality", {"k": 20, "seed": 1}, False, 1, 1),
    "betweenness, 100 sources": ("betweenness_centrality", {"k": 100, "seed": 1}, False, 1, 1),
    "betweenness": ("betweenness_centrality", {}, False, 2, 2),
    "clustering": ("clustering", {}, False, 1, 1),
    "triangles": ("triangles", {}, False, 1, 1),
    "transitivity": ("transitivity", {}, False, 1, 1),
    "core number": ("core_number", {}, False, 1, 1),
    "minimum spanning edges": ("minimum_spanning_edges", {"data": False}, False, 1, 1),
    "bridges": ("bridges", {}, False, 1, 1),
    "biconnected components": ("biconnected_components", {}, False, 1, 1),
    "articulation points": ("articulation_points", {}, False, 1, 1),
    "diameter": ("diameter", {}, False, 2, 2),
    "maximum flow": ("maximum_flow_value", {"_s": "3", "_t": "last", "capacity": "weight"}, True, 1, 1),
    "is a DAG": ("is_directed_acyclic_graph", {}, True, 1, 1),
    "Louvain": ("community.louvain_communities", {"seed": 1}, False, 1, 1),
    "pagerank, real-shaped": ("pagerank", {}, "real", 1, 1),
    "strong components, real-shaped": ("strongly_connected_components", {}, "real", 1, 1),
    "weighted paths from a node, real-shaped": ("single_source_dijkstra", {"source": "0"}, "real", 1, 1),
    "weighted path of a pair, real-shaped": (
        "shortest_path",
        {"source": "3", "target": "7", "weight": "weight"},
        "real",
        1,
        1,
    ),
    "5 shortest paths": ("shortest_simple_paths", {"source": "3", "target": "last"}, False, 1, 1),
    "greedy colouring": ("greedy_color", {}, False, 1, 1),
    "maximal matching": ("maximal_matching", {}, False, 1, 1),
    "maximum weight matching": ("max_weight_matching", {}, False, 3, 3),
    "degree assortativity": ("degree_assortativity_coefficient", {}, False, 1, 1),
    "weighted betweenness, 100 sources": (
        "betweenness_centrality",
        {"k": 100, "seed": 1, "weight": "weight"},
        "real",
        1,
        1,
    ),
    "edge betweenness, 100 sources": ("edge_betweenness_centrality", {"k": 100, "seed": 1}, False, 1, 1),
    "label propagation": ("community.fast_label_propagation_communities", {"seed": 1}, False, 1, 1),
}


def sample(n: int, directed: bool | str) -> nx.Graph:
    """The graph of a size; text ids in creation order."""
    chance = random.Random(SEED)
    if directed == "real":
        return real_shaped(n, chance)
    graph: nx.Graph = nx.DiGraph() if directed else nx.Graph()
    graph.add_nodes_from(map(str, range(n)))
    for u, v in nx.barabasi_albert_graph(n, 3, seed=SEED).edges:
        if directed and chance.random() < 0.5:
            u, v = v, u
        graph.add_edge(str(u), str(v), weight=chance.randint(1, 10))
    return graph


def real_shaped(n: int, chance: random.Random) -> nx.DiGraph:
    """Each node points at one to five others, chosen by how many point at them (one in ten: by chance)."""
    graph = nx.DiGraph()
    graph.add_nodes_from(map(str, range(n)))
    ends = [0]
    for u in range(1, n):
        for v in {
            chance.choice(ends) if chance.random() < 0.9 else chance.randrange(u)
            for _ in range(min(u, chance.randint(1, 5)))
        }:
            graph.add_edge(str(u), str(v), weight=round(chance.lognormvariate(1, 1), 4))
            ends.append(v)
            if chance.random() < 0.2:
                graph.add_edge(str(v), str(u), weight=round(chance.lognormvariate(1, 1), 4))
        ends.append(u)
    return graph


#: Of paths without end the first ones are the answer.
FIRST = {"shortest_simple_paths": 5}


def consumed(value: Any, first: int | None = None) -> Any:
    """Iterators are part of the answer."""
    return list(islice(value, first)) if hasattr(value, "__next__") else value


def best(work: Callable[[], Any], repeats: int) -> float:
    """CPU milliseconds of the best run; one that takes over a second is not repeated."""
    times = []
    for _ in range(repeats):
        before = time.process_time()
        work()
        times.append(time.process_time() - before)
        if times[-1] > 1:
            break
    return min(times) * 1e3


def attached(frozen: FrozenGraph) -> LoadedGraph:
    return LoadedGraph(GraphState(FrozenGraph.attach(os.dup(frozen.fd))))


def ours(frozen: FrozenGraph, algorithm: str, given: dict[str, Any], used: list[str]) -> None:
    value, name = engine.call(attached(frozen), algorithm, (), given)
    consumed(value, FIRST.get(algorithm))
    used.append(name)


def resident(frozen: FrozenGraph, algorithm: str, given: dict[str, Any]) -> None:
    consumed(engine.call(LoadedGraph(GraphState(frozen)), algorithm, (), given)[0], FIRST.get(algorithm))


def plain(algorithm: str, graph: nx.Graph, given: dict[str, Any]) -> None:
    consumed(engine.function(algorithm)(graph, **given), FIRST.get(algorithm))


def beside(works: dict[str, Callable[[], Any]], repeats: int) -> dict[str, Any]:
    """CPU milliseconds of each in its best run, by turns, and ours over the fastest other."""
    times: dict[str, float] = {}
    for _ in range(repeats):
        for name, work in works.items():
            if times.get(name, 0) < 1e3:  # what takes over a second is not repeated
                times[name] = min(times.get(name, float("inf")), best(work, 1))
    fastest = min((name for name in times if name != "ours"), key=lambda name: times[name])
    return {
        "beside_ms": {name: round(value, 3) for name, value in times.items()},
        "best": fastest,
        "ours_to_best": round(times["ours"] / times[fastest], 2),
    }


def measure(
    sizes: list[int],
    patience: float,
    repeats: int,
    only: list[str],
    resume: bool,
    report: dict[str, Any],
    save: Callable[[], None],
    run: dict[str, str],
    libraries: bool,
) -> None:
    """Fill `report` (size -> case -> figures), saving after each case. `run`, the command and its commit, stands in each
    row: the file keeps rows of earlier runs."""
    before: dict[tuple[str, str], tuple[int, float]] = {}

    def expected(case: str, who: str, n: int, power: int) -> float:
        """Seconds, from the last size that ran; 0 when nothing is known."""
        size, milliseconds = before.get((case, who), (n, 0.0))
        return milliseconds / 1e3 * (n / size) ** power

    for n in sizes:
        cases = {case: found for case, found in CASES.items() if any(text in case for text in only)}
        kinds = {directed for _, _, directed, _, _ in cases.values()}
        graphs = {directed: sample(n, directed) for directed in kinds}
        frozen = {directed: LoadedGraph.from_networkx(graph).arrays.frozen for directed, graph in graphs.items()}
        others = {kind: engine_libraries.works(graph) if libraries else {} for kind, graph in graphs.items()}
        rows = report.setdefault(str(n), {})
        for case, (algorithm, arguments, directed, mine, theirs) in cases.items():
            if resume and (kept := rows.get(case)):
                found = {who: kept[f"{who}_ms"] for who in ("engine", "networkx") if f"{who}_ms" in kept}
                before |= {(case, who): (n, took) for who, took in (kept.get("beside_ms", {}) | found).items()}
                continue
            if libraries and case not in others[directed]:
                continue
            given = {key: str(n - 1) if value == "last" else value for key, value in arguments.items()}
            row: dict[str, Any] = {}
            if expected(case, "engine", n, mine) <= patience:
                used: list[str] = []
                kernel = partial(ours, frozen[directed], algorithm, given, used)
                row["engine_ms"] = round(best(kernel, repeats), 2)
                row["engine"] = used[-1]
                before[case, "engine"] = (n, row["engine_ms"])
            if expected(case, "networkx", n, theirs) <= patience:
                row["networkx_ms"] = round(best(partial(plain, algorithm, graphs[directed], given), repeats), 2)
                before[case, "networkx"] = (n, row["networkx_ms"])
            if "engine_ms" in row and "networkx_ms" in row:
                row["times_faster"] = round(row["networkx_ms"] / max(row["engine_ms"], 0.01), 1)
            if libraries and "engine_ms" in row:
                works = {"ours": partial(resident, frozen[directed], algorithm, given)} | others[directed][case]
                works["networkx"] = partial(plain, algorithm, graphs[directed], given)
                possible = {name: work for name, work in works.items() if expected(case, name, n, theirs) <= patience}
                row |= beside(possible, repeats) if len(possible) > 1 else {}
                before |= {(case, name): (n, took) for name, took in row.get("beside_ms", {}).items()}
            rows[case] = row | run
            save()
            print(f"{n} {case}: {row}", file=sys.stderr, flush=True)


def machine(load: tuple[float, float, float]) -> dict[str, Any]:
    return {
        "cpu": provenance.processor(),
        "cores": os.cpu_count(),
        "load_average_at_start": [round(value, 1) for value in load],
        "python": platform.python_version(),
        "networkx": nx.__version__,
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "commit": provenance.commit(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000, 100_000], help="nodes")
    parser.add_argument("--million", action="store_true", help="also 1,000,000 nodes: 6 GB and some minutes")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--patience", type=float, default=20, help="seconds that one run may be expected to take")
    parser.add_argument("--only", nargs="+", default=[""], help="cases whose names hold one of these texts")
    parser.add_argument("--resume", action="store_true", help="leave out what the file of --out already holds")
    parser.add_argument("--note", default="", help="what a reader must know of the run")
    parser.add_argument(
        "--libraries", action="store_true", help="other libraries beside it, in the cases that they have"
    )
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    load = os.getloadavg()
    sizes = options.sizes + ([1_000_000] if options.million else [])
    earlier = json.loads(options.out.read_text())["sizes"] if options.out and options.out.exists() else {}
    report = {
        "command": " ".join(["python", "benchmarks/engine.py", *sys.argv[1:]]),
        "graph": f"barabasi_albert(n, 3, seed={SEED}), text ids, weights 1 to 10; real-shaped: see real_shaped",
        "unit": "CPU milliseconds, best of the repeats",
        "note": options.note,
        **machine(load),
        "sizes": earlier,
    }

    def save() -> None:
        if options.out:
            options.out.write_text(json.dumps(report, indent=1) + "\n")

    run = {name: report[name] for name in ("command", "commit")}
    measure(
        sizes, options.patience, options.repeats, options.only, options.resume, earlier, save, run, options.libraries
    )
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
