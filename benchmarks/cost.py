"""Calibrate the cost model: `python benchmarks/cost.py [--only NAME ...]` writes analysis/cost_table.json.

Every algorithm of the catalogue, and what tools run beside it, is run as a worker runs it (attach, convert where
networkx computes, compute, tabulate 20 rows) on graphs of doubling size and two densities, in a child process of
its own, until one run takes --patience CPU seconds. `seconds = base + c * n^a * m^b` is fitted to that: exponents of
the algorithms in CLASSES are known, those of the rest come from the fit. Then graphs of other shapes
are run at one size: `low` is the smallest ratio of measured to fitted, so `low * seconds` is what the call takes on
the kindest graph that was tried. An algorithm with a kernel is calibrated with it and without (networkx).

Times are CPU seconds: what a machine that does nothing else needs. With --only the other rows stay as they are.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import platform
import resource
import select
import signal
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import networkx as nx
import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
import provenance
from cost_fit import fit, short
from cost_graphs import ATTRIBUTED, BASES, MIDDLES, OTHERS, SIZES, SMALLER, arguments, frozen

from networkx_mcp.analysis import catalogue, cost, engine, tasks
from networkx_mcp.analysis.loaded_graph import LoadedGraph
from networkx_mcp.analysis.task import on_graph
from networkx_mcp.arrays.frozen import FrozenGraph
from networkx_mcp.arrays.state import GraphState
from networkx_mcp.backend.kernels import native
from networkx_mcp.errors import ServiceError
from networkx_mcp.tools.analysis_arguments import OnGraph
from networkx_mcp.tools.mcp_server import TOOLS
from networkx_mcp.workers import task_registry, worker

#: A call that a tool makes beside those of the catalogue: task and parameters.
EXTRA: dict[str, tuple[str, dict[str, Any]]] = {
    "partition_graph": ("partition_graph", {"k": 4}),
    "community.leiden_communities": ("find_communities", {"method": "leiden"}),
    "community.asyn_fluidc": ("find_communities", {"method": "fluid", "k": 4}),
    "community.girvan_newman": ("find_communities", {"method": "girvan_newman", "k": 2}),
    "degree": ("rank_nodes", {"measure": "degree"}),
    "in_degree": ("rank_nodes", {"measure": "in_degree"}),
    "out_degree": ("rank_nodes", {"measure": "out_degree"}),
}
_CATALOGUE = catalogue.algorithms()
#: What was measured; the table is fitted to it.
RUNS = Path(__file__).parent / "results" / "cost.json"
_MEMORY = 3 * 2**30
#: CPU seconds that are measured at least, unless 50 calls take less.
_TELLABLE = 0.02


def variants() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(row of the table, algorithm, arguments beside those that must be given)."""
    for name, entry in _CATALOGUE.items():
        yield name, name, {}
        weights = [a.name for a in entry.arguments if cost.weighs(a)]
        if name in engine.KERNELS and weights:
            yield cost.row_of(name, weighted=True), name, {weights[0]: "weight"}
    for name in EXTRA:
        if name not in _CATALOGUE:
            yield name, name, {}


def once(name: str, extra: dict[str, Any], graph: FrozenGraph) -> None:
    """One call. Raises ServiceError where the graph does not suit the algorithm."""
    loaded = LoadedGraph(GraphState(FrozenGraph.attach(os.dup(graph.fd))))
    if name in EXTRA:
        task, params = EXTRA[name]
    else:
        ids = [str(i) for i in range(graph.n)]
        task, params = "run_algorithm", {"name": name, "arguments": {**arguments(_CATALOGUE[name], ids), **extra}}
    given = TOOLS[task].parse({"graph_id": "g", **params})
    assert isinstance(given, OnGraph)
    on_graph(task_registry.resolve(tasks.task_name(task)), loaded, given.params())


def repeated(name: str, extra: dict[str, Any], graph: FrozenGraph) -> float:
    """CPU seconds of one call: the mean of as many as the clock (10 ms on some kernels) can tell apart."""
    calls, cpu, wall = 0, time.process_time(), time.perf_counter()
    while (spent := time.process_time() - cpu) < _TELLABLE and calls < 50:
        once(name, extra, graph)
        calls += 1
        if time.perf_counter() - wall > 2:
            break
    return max(time.process_time() - cpu, spent) / calls


def child(send: int, name: str, extra: dict[str, Any], kernel: bool, patience: float) -> None:
    """Run all sizes and shapes, one line of JSON each; ended by the kernel when a run takes too long."""

    def run(shape: str, n: int) -> float | None:
        graph = frozen(shape, n, name in ATTRIBUTED)
        signal.setitimer(signal.ITIMER_PROF, 4 * patience)
        try:
            if n == SIZES[0]:
                once(name, extra, graph)  # what is made at the first call is warm in a worker
            taken = repeated(name, extra, graph)
        except (ServiceError, MemoryError, RecursionError):
            return None
        signal.setitimer(signal.ITIMER_PROF, 0)
        os.write(send, (json.dumps([shape, graph.n, graph.m, short(taken), shape in (base, denser)]) + "\n").encode())
        return taken

    sys.setrecursionlimit(1000)
    if not kernel and engine.KERNELS.pop(name, None):
        os.environ[native.VARIABLE] = ""  # a correction may ask the kernel itself
    for base, denser in BASES:  # noqa: B007  the last pair is used below
        if (taken := run(base, SIZES[0])) is not None:
            break
    else:
        return
    middle = MIDDLES[0]
    if taken > patience / 50:  # the next size may take too long already
        for middle in SMALLER:
            run(base, middle)
    for n in SIZES[1:]:
        if n == SIZES[-1] and (not kernel or shape_is_odd(base)):
            break
        taken = run(base, n)
        if taken is None or taken > patience / 3:
            break
        if n in MIDDLES and taken < patience / 5:
            middle = n
    for shape in (denser, *OTHERS[frozen(base, SIZES[0]).directed]):
        if shape and shape != base:
            run(shape, middle)


def shape_is_odd(shape: str) -> bool:
    """Shapes that only few algorithms need are not made large."""
    return not shape.startswith("ba3")


def measured(name: str, extra: dict[str, Any], kernel: bool, patience: float) -> list[list[Any]]:
    """[shape, n, m, seconds, whether it is of the fit] of each run that ended."""
    receive, send = os.pipe()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            os.close(receive)
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, 2)
            resource.setrlimit(resource.RLIMIT_DATA, (_MEMORY, _MEMORY))
            signal.signal(signal.SIGPROF, signal.SIG_DFL)
            # As in a worker: a collection that walks this process' own objects costs 0.1 s and is no part of a call.
            gc.collect()
            gc.freeze()
            gc.set_threshold(*worker.COLLECT_AFTER)
            child(send, name, extra, kernel, patience)
            code = 0
        finally:
            os._exit(code)
    os.close(send)
    text = b""
    end = time.monotonic() + 120
    while time.monotonic() < end and select.select([receive], [], [], max(0.0, end - time.monotonic()))[0]:
        part = os.read(receive, 65536)
        if not part:
            break
        text += part
    os.close(receive)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return [json.loads(line) for line in text.decode().splitlines()]


def row(algorithm: str, extra: dict[str, Any], patience: float) -> dict[str, Any]:
    """The runs of one row: by kernel, where there is one, and by networkx, where it has the algorithm."""
    found: dict[str, Any] = {}
    if algorithm in engine.KERNELS:
        found["kernel"] = {
            "engine": engine.KERNELS[algorithm][0].engine,
            "runs": measured(algorithm, extra, True, patience),
        }
    if algorithm in _CATALOGUE or "kernel" not in found:
        found["networkx"] = {"runs": measured(algorithm, extra, False, patience)}
    return found


def fitted(name: str, found: dict[str, Any]) -> dict[str, Any]:
    """The row of the table."""
    algorithm = name.removesuffix("+weight")
    rows = {}
    for used, facts in found.items():
        if (made := fit(algorithm, facts["runs"])) is not None:
            rows[used] = {**({"engine": facts["engine"]} if "engine" in facts else {}), **made}
    return rows


def machine() -> dict[str, Any]:
    return {
        "cpu": provenance.processor(), "cores": os.cpu_count(), "python": platform.python_version(), "networkx": nx.__version__,
        "numpy": np.__version__, "commit": provenance.commit(), "load_average": round(os.getloadavg()[0], 1),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="*", default=None, help="algorithms to calibrate; default: all")
    parser.add_argument("--patience", type=float, default=0.25, help="CPU seconds of one run at most, about")
    parser.add_argument("--resume", action="store_true", help="keep the rows that are there")
    parser.add_argument("--fit", action="store_true", help="only fit again what was measured")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    given = parser.parse_args()
    old = json.loads(RUNS.read_text(encoding="utf-8")) if RUNS.exists() else {"rows": {}}
    rows: dict[str, Any] = old["rows"] if given.only is not None or given.resume or given.fit else {}
    engine.load()
    todo = [v for v in variants() if (v[1] in given.only if given.only is not None else v[0] not in rows)]
    todo.sort(key=lambda v: v[1] not in engine.KERNELS)
    head = {"command": "python benchmarks/cost.py", **machine(), "patience": given.patience, "unit": "CPU seconds"}
    if given.only is not None or given.fit:
        head = {key: value for key, value in old.items() if key != "rows"}
    if given.only is not None:
        head["updated"] = {"only": given.only, **machine()}
    if not given.fit:
        make_graphs()
        with ThreadPoolExecutor(given.jobs) as pool:
            for done, (name, found) in enumerate(pool.map(lambda v: (v[0], row(*v[1:], given.patience)), todo), 1):
                rows[name] = found
                print(f"{done}/{len(todo)} {name} {json.dumps(fitted(name, found))}", file=sys.stderr, flush=True)
                if done % 10 == 0:
                    save(RUNS, head, rows)
    save(RUNS, head, rows)
    save(cost.PATH, head, {name: fitted(name, found) for name, found in rows.items()})


def make_graphs() -> None:
    """Before the forks: children share what is made here."""
    for base, denser in BASES:
        for n in SIZES[: -1 if shape_is_odd(base) else None]:
            frozen(base, n)
        for n in MIDDLES if denser else ():
            frozen(denser, n)
    for shape in {*OTHERS[False], *OTHERS[True]}:
        for n in MIDDLES:
            frozen(shape, n)
    print(f"graphs made in {time.process_time():.0f} s", file=sys.stderr, flush=True)


def save(path: Path, head: dict[str, Any], rows: dict[str, Any]) -> None:
    lines = ",\n".join(f"  {json.dumps(key)}: {json.dumps(value)}" for key, value in sorted(rows.items()))
    text = json.dumps(head, indent=1)[:-2]
    path.write_text(f'{text},\n "rows": {{\n{lines}\n }}\n}}\n', encoding="utf-8")


if __name__ == "__main__":
    main()
