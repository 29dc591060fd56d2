"""Time of a picture, beside networkx's own `nx.draw` in the same run: `python benchmarks/drawing.py [--repeats 5]`.

Each picture is made in a process forked for it from one that has imported what the zygote imports, as a worker is: matplotlib's
import counts, for both. `cpu_s` is the process's CPU time (median), `wall_s` the clock's, which a busy machine makes longer: the load of
the last minute stands beside it. `nx.draw` draws as its documents show: spring layout, `with_labels`, 900 x 640 pixels.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
import networkx as nx
import provenance

from networkx_mcp.analysis import warm  # noqa: F401  as the zygote does
from networkx_mcp.analysis.loaded_graph import LoadedGraph
from networkx_mcp.analysis.task import on_graph
from networkx_mcp.analysis.tasks.draw_graph import draw_graph
from networkx_mcp.tools.draw_graph import DrawGraph

Work = Callable[[], int]


def graphs() -> dict[str, nx.Graph[Any]]:
    """What is drawn: the two sizes that have a target, and those of the gallery."""
    routes: nx.Graph[Any] = nx.gnm_random_graph(60, 1_500, seed=1, directed=True)
    large = nx.powerlaw_cluster_graph(2_000, 3, 0.3, seed=1)
    return {
        "20 nodes": nx.gnm_random_graph(20, 40, seed=1),
        "60 airports, 1,500 routes": nx.relabel_nodes(routes, {v: f"A{v:02}" for v in routes}),
        "500 nodes": nx.powerlaw_cluster_graph(500, 3, 0.3, seed=1),
        "2,000 nodes, 6,000 edges": large,
        "2,000 nodes as a matrix": large,
    }


def ours(graph: nx.Graph[Any], **options: Any) -> Work:
    """A picture with communities, sizes and labels; its answer in bytes."""
    loaded = LoadedGraph.from_networkx(graph)
    del loaded.nx  # a worker has arrays
    params = DrawGraph(graph_id="g", color="communities", **options).params()
    return lambda: len(on_graph(draw_graph, loaded, params)["data"])


def theirs(graph: nx.Graph[Any]) -> Work:
    """`nx.draw`."""

    def work() -> int:
        import matplotlib as mpl

        mpl.use("Agg")
        from matplotlib import pyplot

        figure = pyplot.figure(figsize=(9, 6.4), dpi=100)
        nx.draw(graph, nx.spring_layout(graph, seed=0), ax=figure.add_subplot(), with_labels=True, node_size=50)
        out = io.BytesIO()
        figure.savefig(out, format="png")
        return len(out.getvalue())

    return work


def forked(work: Work) -> tuple[float, float, int]:
    """(CPU seconds, seconds, bytes) of the work in a process of its own."""
    source, sink = os.pipe()
    began = time.perf_counter()
    if not (child := os.fork()):
        status = 1
        try:
            before = time.process_time()
            size = work()
            os.write(sink, json.dumps([time.process_time() - before, size]).encode())
            status = 0
        finally:
            os._exit(status)
    os.close(sink)
    told = os.read(source, 4096)
    os.close(source)
    wall = time.perf_counter() - began
    if os.waitpid(child, 0)[1]:
        raise RuntimeError("the picture failed, see above")
    cpu, size = json.loads(told)
    return cpu, wall, size


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    load = os.getloadavg()[0]
    rows: dict[str, Any] = {}
    for name, graph in graphs().items():
        matrix = name.endswith("matrix")
        works = {"ours": ours(graph, kind="matrix" if matrix else "graph")}
        if not matrix:
            works |= {"ours_svg": ours(graph, format="svg"), "nx_draw": theirs(graph)}
        runs: dict[str, list[tuple[float, float, int]]] = {way: [] for way in works}
        for _ in range(options.repeats):  # in turn: a busy machine disturbs all alike
            for way, work in works.items():
                runs[way].append(forked(work))
        rows[name] = {"nodes": len(graph), "edges": graph.number_of_edges()}
        for way, found in runs.items():
            cpu, wall = (round(statistics.median(run[k] for run in found), 2) for k in (0, 1))
            rows[name][way] = {"cpu_s": cpu, "wall_s": wall, "kib": round(found[0][2] / 1024)}
    provenance.publish({"load_1min": round(load, 1), "repeats": options.repeats, "pictures": rows}, options.out)


if __name__ == "__main__":
    main()
