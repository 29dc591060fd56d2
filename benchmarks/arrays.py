"""Time and memory of the graph arrays: `python benchmarks/arrays.py [--sizes 100000 1000000]`.

Prints one JSON object: the machine, and for each size (n nodes with text ids, 3 n edges, seed 1) one
figure a line of the table below. Every step runs in a process of its own, started fresh, so that peaks do not
mix; times are CPU seconds of one thread.

* `input` (not in the report): writes the edges as an Arrow file, two columns of text.
* `build`: reads that file and brings it through `GraphBuilder` to the sealed memfd. `peak_mb` is the process's
  largest resident size, input included, plus the memfd (its pages are not in that size before they are mapped).
* `resident`: a fresh process attaches the memfd and touches every page. `private_mb` is what the attachment
  costs the process beside the mapping, `mapped_mb` the mapping, shared by all processes.
* `snapshot`: compress and decompress; size of the snapshot.
* `reads`: microseconds of single reads by id at random nodes, on the attached graph.
* `batches` (sizes up to --batches-up-to): the same edges through `GraphState` in batches of 20,000, decoded
  from their bytes, prepared and committed, then frozen; memory of the overlay and its own estimate of it.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("JE_ARROW_MALLOC_CONF", "background_thread:false")

import numpy as np
import pyarrow as pa
from samples import columns, status

from networkx_mcp.arrays import edits, memfd
from networkx_mcp.arrays.builder import GraphBuilder
from networkx_mcp.arrays.frozen import FrozenGraph, compress, decompress
from networkx_mcp.arrays.state import GraphState

SEED = 1
BATCH = 20_000
READS = 5_000


def timed(function: Callable[[], Any]) -> tuple[float, Any]:
    """(CPU seconds, result)."""
    before = time.process_time()
    result = function()
    return round(time.process_time() - before, 3), result


def load(path: Path) -> FrozenGraph:
    """The graph that `build` left, in a memfd."""
    with path.open("rb") as file:
        return FrozenGraph.attach(memfd.create("graph", [file.read()]))


def prepare(n: int, path: Path) -> None:
    sources, targets = columns(n, np.random.default_rng(SEED))
    table = pa.table({"source": sources, "target": targets})
    with pa.OSFile(f"{path}.input", "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table, max_chunksize=1 << 16)


def build(_n: int, path: Path) -> dict[str, Any]:
    before = status("VmRSS")

    def run() -> FrozenGraph:
        builder = GraphBuilder(directed=False)
        with pa.OSFile(f"{path}.input") as source, pa.ipc.open_file(source) as reader:
            for number in range(reader.num_record_batches):
                builder.add_edges(*reader.get_batch(number).columns)
        return builder.freeze()

    seconds, graph = timed(run)
    peak = status("VmHWM") + graph.nbytes / 2**20
    path.write_bytes(memfd.attach(graph.fd))
    return {
        "seconds": seconds,
        "peak_mb": round(peak, 1),
        "before_mb": round(before, 1),
        "buffer_mb": round(graph.nbytes / 2**20, 1),
    }


def resident(_n: int, path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        fd = memfd.create("graph", [file.read()])
    before, mapped = status("RssAnon"), status("RssShmem")
    seconds, graph = timed(lambda: FrozenGraph.attach(fd))
    state = GraphState(graph)
    np.frombuffer(memfd.attach(fd), np.uint8)[::4096].sum()
    state.has_node("node-1")
    pages = status("RssShmem") - mapped
    return {
        "attach_seconds": seconds,
        "private_mb": round(status("RssAnon") - before, 1),
        "mapped_mb": round(max(pages, graph.nbytes / 2**20), 1),
    }


def snapshot(_n: int, path: Path) -> dict[str, Any]:
    graph = load(path)
    packing, data = timed(lambda: compress(graph))
    unpacking, again = timed(lambda: decompress(data))
    assert (again.n, again.m) == (graph.n, graph.m)
    return {
        "compress_seconds": packing,
        "decompress_seconds": unpacking,
        "mb": round(len(data) / 2**20, 2),
        "peak_mb": round(status("VmHWM") + again.nbytes / 2**20, 1),
    }


def reads(n: int, path: Path) -> dict[str, Any]:
    state = GraphState(load(path))
    random = np.random.default_rng(SEED)
    names = [f"node-{k}" for k in random.integers(0, n, READS).tolist()]
    names = [name for name in names if state.has_node(name)]
    edges = [(name, state.neighbors(name)[-1]) for name in names]
    pages = random.integers(0, state.m, 200).tolist()
    actions: dict[str, Callable[[], object]] = {
        "has_node": lambda: [state.has_node(name) for name in names],
        "degree": lambda: [state.degree(name) for name in names],
        "neighbors": lambda: [state.neighbors(name) for name in names],
        "has_edge": lambda: [state.has_edge(u, v) for u, v in edges],
        "page_of_100_edges": lambda: [list(state.edges(start, 100)) for start in pages],
    }
    counts = {"page_of_100_edges": len(pages)}
    return {
        f"{name}_us": round(timed(action)[0] / counts.get(name, len(names)) * 1e6, 1)
        for name, action in actions.items()
    }


def batches(_n: int, path: Path) -> dict[str, Any]:
    graph = load(path)
    names = np.array(list(graph.iter_ids()), object)
    order = np.random.default_rng(SEED).permutation(graph.m)
    pairs = list(zip(names[graph.src[order]].tolist(), names[graph.dst[order]].tolist(), strict=True))
    payloads = [edits.encode([edits.AddEdges(pairs[at : at + BATCH])]) for at in range(0, len(pairs), BATCH)]
    del pairs, names, graph
    state = GraphState(None, False)
    totals = {"decode": 0.0, "prepare": 0.0, "commit": 0.0}
    for payload in payloads:
        seconds, batch = timed(lambda payload=payload: edits.decode(payload))  # type: ignore[misc]
        totals["decode"] += seconds
        seconds, prepared = timed(lambda batch=batch: state.prepare(batch))  # type: ignore[misc]
        totals["prepare"] += seconds
        seconds, _ = timed(lambda prepared=prepared: state.commit(prepared))  # type: ignore[misc]
        totals["commit"] += seconds
    freezing, frozen = timed(state.freeze)
    assert (frozen.n, frozen.m) == (state.n, state.m)
    return {
        "seconds": round(sum(totals.values()), 3),
        **{f"{name}_seconds": round(seconds, 3) for name, seconds in totals.items()},
        "freeze_seconds": freezing,
        "overlay_estimate_mb": round(state.overlay_bytes / 2**20, 1),
        "rss_mb": round(status("VmRSS"), 1),
    }


STEPS = {
    "input": prepare,
    "build": build,
    "resident": resident,
    "snapshot": snapshot,
    "reads": reads,
    "batches": batches,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[100_000, 1_000_000], help="nodes")
    parser.add_argument("--batches-up-to", type=int, default=100_000, help="nodes")
    parser.add_argument("--step", choices=STEPS, help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.step:
        print(json.dumps(STEPS[given.step](given.sizes[0], given.file)))
        return
    report: dict[str, Any] = {
        "machine": {"cpus": os.cpu_count(), "processor": platform.machine(), "python": platform.python_version()},
        "versions": {"numpy": np.__version__, "pyarrow": pa.__version__},
        "seed": SEED,
        "sizes": {},
    }
    for size in given.sizes:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "graph.arrow"
            found = report["sizes"][str(size)] = {}
            for step in STEPS:
                if step == "batches" and size > given.batches_up_to:
                    continue
                command = [sys.executable, __file__, "--sizes", str(size), "--step", step, "--file", str(file)]
                result = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
                if result is not None:
                    found[step] = result
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
