"""Time and memory of files: `python benchmarks/formats.py [--sizes 100000 1000000] [--formats csv parquet]`.

Prints one JSON object: the machine, and for each size (n nodes with text ids, 3 n edges with a weight, seed 1)
and format the size of the file, and for writing and parsing the CPU seconds and the largest resident memory of a
fresh process (`peak_mb`, the interpreter and the graph's memfd included; `base_mb` is what the process has before).
Graph and file are made once, in further processes. Beside ours, in the same run and on the same file: what networkx takes
to make its own graph of it (`networkx`), and what pyarrow takes to make a table of it, without ids, order and adjacency (`pyarrow`),
where they read the format.
"""

from __future__ import annotations

import argparse
import csv
import importlib
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
from pyarrow import csv as arrow_csv
from pyarrow import parquet
from samples import columns, status

from networkx_mcp.arrays import formats
from networkx_mcp.arrays.builder import GraphBuilder
from networkx_mcp.arrays.formats import ParseLimits
from networkx_mcp.arrays.frozen import FrozenGraph
from networkx_mcp.arrays.state import GraphState

LIMITS = ParseLimits(nodes=1 << 30, edges=1 << 30, bytes=1 << 32)
#: What an adjacency list cannot hold.
WEIGHTED = tuple(name for name, record in formats.RECORDS.items() if "edge attributes" in record.keeps)
#: Formats that go in and out.
FORMATS = tuple(name for name in formats.READ if name in formats.WRITTEN)


def graph(n: int, weighted: bool) -> FrozenGraph:
    """3 n distinct undirected edges between n nodes with text ids."""
    random = np.random.default_rng(1)
    sources, targets = columns(n, random)
    builder = GraphBuilder(False)
    weights = {"weight": pa.array(random.random(len(sources)).round(3))} if weighted else None
    builder.add_edges(sources, targets, weights)
    return builder.freeze()


def make(n: int, format_: str, directory: Path) -> dict[str, Any]:
    """The graph as bytes, for `write`."""
    made = graph(n, format_ in WEIGHTED)
    (directory / "graph").write_bytes(bytes(made._raw))
    return {}


def write(_n: int, format_: str, directory: Path) -> dict[str, Any]:
    """The graph as a file."""
    state = GraphState(FrozenGraph.from_buffer((directory / "graph").read_bytes()))
    base, begin = round(status("VmRSS"), 1), time.process_time()
    size = 0
    with (directory / "file").open("wb") as file:
        for chunk in formats.write(state, format_, {}):
            size += file.write(chunk)
    seconds = round(time.process_time() - begin, 3)
    return {
        "file_mb": round(size / 2**20, 1),
        "seconds": seconds,
        "base_mb": base,
        "peak_mb": round(status("VmHWM"), 1),
    }


def parse(n: int, format_: str, directory: Path) -> dict[str, Any]:
    """The file as a graph."""
    base, begin = round(status("VmRSS"), 1), time.process_time()
    with (directory / "file").open("rb") as file:
        found = formats.parse(file, format_, {}, LIMITS)
    seconds = round(time.process_time() - begin, 3)
    assert found.m == 3 * n
    return {"seconds": seconds, "base_mb": base, "peak_mb": round(status("VmHWM"), 1) + round(found.nbytes / 2**20, 1)}


def _nx() -> Any:
    """networkx, which only its own steps load: the memory of the others is theirs alone."""
    return importlib.import_module("networkx")


def _csv(file: Path) -> Any:
    with file.open() as stream:
        reader = csv.DictReader(stream)
        edges = ((row["source"], row["target"], float(row["weight"])) for row in reader if row["target"])
        found: Any = _nx().Graph()
        found.add_weighted_edges_from(edges)
        return found


def _edge_list(file: Path) -> Any:
    """Our edge list, whose lines of one id networkx passes over, and whose attributes are JSON."""
    return _nx().parse_edgelist(line for line in file.open() if " " in line)


#: How networkx reads a format: the function, and the largest number of edges that it is asked for.
NETWORKX: dict[str, tuple[Callable[[Path], Any], int]] = {
    "csv": (_csv, 3_000_000),
    "edge-list": (_edge_list, 3_000_000),
    "adjacency-list": (lambda file: _nx().read_adjlist(file), 3_000_000),
    "node-link": (lambda file: _nx().node_link_graph(json.loads(file.read_bytes()), edges="edges"), 3_000_000),
    "graphml": (lambda file: _nx().read_graphml(file), 600_000),
    "gml": (lambda file: _nx().read_gml(file), 600_000),
}


def by_networkx(n: int, format_: str, directory: Path) -> dict[str, Any]:
    """The file as a graph of networkx."""
    _nx()
    begin = time.process_time()
    found = NETWORKX[format_][0](directory / "file")
    seconds = round(time.process_time() - begin, 3)
    assert found.number_of_edges() == 3 * n
    return {"seconds": seconds, "peak_mb": round(status("VmHWM"), 1)}


def by_pyarrow(_n: int, format_: str, directory: Path) -> dict[str, Any]:
    """The file as a table of pyarrow."""
    begin = time.process_time()
    table = PYARROW[format_](directory / "file")
    seconds = round(time.process_time() - begin, 3)
    return {"seconds": seconds, "rows": table.num_rows, "peak_mb": round(status("VmHWM"), 1)}


#: How pyarrow reads a format, on one core.
PYARROW: dict[str, Callable[[Path], pa.Table]] = {
    "csv": lambda file: arrow_csv.read_csv(file, read_options=arrow_csv.ReadOptions(use_threads=False)),
    "parquet": lambda file: parquet.read_table(file, use_threads=False),
    "arrow": lambda file: pa.ipc.open_file(file.read_bytes()).read_all(),
}
STEPS = {"make": make, "write": write, "parse": parse, "networkx": by_networkx, "pyarrow": by_pyarrow}


def run(step: str, n: int, format_: str, directory: Path) -> dict[str, Any]:
    """A step in a process of its own."""
    command = [
        sys.executable,
        __file__,
        "--step",
        step,
        "--sizes",
        str(n),
        "--formats",
        format_,
        "--in",
        str(directory),
    ]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--formats", nargs="+", default=list(FORMATS), choices=FORMATS)
    parser.add_argument("--step", choices=STEPS, help=argparse.SUPPRESS)
    parser.add_argument("--in", dest="directory", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.step:
        print(json.dumps(STEPS[given.step](given.sizes[0], given.formats[0], given.directory)))
        return
    report: dict[str, Any] = {
        "machine": {"cpus": os.cpu_count(), "python": platform.python_version(), "pyarrow": pa.__version__},
        "sizes": {},
    }
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        for n in given.sizes:
            report["sizes"][n] = {"nodes": n, "edges": 3 * n, "formats": {}}
            made = None
            for format_ in given.formats:
                if made != (made := format_ in WEIGHTED):
                    run("make", n, format_, directory)
                steps = {step: run(step, n, format_, directory) for step in ("write", "parse")}
                if format_ in NETWORKX and 3 * n <= NETWORKX[format_][1]:
                    steps["networkx"] = run("networkx", n, format_, directory)
                if format_ in PYARROW:
                    steps["pyarrow"] = run("pyarrow", n, format_, directory)
                report["sizes"][n]["formats"][format_] = steps
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
