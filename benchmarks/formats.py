"""Time and memory of files: `python benchmarks/formats.py [--sizes 100000 1000000] [--formats csv parquet]`.

Prints one JSON object: the machine, and for each size (n nodes with text ids, 3 n edges with a weight, seed 1)
and format the size of the file, and for writing and parsing the CPU seconds and the largest resident memory of a
fresh process (`peak_mb`, the interpreter and the graph's memfd included; `base_mb` is what the process has before).
Graph and file are made once, in further processes.
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
from pathlib import Path
from typing import Any

os.environ.setdefault("JE_ARROW_MALLOC_CONF", "background_thread:false")

import numpy as np
import pyarrow as pa
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


STEPS = {"make": make, "write": write, "parse": parse}


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
                report["sizes"][n]["formats"][format_] = steps
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
